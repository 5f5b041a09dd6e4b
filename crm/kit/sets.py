"""Writing one thing to thousands of rows in one statement, by the rules that the row-wise services keep.

Who may change which row, the lock, the version, the moment of change: all as in ``crm.kit.rows``. The
history is written by the same triggers, so an undo reads from it what each row held.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _


@dataclass
class Swept:
    """What became of a set of rows: how many, and which were refused and why."""

    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """The table of a set verb, its policy object, and the rows that an action covers where it has no team of its own."""

    model: type[Model]
    obj: str
    reach: Callable[[Any, str], Q] | None = None

    def rows(self, user: Any) -> QuerySet[Any]:
        """The rows that a user may see."""
        return self.model._default_manager.visible_to(user)  # type: ignore[attr-defined, no-any-return]

    def locked(
        self, user: Any, ids: Collection[int], *, action: str = "change", rows: QuerySet[Any] | None = None
    ) -> tuple[list[int], list[tuple[int, str]]]:
        """The rows that the action covers, locked; and those that it does not, each with the reason."""
        seen = self.rows(user) if rows is None else rows
        held = set(seen.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        unseen = _("There is nothing here that you may see.")
        refused = [(pk, unseen) for pk in sorted(set(ids) - held)]
        allowed = held & self._covered(user, held, action)
        beyond = _("You may see this record, but not change it.")
        return sorted(allowed), sorted([*refused, *((pk, beyond) for pk in held - allowed)])

    def _covered(self, user: Any, ids: set[int], action: str) -> set[int]:
        if not user.access.can(self.obj, action):
            return set()
        if user.access.team_ids(self.obj, action) is None:
            return ids
        wanted = self.reach(user, action) if self.reach else user.access.rows(self.obj, action)
        return set(self.model._default_manager.filter(wanted, pk__in=ids).values_list("pk", flat=True))

    def differing(self, ids: Collection[int], differs: Q) -> list[int]:
        """Those of some rows that are not as wanted yet."""
        return list(self.model._default_manager.filter(differs, pk__in=ids).values_list("pk", flat=True))

    def write(self, ids: Collection[int], changes: Mapping[str, Any], now: datetime) -> int:
        """Set columns of locked rows: one statement, a new version of each."""
        stamps: dict[str, Any] = {"version": F("version") + 1} if hasattr(self.model, "version") else {}
        if hasattr(self.model, "updated_at"):
            stamps["updated_at"] = now
        return self.model._default_manager.filter(pk__in=ids).update(**changes, **stamps)

    @transaction.atomic
    def put(self, *, user: Any, ids: Collection[int], changes: Mapping[str, Any], differs: Q, now: datetime) -> Swept:
        """Change what differs among the rows that the user may change."""
        allowed, refused = self.locked(user, ids)
        wanted = self.differing(allowed, differs)
        self.write(wanted, changes, now)
        return Swept(len(wanted), len(allowed) - len(wanted), refused)

    @transaction.atomic
    def back(
        self, *, user: Any, ids: Collection[int], changes: Mapping[str, Any], still: Q, now: datetime,
        action: str = "change", rows: QuerySet[Any] | None = None,
    ) -> Swept:  # fmt: skip
        """Put back what rows held, where they are ``still`` as an action left them; ``changes`` may use ``before``."""
        allowed, refused = self.locked(user, ids, action=action, rows=rows)
        wanted = set(self.differing(allowed, still))
        self.write(wanted, changes, now)
        newer = _("Someone has changed it since; it stays as it is.")
        return Swept(len(wanted), 0, sorted([*refused, *((pk, newer) for pk in allowed if pk not in wanted)]))


def differing_from(values: Mapping[str, Any]) -> Q:
    """Rows in which any of some columns holds another value."""
    found = Q()
    for name, value in values.items():
        found |= Q(**{f"{name}__isnull": False}) if value is None else ~Q(**{name: value})
    return found


def before(events: QuerySet[Any], name: str) -> Subquery:
    """What a column of a row held before the first of some events."""
    return Subquery(events.filter(pgh_obj_id=OuterRef("pk")).order_by("pgh_id").values(name)[:1])
