"""Everything that points at a customer, in every app, found by walking the model: no table is named here.

Merging moves these rows, erasing reaches them. A table that an app above adds is found by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from pghistory.models import Event

from customers.models import Customer, DuplicateKeys, DuplicatePair, DuplicateScan, Merge, MergedCustomer, MergeMove

OWN = (DuplicateKeys, DuplicatePair, DuplicateScan, Merge, MergedCustomer, MergeMove)
"""What duplicates and merges themselves know: it stays with the customer that it was made of."""


@dataclass(frozen=True)
class Belonging:
    """One foreign key that points at a customer."""

    model: type[models.Model]
    field: str

    @property
    def table(self) -> str:
        """The model's name, as records of merges keep it."""
        return self.model._meta.label_lower

    @property
    def is_one(self) -> bool:
        """Whether a customer has at most one such row."""
        return bool(getattr(self.model._meta.get_field(self.field), "unique", False))

    def of(self, pk: int) -> QuerySet[Any]:
        """The rows of one customer."""
        return self.model._base_manager.filter(**{self.field: pk})

    def movable(self, pk: int, keep: int) -> QuerySet[Any]:
        """Rows that may point at ``keep`` instead: none that would be double there or point at itself."""
        found = self.of(pk)
        if self.is_one:
            return found.none()
        if self.model is Customer:
            found = found.exclude(pk=keep)
        for other in belongings():
            if other.model is self.model and other.field != self.field:
                found = found.exclude(**{other.field: keep})
        for rule in self._rules():
            if not self._flag(rule):
                found = found.exclude(self._double(rule, keep))
        return found

    def flagged(self, pk: int, keep: int) -> dict[str, QuerySet[Any]]:
        """Flag → rows that can move only without it, because ``keep`` has its own such as a primary e-mail."""
        found: dict[str, QuerySet[Any]] = {}
        for rule in self._rules():
            flag = self._flag(rule)
            if flag:
                found[flag] = self.of(pk).filter(self._double(rule, keep))
        return found

    def _rules(self) -> list[models.UniqueConstraint]:
        """The constraints that allow one row per customer of something."""
        rules = [rule for rule in self.model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
        return [rule for rule in rules if self.field in rule.fields]

    def _flag(self, rule: models.UniqueConstraint) -> str:
        """The yes-or-no column that a rule hangs on; it can be taken from a row."""
        for name, value in _leaves(rule.condition):
            if value is True and isinstance(self.model._meta.get_field(name), models.BooleanField):
                return name
        return ""

    def _double(self, rule: models.UniqueConstraint, keep: int) -> Q:
        """Rows that the rule forbids beside those of ``keep``."""
        same = {name: OuterRef(name) for name in rule.fields if name != self.field}
        there = self.of(keep).filter(**same)
        condition = rule.condition or Q()
        return Q(Exists(there.filter(condition)), condition)


def _leaves(condition: Q | None) -> list[tuple[str, Any]]:
    """The (name, value) pairs of a condition joined by AND."""
    if condition is None or condition.negated or condition.connector != Q.AND:
        return []
    found: list[tuple[str, Any]] = []
    for child in condition.children:
        found += _leaves(child) if isinstance(child, Q) else [child] if isinstance(child, tuple) else []
    return [(name, value) for name, value in found if "__" not in name]


def belongings(*, all_of_them: bool = False) -> list[Belonging]:
    """Every foreign key to a customer, without history; ``all_of_them`` adds what duplicates and merges know."""
    found = []
    for relation in Customer._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        model = relation.related_model
        if not isinstance(model, type) or issubclass(model, Event) or not model._meta.managed:
            continue
        if all_of_them or model not in OWN:
            found.append(Belonging(model, relation.field.name))  # type: ignore[union-attr]
    return sorted(found, key=lambda one: (one.table, one.field))


def belonging(table: str, field: str) -> Belonging | None:
    """The foreign key of that name, if it still is."""
    return next((one for one in belongings() if (one.table, one.field) == (table, field)), None)


def counts(pk: int) -> dict[str, int]:
    """Table → how many of its rows point at a customer."""
    found: dict[str, int] = {}
    for one in belongings():
        found[one.table] = found.get(one.table, 0) + one.of(pk).count()
    return {table: count for table, count in found.items() if count}
