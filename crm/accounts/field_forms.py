"""Shape of what people type about custom fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.field_rules import levels_of
from crm.accounts.models import FieldRule, Role
from crm.kit.customfields.converting import TARGETS
from crm.kit.models import CustomField
from crm.kit.views import PlainForm

ARROW = "="


class Lines(forms.CharField):
    """Choices, one per line: a label, or ``value = label`` where the stored value is another word."""

    widget = forms.Textarea(attrs={"rows": 5})

    def clean(self, value: Any) -> list[tuple[str, str]]:
        """(value, label) pairs."""
        found = []
        for line in str(super().clean(value) or "").splitlines():
            if line.strip():
                stored, _sep, label = line.partition(ARROW)
                found.append((stored.strip(), label.strip() or stored.strip()))
        return found


def lines_of(field: CustomField) -> str:
    """The choices of a field as ``Lines`` reads them."""
    return "\n".join(label if value == label else f"{value} {ARROW} {label}" for value, label in field.options.items())


class FieldForm(PlainForm):
    """What may change of a field."""

    label = forms.CharField(label=_("Label"), max_length=120)
    help = forms.CharField(
        label=_("Help"), max_length=200, required=False, help_text=_("Stands below the field in forms.")
    )
    choices = Lines(
        label=_("Choices"), max_length=60_000, required=False,
        help_text=_("For choices: one per line. “old = New name” shows another name for what is stored."),
    )  # fmt: skip
    required = forms.BooleanField(label=_("Required in forms"), required=False)


class NewFieldForm(FieldForm):
    """A new field."""

    object = forms.CharField(widget=forms.HiddenInput, max_length=30)
    type = forms.ChoiceField(label=_("Type"), choices=CustomField.Type.choices)
    sensitive = forms.BooleanField(
        label=_("Sensitive"), required=False,
        help_text=_("For texts: kept encrypted, shown masked, found only by the whole value. This stays so."),
    )  # fmt: skip


class TypeForm(PlainForm):
    """Another type."""

    type = forms.ChoiceField(label=_("New type"))

    def __init__(self, data: Any = None, *, field: CustomField) -> None:
        super().__init__(data)
        self.offer("type", [(one.value, one.label) for one in TARGETS if one != field.type])


class RulesForm(PlainForm):
    """What each role sees of a field."""

    def __init__(self, data: Any = None, *, field: CustomField) -> None:
        super().__init__(data)
        whole = _("Change") if not field.sensitive else _("Change, shown masked")
        levels = [("write", whole), *FieldRule.Level.choices]
        for role, level in levels_of(field).items():
            self.fields[role] = forms.ChoiceField(label=Role(role).label, choices=levels, initial=level)
