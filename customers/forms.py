"""Shape of what people type about customers; the rules are in the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField, TeamField
from crm.kit.customfields.forms import OwnFields
from crm.kit.rows import LOCKED_LEVELS
from crm.kit.views import PlainForm
from customers.models import ContactPoint, Customer, Gender, Lifecycle, RelationType
from customers.picks import CompanyField, ContactField, CustomerField


class PartyForm(PlainForm):
    """A person or a company, new or changed."""

    object: ClassVar[str]
    name = forms.CharField(label=_("Name"), max_length=200)
    first_name = forms.CharField(label=_("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), max_length=60, required=False)
    birth_date = forms.DateField(
        label=_("Birth date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    gender = forms.ChoiceField(label=_("Gender"), choices=[("", "–"), *Gender.choices], required=False)
    language = forms.CharField(label=_("Language"), max_length=10, required=False)
    owner = PersonField(label=_("Owner"), required=False)
    team = TeamField(label=_("Team"), required=False)
    tags = forms.CharField(label=_("Tags"), max_length=400, required=False, help_text=_("Separated by commas."))
    note = forms.CharField(label=_("Note"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
    picks: ClassVar[tuple[str, ...]] = ("owner", "team")

    def __init__(
        self, data: Any = None, *, user: Any, action: str = "add", only: str = "",
        custom: Mapping[str, Any] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        self.changes = action == "change"
        for name in self.picks:
            kept = self.initial.get(name) if self.changes else None
            self.fields[name].offer(user, self.object, action, kept=kept)  # type: ignore[attr-defined]
        for name in list(self.fields):
            if (only and name != only) or user.access.field_level(self.object, name) in LOCKED_LEVELS:
                del self.fields[name]
        self.own = OwnFields(self, user=user, obj=self.object, action=action, stored=custom, only=only)

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
        for name in self.picks:
            if self.changes and found.get(name, 0) == (self.initial.get(name) or None):
                del found[name]  # as it is: also where the owner is beyond the reach of whoever changes the rest
        if not found.get("team", True):
            del found["team"]
        return found


class CustomerForm(PartyForm):
    """A new or a changed customer."""

    object = "customer"
    kind = forms.ChoiceField(label=_("Type"), choices=Customer.Kind.choices, initial="person", widget=forms.RadioSelect)
    parent = CompanyField(label=_("Belongs to"), required=False, help_text=_("The company above it, from the list."))
    lifecycle = forms.ChoiceField(label=_("Lifecycle"), choices=Lifecycle.choices, initial="prospect")
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=64, required=False, help_text=_("Such as Europe/Berlin.")
    )
    picks = ("owner", "team", "parent")


class ContactForm(PartyForm):
    """A new or a changed contact."""

    object = "contact"


def initial_of(row: Any, form: type[PartyForm]) -> dict[str, Any]:
    """The form's values of a customer or a contact, or of an earlier state of it."""
    names = [name for name in form.base_fields if name not in (*form.picks, "tags")]
    return {
        **{name: getattr(row, name) for name in names},
        **{name: getattr(row, f"{name}_id") or "" for name in form.picks},
        "tags": ", ".join(row.tags),
    }


class NewContactForm(PlainForm):
    """A person to talk to at a customer, in the card of its record."""

    name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.CharField(label=_("Role"), max_length=80, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)


class PointForm(PlainForm):
    """An e-mail, a phone or an address."""

    kind = forms.ChoiceField(label=_("Type"), choices=ContactPoint.Kind.choices)
    value = forms.CharField(label=_("Value"), max_length=300)
    label = forms.CharField(label=_("Label"), max_length=40, required=False, help_text=_("Such as work or billing."))
    primary = forms.BooleanField(label=_("Primary"), required=False)
    valid = forms.TypedChoiceField(
        label=_("Checked"), required=False, coerce=lambda text: {"yes": True, "no": False}.get(text), empty_value=None,
        choices=[("", _("Not checked")), ("yes", _("Valid")), ("no", _("Not valid"))],
    )  # fmt: skip
    bounced = forms.BooleanField(label=_("Mail came back"), required=False)
    opted_out = forms.BooleanField(label=_("Does not want to be contacted here"), required=False)

    def __init__(self, data: Any = None, *, kinds: Iterable[str], point: ContactPoint | None = None) -> None:
        initial = {}
        if point is not None:
            initial = {
                "value": point.value, "label": point.label, "primary": point.primary, "bounced": bool(point.bounced_at),
                "valid": "" if point.valid is None else "yes" if point.valid else "no", "opted_out": bool(point.opted_out_at),
            }  # fmt: skip
        super().__init__(data, initial=initial, auto_id=f"point-{point.pk if point else 'new'}-%s")
        self.offer("kind", [choice for choice in ContactPoint.Kind.choices if choice[0] in set(kinds)])
        if point is not None:
            del self.fields["kind"]
            if point.primary:
                del self.fields["primary"]
            if point.kind != ContactPoint.Kind.EMAIL:
                del self.fields["bounced"]
        else:
            for name in ("valid", "bounced", "opted_out"):
                del self.fields[name]


class RoleForm(PlainForm):
    """What a person does at a customer, and since when."""

    contact = ContactField(label=_("Person"))
    customer = CustomerField(label=_("Customer"))
    role = forms.CharField(label=_("Role"), max_length=80, required=False)
    since = forms.DateField(
        label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    primary = forms.BooleanField(label=_("Primary person there"), required=False)

    def __init__(self, data: Any = None, *, user: Any, without: tuple[str, ...], prefix_id: str, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"role-{prefix_id}-%s", **kwargs)
        for name, obj in (("contact", "contact"), ("customer", "customer")):
            self.fields[name].offer(user, obj, "view")  # type: ignore[attr-defined]
        for name in without:
            del self.fields[name]


class RelationForm(PlainForm):
    """How a customer stands to another."""

    type = forms.ChoiceField(label=_("Relationship"))
    other = CustomerField(label=_("Customer"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, user: Any, kinds: Iterable[RelationType]) -> None:
        super().__init__(data, auto_id="relation-%s")
        self.fields["other"].offer(user, "customer", "view")  # type: ignore[attr-defined]
        choices = []
        for kind in kinds:
            choices.append((f"{kind.pk}", kind.forward))
            if not kind.is_mutual:
                choices.append((f"{kind.pk}-back", kind.backward))
        self.offer("type", choices)


class RelationTypeForm(PlainForm):
    """Words of a kind of relationship."""

    words = forms.CharField(label=_("Words"), max_length=80, help_text=_("Such as “is advisor of”."))
    inverse = forms.CharField(
        label=_("The other way round"), max_length=80, required=False,
        help_text=_("Such as “is advised by”; empty where both sides say the same."),
    )  # fmt: skip
