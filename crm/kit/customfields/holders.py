"""Which tables hold custom fields: apps name theirs when they are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.functional import Promise


@dataclass(frozen=True)
class Holder:
    """One kind of record with a ``custom`` column."""

    object: str  # of policies and field rules
    label: str  # of the model, in lower case: also the key of its list
    title: str | Promise

    @property
    def model(self) -> type[Any]:
        """The table."""
        return apps.get_model(self.label)

    @property
    def table(self) -> str:
        """Its name in the database."""
        return str(self.model._meta.db_table)


_holders: dict[str, Holder] = {}


def hold(obj: str, label: str, title: str | Promise) -> None:
    """Let people add fields to a kind of record, and show them in its list."""
    _holders[obj] = Holder(obj, label, title)


def holders() -> dict[str, Holder]:
    """Every kind of record that takes fields, by its policy object."""
    return dict(_holders)


def holder(obj: str) -> Holder | None:
    """The table of a policy object."""
    return _holders.get(obj)


def holder_of(label: str) -> Holder | None:
    """The holder behind a list's key."""
    return next((one for one in _holders.values() if one.label == label), None)
