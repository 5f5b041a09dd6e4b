"""Conditions over fields of a subject, as parts of one query; fields of the workspace stand in ``custom``."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from customers.quality.subjects import Subject


class Condition(Func):
    """A condition of its own, made of parts."""

    output_field = models.BooleanField()
    conditional = True
    template = "(%(expressions)s)"


class IsNull(Condition):
    """``x IS NULL``."""

    template = "(%(expressions)s IS NULL)"


class Same(Condition):
    """``x = y``."""

    arg_joiner = " = "


class Below(Condition):
    """``x < y``."""

    arg_joiner = " < "


class Matches(Condition):
    """``x ~ pattern``: the database's regular expressions."""

    arg_joiner = " ~ "


class InArray(Condition):
    """``x = ANY(array)``."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("


class InRows(Condition):
    """``x IN (SELECT …)``."""

    arg_joiner = " IN "


def is_text(subject: Subject, name: str) -> bool:
    """Whether an empty text stands for nothing."""
    if name.startswith("custom."):
        return True
    return isinstance(subject.model._meta.get_field(name), models.CharField | models.TextField)


def value(name: str) -> Any:
    """The value of a field."""
    if name.startswith("custom."):
        return KeyTextTransform(name.removeprefix("custom."), "custom")
    return F(name)


def text(subject: Subject, name: str) -> Any:
    """A field as text."""
    return value(name) if is_text(subject, name) else Cast(F(name), CharField())


def filled(subject: Subject, name: str) -> Q:
    """Rows with a value."""
    found = ~Q(IsNull(value(name)))
    return found & ~Q(Same(value(name), Value(""))) if is_text(subject, name) else found
