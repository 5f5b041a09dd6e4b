"""Active filters in words: field, operator, value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Model
from django.forms import Field
from django.utils.translation import gettext as _

from crm.kit.ui import words
from crm.kit.ui.forms import Combobox


@dataclass(frozen=True)
class Chip:
    """One active filter and the address without it."""

    name: str
    field: str
    operator: str
    value: str
    remove: str


def chips_of(filterset: Any, address: Callable[..., str]) -> list[Chip]:
    """The filters of a checked FilterSet that narrow the list."""
    found = []
    for name, value in filterset.form.cleaned_data.items():
        if value in (None, "", [], ()) or name == "where" or name not in filterset.filters:
            continue
        if hasattr(value, "exists") and not value:
            continue
        one = filterset.filters[name]
        field = filterset.form.fields[name]
        label = str(one.label or field.label or name)
        removed = address(**dict.fromkeys(_names(name, filterset)))
        found.append(Chip(name, label, operator_words(one.lookup_expr), value_words(value, field), removed))
    return found


def _names(name: str, filterset: Any) -> list[str]:
    """The parts of the address that carry a filter (a range has two)."""
    return [part for part in filterset.data if part == name or part.startswith((f"{name}_min", f"{name}_max", f"{name}_after", f"{name}_before"))] or [name]  # fmt: skip


def operator_words(lookup: str) -> str:
    """A lookup as people say it."""
    return {
        "gt": _("above"),
        "gte": _("at least"),
        "lt": _("below"),
        "lte": _("at most"),
        "icontains": _("contains"),
        "contains": _("has"),
        "overlap": _("has any of"),
        "isnull": _("is empty"),
        "date": _("on"),
        "date__gte": _("from"),
        "date__lte": _("until"),
        "istartswith": _("begins with"),
    }.get(lookup, _("is"))


def value_words(value: Any, field: Field) -> str:
    """A filter's value as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, slice):
        return f"{_one(value.start, field)} – {_one(value.stop, field)}"
    if isinstance(value, str | date | datetime | Model) or not isinstance(value, Iterable):
        return _one(value, field)
    return ", ".join(_one(item, field) for item in value)


def _one(value: Any, field: Field) -> str:
    if value is None:
        return "…"
    if isinstance(value, date | datetime):
        return words.day(value)
    if isinstance(field, forms.ModelChoiceField) and not isinstance(value, Model):
        return str(getattr(field, "null_label", value))  # never walk a table for the one word that is no row
    choices = dict(getattr(field, "choices", ()) or ()) if not isinstance(value, Model) else {}
    return str(choices.get(value) or getattr(value, "display_name", "") or value)


MOST_CHOICES = 200


def fit_for_a_page(field: Field) -> None:
    """Tick boxes for several words, calendars for times, and never a whole table as a pick list."""
    if isinstance(field, forms.MultipleChoiceField):
        field.widget = forms.CheckboxSelectMultiple(choices=field.choices)  # type: ignore[arg-type] # widgets take every form
    elif isinstance(field.widget, Combobox):
        return
    elif isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        none = getattr(field, "null_label", None)  # of the fields of filters
        empty = [("", "–")] if none is None else [("", "–"), ("none", str(none))]
        field.widget.choices = [
            *empty,
            *((row.pk, getattr(row, "display_name", "") or str(row)) for row in field.queryset[:MOST_CHOICES]),
        ]
    elif isinstance(field, forms.DateTimeField | forms.DateField):
        field.widget = forms.DateInput(attrs={"type": "date"})
