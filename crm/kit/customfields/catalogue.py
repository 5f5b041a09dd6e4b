"""The definitions of custom fields, kept in each process and looked at once per request.

One cheap query says whether anything changed since they were read, so a field that was added a moment ago
shows in every process at once, and three hundred of them cost a list nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Sum

from crm.kit.models import CustomField

MEMO = "_custom_fields"
Stamp = tuple[Any, ...]


@dataclass(frozen=True)
class Catalogue:
    """All definitions as they stood at one moment."""

    stamp: Stamp
    by_object: dict[str, dict[str, CustomField]]
    made: dict[Any, Any] = field(default_factory=dict)
    """What others derive from the definitions, such as columns; gone with them."""

    def every(self, obj: str) -> dict[str, CustomField]:
        """Fields of a kind of record by name, archived ones too."""
        return self.by_object.get(obj, {})

    def active(self, obj: str) -> dict[str, CustomField]:
        """Fields of a kind of record by name, in their order."""
        key = ("active", obj)
        if key not in self.made:
            self.made[key] = {name: one for name, one in self.every(obj).items() if one.archived_at is None}
        found: dict[str, CustomField] = self.made[key]
        return found


_kept: Catalogue | None = None


def catalogue() -> Catalogue:
    """The definitions as they stand now."""
    global _kept
    stamp = _stamp()
    if _kept is None or _kept.stamp != stamp:
        rows: dict[str, dict[str, CustomField]] = {}
        for one in CustomField.objects.order_by("position", "id"):
            rows.setdefault(one.object, {})[one.name] = one
        _kept = Catalogue(stamp, rows)
    return _kept


def catalogue_for(user: Any) -> Catalogue:
    """The definitions, looked at once for the user object of a request."""
    found: Catalogue | None = getattr(user, MEMO, None)
    if found is None:
        found = catalogue()
        setattr(user, MEMO, found)
    return found


def forget(user: Any) -> None:
    """Look again: the user has just changed a definition."""
    if getattr(user, MEMO, None) is not None:
        setattr(user, MEMO, None)


def _stamp() -> Stamp:
    found = CustomField.objects.aggregate(n=Count("id"), at=Max("updated_at"), ids=Sum("id"))
    return (found["n"], found["at"], found["ids"])
