"""The commonest bulk verb: one field of every row gets the same value, through the app's own service."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from crm.kit.sets import Swept, Target, before

Update = Callable[..., Model]
Many = Callable[..., Swept]


class Setting:
    """``act`` sets ``field`` by ``update(user=, pk=, values=, now=)``; ``back`` puts the old values back.

    ``also`` are fields that the service changes along with it, such as the time a ticket was solved. ``many`` is
    the service's verb for many rows, ``target`` their table.
    """

    def __init__(self, target: Target, field: str, update: Update, *, many: Many, also: tuple[str, ...] = ()) -> None:
        self.target, self.model, self.field, self.update, self.many = target, target.model, field, update, many
        self.names = (field, *also)

    def act_on(self, *, user: Any, ids: Collection[int], value: Any, now: datetime) -> Swept:
        """Set it in many rows."""
        return self.many(user=user, ids=ids, values={self.field: self._read(self.field, value)}, now=now)

    def take_back(self, *, user: Any, ids: Collection[int], events: QuerySet[Any], value: Any, now: datetime) -> Swept:
        """Put back what the history holds, where the field still is as the action left it."""
        columns = {name: self.model._meta.get_field(name).attname for name in self.names}  # type: ignore[union-attr]
        changes = {columns[name]: before(events, columns[name]) for name in self.names}
        still = (
            Q(**{f"{self.field}__isnull": True}) if value is None else Q(**{self.field: self._read(self.field, value)})
        )
        return self.target.back(user=user, ids=ids, changes=changes, still=still, now=now)

    @transaction.atomic
    def act(self, *, user: Any, pk: int, value: Any, now: datetime) -> dict[str, Any] | None:
        """Set it; what the row held before."""
        before = {name: _kept(held) for name, held in self._locked(user, pk).items()}
        done = self.update(user=user, pk=pk, values={self.field: self._read(self.field, value)}, now=now)
        return before if done.was_changed else None  # type: ignore[attr-defined]

    @transaction.atomic
    def back(self, *, user: Any, pk: int, value: Any, before: dict[str, Any], now: datetime) -> None:
        """Put it back where it still is as the action left it."""
        if self._locked(user, pk)[self.field] != self._read(self.field, value):
            raise Refused(_("Someone has changed it since; it stays as it is."))
        values = {name: self._read(name, before[name]) for name in self.names}
        self.update(user=user, pk=pk, values=values, now=now)

    def _locked(self, user: Any, pk: int) -> dict[str, Any]:
        """What the row holds; nobody else changes it before the service has."""
        rows = self.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        found = rows.select_for_update(of=("self",)).filter(pk=pk).values(*self.names).first()
        if found is None:
            raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
        return dict(found)

    def _read(self, name: str, kept: Any) -> Any:
        field: Any = self.model._meta.get_field(name)
        return kept if field.is_relation or kept is None else field.to_python(kept)


def _kept(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else value
