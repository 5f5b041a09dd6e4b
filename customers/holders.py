"""Which records carry files and have followers: each app names its own, in its ``panels.py``::

    holders.holder("deal", Deal, page="deal")

Whoever sees the record reads its files and may follow it, whoever may change it adds and removes files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.rows import covers

Reach = Callable[[User, str], Q]


@dataclass(frozen=True)
class Holder:
    """One kind of records; ``reach`` where an action covers other rows than by team and owner."""

    object: str
    model: type[Model]
    page: str
    reach: Reach | None = None

    def keys(self, row: Any) -> dict[str, Any]:
        """The columns of a file or a follower that name a row."""
        if self.object in ("customer", "contact"):
            return {f"{self.object}_id": row.pk, "object": self.object}
        return {"object": self.object, "record": row.pk, "customer_id": row.customer_id}

    def of(self, pk: int) -> dict[str, Any]:
        """The filter for what hangs on a row."""
        if self.object in ("customer", "contact"):
            return {self.object: pk, "object": self.object}
        return {"object": self.object, "record": pk}


_holders: dict[str, Holder] = {}


def holder(obj: str, model: type[Model], *, page: str, reach: Reach | None = None) -> None:
    """Let records of a kind carry files and followers; a double name stops the start."""
    if _holders.setdefault(obj, Holder(obj, model, page, reach)).model is not model:
        raise ValueError(f"Two kinds of records with files and followers are called “{obj}”.")


def every() -> list[Holder]:
    """All kinds."""
    return list(_holders.values())


def seen(user: User, obj: str, pk: Any) -> tuple[Holder, Any]:
    """The record as the user may see it; Refused (404) otherwise, the same for what is not there."""
    kind = _holders.get(obj)
    row = None
    if kind is not None and user.access.can(obj):
        row = kind.model._default_manager.visible_to(user).filter(pk=pk).first()  # type: ignore[attr-defined]
    if kind is None or row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return kind, row


def may_change(user: User, kind: Holder, row: Any) -> bool:
    """Whether the user may change a record that may be seen, and so its files."""
    reach = kind.reach(user, "change") if kind.reach else None
    return covers(row, user=user, obj=kind.object, action="change", reach=reach)


def changeable(user: User, obj: str, pk: Any) -> tuple[Holder, Any]:
    """The record for adding or removing files; Refused 404 unseen, 403 where it may only be seen."""
    kind, row = seen(user, obj, pk)
    if not may_change(user, kind, row):
        raise Refused(_("You may see this record, but not change it."), status=403, code="forbidden")
    return kind, row
