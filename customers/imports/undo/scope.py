"""The tables that an import may have written, their history, their parts, and who points at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import ForeignKey

UNCOMPARED = frozenset({"id", "created_at", "updated_at", "version", "recorded_at"})
"""Columns that say nothing about what somebody wanted."""

Model = type[models.Model]


def model_of(label: str) -> Model:
    """The model that a note of an import names."""
    return apps.get_model(label)


@cache
def history_of(model: Model) -> Model | None:
    """The table of a model's old rows; None where it keeps none."""
    found = getattr(model, "pgh_event_models", {})
    return found.get("update") or next(iter(found.values()), None)


@cache
def compared(model: Model) -> tuple[str, ...]:
    """Columns whose values stand in the row and in its history."""
    history = history_of(model)
    kept = {field.column for field in history._meta.concrete_fields} if history else set()
    return tuple(
        str(field.column)
        for field in model._meta.concrete_fields
        if field.column in kept and field.column not in UNCOMPARED and not field.primary_key
    )


@dataclass(frozen=True)
class Pointer:
    """A column of another table that names rows of this one."""

    model: Model
    column: str
    required: bool

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def own_work(self) -> bool:
        """Whether its rows are somebody's work; only what its model calls ``computed`` is made anew from other rows."""
        return not getattr(self.model, "computed", False)


@cache
def pointers(model: Model) -> tuple[Pointer, ...]:
    """Every foreign key of the database that names rows of a model, hidden ones included, its own left out."""
    return tuple(_pointers(model))


def _pointers(model: Model) -> Iterator[Pointer]:
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        field: Any = relation.field  # type: ignore[union-attr]
        if isinstance(field, ForeignKey) and getattr(field, "db_constraint", False) and field.model is not model:
            yield Pointer(field.model, field.column, required=not field.null)


def own_pointer(model: Model) -> str:
    """The column by which rows of a model name one another, or nothing."""
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.related_model is model:
            return str(field.column)
    return ""


def dependents_first(labels: Sequence[str]) -> list[str]:
    """Models in the order in which their rows can go: whoever points at another goes before it."""
    left, found = set(labels), []
    while left:
        free = {
            one for one in left
            if not any(point.model._meta.label_lower in left - {one} for point in pointers(model_of(one)))
        } or left  # fmt: skip
        found += sorted(free)
        left -= free
    return found
