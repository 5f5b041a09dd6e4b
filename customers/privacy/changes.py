"""The history of one customer field by field: old, new, when, by whom and by which way it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from crm.kit.masking import at_level
from customers.models import Customer

BESIDE = frozenset({"id", "created_at", "updated_at", "version"})
MISSING = object()


@dataclass(frozen=True)
class FieldChange:
    """One field that one write changed."""

    at: datetime
    field: str
    old: Any
    new: Any
    source: str
    user: int | None
    user_name: str | None
    import_id: int | None
    job: int | None


@dataclass(frozen=True)
class Page:
    """Changes of some writes, newest first, and where the next page begins."""

    changes: list[FieldChange]
    following: int | None


def history_of(row: Customer, levels: Mapping[str, str], *, before: int | None, size: int) -> Page:
    """The changes of ``size`` writes before a mark; three queries. Hidden fields are left out, masked ones masked."""
    events = row.events.exclude(pgh_label__startswith="delete")  # type: ignore[attr-defined] # by pghistory
    newer: Any = row
    if before is not None:
        newer = events.filter(pgh_id__gte=before).order_by("pgh_id").first() or row
        events = events.filter(pgh_id__lt=before)
    found = list(events.select_related("pgh_context").order_by("-pgh_id")[: size + 1])
    more, found = len(found) > size, found[:size]
    names = _names(found)
    changes: list[FieldChange] = []
    for event in found:
        changes += _of_write(event, newer, levels, names)
        newer = event
    return Page(changes, found[-1].pgh_id if more else None)


def _of_write(old: Any, new: Any, levels: Mapping[str, str], names: Mapping[int, str]) -> list[FieldChange]:
    told = (old.pgh_context.metadata or {}) if old.pgh_context else {}
    user = told.get("user")
    before, after = _values(old), _values(new)
    return [
        FieldChange(
            old.pgh_created_at, name, at_level(before.get(name), levels.get(_ruled(name), "")),
            at_level(after.get(name), levels.get(_ruled(name), "")), told.get("via", "system"), user, names.get(user or 0),
            told.get("import"), told.get("job"),
        )
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and levels.get(_ruled(name)) != "hidden"
    ]  # fmt: skip


def _ruled(name: str) -> str:
    """The name that a field rule uses: of an own field, the field's, else that of all own fields."""
    return name.split(".")[0]


def _values(row: Any) -> dict[str, Any]:
    """Plain values by field; own fields one by one."""
    found: dict[str, Any] = {}
    for one in Customer._meta.concrete_fields:
        if one.name in BESIDE or getattr(one, "generated", False):
            continue
        value = getattr(row, one.attname)
        if one.name == "custom":
            found |= {f"custom.{name}": inner for name, inner in (value or {}).items()}
        else:
            found[one.name] = value
    return found


def _names(events: list[Any]) -> dict[int, str]:
    ids = {user for one in events if one.pgh_context and (user := (one.pgh_context.metadata or {}).get("user"))}
    people = get_user_model()._default_manager.filter(pk__in=ids) if ids else []
    return {one.pk: one.display_name for one in people}  # type: ignore[attr-defined]
