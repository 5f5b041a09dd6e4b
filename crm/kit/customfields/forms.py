"""Form fields of custom fields: one control per type; what is typed goes to the services as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.kit.customfields import people
from crm.kit.customfields.catalogue import catalogue_for
from crm.kit.customfields.values import LIMITS, masked, plain, read
from crm.kit.errors import Invalid
from crm.kit.models import CustomField

Type = CustomField.Type


class TypedField(forms.CharField):
    """A text that ``read`` takes."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        self.custom = custom
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """The checked value; None for nothing."""
        text = super().clean(value)
        try:
            return read(self.custom, text)
        except Invalid as invalid:
            raise forms.ValidationError(invalid.message) from invalid


def form_field(field: CustomField, *, user: Any, action: str, stored: Any = None) -> forms.Field:
    """The control of a field for a person who adds or changes a record."""
    shared: dict[str, Any] = {"label": field.label, "required": field.required, "help_text": field.help}
    if field.sensitive:
        typed = forms.TextInput if field.type == Type.TEXT else forms.Textarea(attrs={"rows": 3})
        hint = _("Kept encrypted. What stands there stays as it is until you type something else.")
        return forms.CharField(
            max_length=LIMITS[Type(field.type)], widget=typed, **{**shared, "help_text": f"{field.help} {hint}".strip()}
        )
    match field.type:
        case Type.LONG_TEXT:
            return forms.CharField(
                max_length=LIMITS[Type.LONG_TEXT], widget=forms.Textarea(attrs={"rows": 4}), **shared
            )
        case Type.DATE:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=widget, **shared)
        case Type.CHOICE:
            return forms.ChoiceField(choices=[("", "–"), *_offered(field, stored)], **shared)
        case Type.MULTI:
            return forms.MultipleChoiceField(
                choices=_offered(field, stored), widget=forms.CheckboxSelectMultiple, **shared
            )
        case Type.BOOLEAN:
            return forms.ChoiceField(choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))], **shared)
        case Type.LINK:
            return TypedField(
                field, max_length=LIMITS[Type.LINK], widget=forms.TextInput(attrs={"type": "url"}), **shared
            )
        case Type.PERSON:
            made = people.directory().form_field(**{**shared, **({} if field.help else {"help_text": ""})})
            made.offer(user, field.object, action, kept=stored)  # type: ignore[attr-defined]
            return made
        case Type.NUMBER | Type.MONEY:
            return TypedField(field, max_length=60, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **shared)
        case _:
            return forms.CharField(max_length=LIMITS[Type.TEXT], **shared)


def _offered(field: CustomField, stored: Any) -> list[tuple[str, str]]:
    """The choices, and what the record holds although it is no longer offered."""
    held = stored if isinstance(stored, list) else [stored] if stored else []
    gone = [(str(one), str(one)) for one in held if str(one) not in field.options]
    return [*field.options.items(), *gone]


def initial_of(field: CustomField, stored: Any) -> Any:
    """What the control begins with."""
    if stored is None:
        return None
    if field.sensitive:
        return masked(field, stored)
    match field.type:
        case Type.BOOLEAN:
            return "yes" if stored is True else "no"
        case Type.DATE | Type.CHOICE | Type.MULTI | Type.PERSON:
            return stored
        case _:
            return plain(field, stored)


def writable(fields: Mapping[str, CustomField], *, user: Any, levels: Mapping[str, str]) -> dict[str, CustomField]:
    """The fields that a person may write: no rule hides, masks or locks them."""
    return {
        name: one
        for name, one in fields.items()
        if one.rule not in levels and user.access.field_level(one.object, one.rule) == "write"
    }


def value_of(field: CustomField, typed: Any) -> Any:
    """The cleaned input of a form as ``merged`` takes it."""
    if typed in ("", None, []):
        return None
    return {"yes": True, "no": False}[typed] if field.type == Type.BOOLEAN else typed


class OwnFields:
    """The custom fields of a form: put in where the person may write them, read out for the service."""

    def __init__(
        self,
        form: forms.Form,
        *,
        user: Any,
        obj: str,
        action: str,
        stored: Mapping[str, Any] | None = None,
        only: str = "",
    ) -> None:
        self.form, held = form, stored or {}
        fields = catalogue_for(user).active(obj)
        wanted = {name: one for name, one in fields.items() if not only or one.rule == only}
        self.fields = writable(wanted, user=user, levels=user.access.restricted_fields(obj))
        for name, one in self.fields.items():
            form.fields[one.rule] = form_field(one, user=user, action=action, stored=held.get(name))
            form.initial.setdefault(one.rule, initial_of(one, held.get(name)))

    @property
    def names(self) -> list[str]:
        """Their names in the form."""
        return [one.rule for one in self.fields.values()]

    def values(self) -> dict[str, Any]:
        """What the service takes: name → value, None for what was emptied."""
        typed = {name: self.form.cleaned_data.get(one.rule) for name, one in self.fields.items()}
        return {name: value_of(self.fields[name], value) for name, value in typed.items()}
