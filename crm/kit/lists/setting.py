"""The commonest bulk verb: one field of every row gets the same value, through the app's own service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.kit.errors import Refused

Update = Callable[..., Model]


class Setting:
    """``act`` sets ``field`` by ``update(user=, pk=, values=, now=)``; ``back`` puts the old values back.

    ``also`` are fields that the service changes along with it, such as the time a ticket was solved.
    """

    def __init__(self, model: type[Model], field: str, update: Update, *, also: tuple[str, ...] = ()) -> None:
        self.model, self.field, self.update = model, field, update
        self.names = (field, *also)

    @transaction.atomic
    def act(self, *, user: Any, pk: int, value: Any, now: datetime) -> dict[str, Any] | None:
        """Set it; what the row held before."""
        before = {name: _kept(held) for name, held in self._locked(user, pk).items()}
        done = self.update(user=user, pk=pk, values={self.field: value}, now=now)
        return before if done.was_changed else None  # type: ignore[attr-defined]

    @transaction.atomic
    def back(self, *, user: Any, pk: int, value: Any, before: dict[str, Any], now: datetime) -> None:
        """Put it back where it still is as the action left it."""
        if self._locked(user, pk)[self.field] != value:
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
