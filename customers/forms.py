"""Shape of what people type about customers; the rules are in the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.fields import PersonField, TeamField
from crm.kit.customfields.forms import OwnFields
from crm.kit.views import PlainForm
from customers.models import Customer, Gender, Lifecycle

LOGGED = (
    ("note", _("Note"), "sticky-note"),
    ("call", _("Call"), "phone"),
    ("meeting", _("Meeting"), "calendar"),
    ("mail", pgettext_lazy("conversation", "E-mail"), "mail"),
)


class CustomerForm(PlainForm):
    """A new or a changed customer."""

    kind = forms.ChoiceField(label=_("Type"), choices=Customer.Kind.choices, initial="person", widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name"), max_length=200)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), max_length=60, required=False)
    birth_date = forms.DateField(
        label=_("Birth date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Gender"), choices=[("", "–"), *Gender.choices], required=False)
    lifecycle = forms.ChoiceField(label=_("Lifecycle"), choices=Lifecycle.choices, initial="prospect")
    language = forms.CharField(label=_("Language"), max_length=10, required=False)
    owner = PersonField(label=_("Owner"), required=False)
    team = TeamField(label=_("Team"), required=False)
    tags = forms.CharField(label=_("Tags"), max_length=400, required=False, help_text=_("Separated by commas."))
    note = forms.CharField(label=_("Note"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(
        self, data: Any = None, *, user: Any, action: str = "add", only: str = "",
        custom: Mapping[str, Any] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        self.changes = action == "change"
        for name in ("owner", "team"):
            kept = self.initial.get(name) if self.changes else None
            self.fields[name].offer(user, "customer", action, kept=kept)  # type: ignore[attr-defined]
        levels = user.access.restricted_fields("customer")
        for name in list(self.fields):
            if (only and name != only) or levels.get(name):
                del self.fields[name]
        self.own = OwnFields(self, user=user, obj="customer", action=action, stored=custom, only=only)

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields that this workspace added."""
        return [self[name] for name in self.own.names]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if name not in self.own.names}
        if self.own.names:
            found["custom"] = self.own.values()
        if "tags" in found:
            found["tags"] = [tag.strip() for tag in found["tags"].replace("，", ",").split(",") if tag.strip()]
        for name in ("owner", "team"):
            if self.changes and found.get(name, 0) == (self.initial.get(name) or None):
                del found[name]  # as it is: also where the owner is beyond the reach of whoever changes the rest
        if not found.get("team", True):
            del found["team"]
        return found


def initial_of(customer: Customer) -> dict[str, Any]:
    """The form's values of a customer."""
    names = [name for name in CustomerForm.base_fields if name not in ("owner", "team", "tags")]
    return {
        **{name: getattr(customer, name) for name in names},
        "owner": customer.owner_id or "",
        "team": customer.team_id,
        "tags": ", ".join(customer.tags),
    }


class ComposerForm(PlainForm):
    """Something that happened, in a few words."""

    kind = forms.ChoiceField(choices=[(value, label) for value, label, _icon in LOGGED], initial="note")
    text = forms.CharField(
        max_length=20_000, widget=forms.Textarea, error_messages={"required": _("Write a few words first.")}
    )

    kinds = LOGGED

    @property
    def chosen_kind(self) -> str:
        """The kind that is ticked."""
        return str(self["kind"].value() or "note")


class ContactForm(PlainForm):
    """A person to talk to at a customer."""

    name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.CharField(label=_("Role"), max_length=80, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
