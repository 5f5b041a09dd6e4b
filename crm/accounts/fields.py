"""Form fields for a person or a team: a combobox that also reads what was only typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ModelChoiceField

from crm.accounts.models import User
from crm.accounts.picks import MOST_LETTERS, PEOPLE, TEAMS, Kind
from crm.kit.errors import Invalid
from crm.kit.ui.forms import Combobox


class PickField(forms.CharField):
    """One row of a kind; its value is the key. ``offer`` says whose reach counts."""

    kind: Kind
    widget = Combobox
    rows: QuerySet[Any]
    kept: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_LETTERS, **kwargs)

    def offer(self, user: User, obj: str, action: str, *, kept: Any = None) -> None:
        """The rows that the user may name; ``kept`` is what the record holds, which may stay whoever it is."""
        self.rows, self.kept = self.kind.reached(user, obj, action), kept
        self.widget.address = self.kind.address(obj, action)  # type: ignore[attr-defined]

    def prepare_value(self, value: Any) -> Any:
        """A key as text; what was typed stays as it was typed."""
        return self.kind.text_of(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        """The key, None for nothing; the sentence of the kind for what it does not know."""
        text = super().clean(value)
        if not text:
            return None
        if self.kept and text == self.prepare_value(self.kept):
            return int(self.kept)
        try:
            return int(self.kind.one(self.rows, text).pk)
        except Invalid as invalid:
            raise forms.ValidationError(invalid.message) from invalid


class PersonField(PickField):
    """A person within reach."""

    kind = PEOPLE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": _("A name from the list, or a sign-in name."), **kwargs})


class TeamField(PickField):
    """A team within reach."""

    kind = TEAMS


class PickedField(ModelChoiceField):
    """The field of a filter: a key in the address, or what a person typed without a script."""

    kind: Kind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=Combobox(keyed=True), **kwargs)
        self.widget.address = self.kind.address("customer", "view", nobody=self.null_label is not None)

    def to_python(self, value: Any) -> Any:
        """Keys first, as addresses hold them; then names, within the reader's reach."""
        text = str(value or "").strip()
        if self.null_label is not None and text.lower() == str(self.null_label).lower():
            return self.null_value
        if text and text != self.null_value and not (text.isascii() and text.isdigit()):
            try:
                return self.kind.one(self.queryset, text)
            except Invalid as invalid:
                raise forms.ValidationError(invalid.message) from invalid
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """The key of the address as text; a key out of reach stays a number."""
        text = str(value or "").strip()
        if self.null_label is not None and text == self.null_value:
            found: Any = str(self.null_label)
        else:
            row = (
                self.queryset.filter(pk=text).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
            )
            found = self.kind.offer(row).text if row else ""
        self.widget.key = text if found else ""
        return found or value


class PickedPerson(PickedField):
    """One person."""

    kind = PEOPLE


class PickedTeam(PickedField):
    """One team."""

    kind = TEAMS
