"""What people type beside a bulk action, read into a plain value that a job can keep."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from crm.kit.rows import tidy
from crm.kit.values import check_year

Read = Callable[[Any, str], Any]


def one_of(words: Collection[str]) -> Read:
    """Reads one of the offered words."""

    def read(_user: Any, typed: str) -> str:
        if typed not in words:
            raise Invalid(_("Choose one of the values that are offered."))
        return typed

    return read


def text_of(most: int) -> Read:
    """Reads a text of so many letters; none empties the field."""

    def read(_user: Any, typed: str) -> str:
        return str(_cleaned(forms.CharField(max_length=most, required=False), tidy({"text": typed})["text"]))

    return read


def read_day(_user: Any, typed: str) -> str | None:
    """Reads a day; none empties the field."""
    day = _cleaned(forms.DateField(required=False, validators=[check_year], input_formats=["%Y-%m-%d"]), typed)
    return day.isoformat() if day else None


def _cleaned(field: forms.Field, typed: str) -> Any:
    try:
        return field.clean(typed)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
