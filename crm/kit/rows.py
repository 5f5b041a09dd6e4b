"""What every service does with a row: find it within reach, compare its version, set what changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid, Refused

M = TypeVar("M", bound=models.Model)
LOCKED_LEVELS = ("hidden", "masked", "read")


def tag(row: models.Model) -> str:
    """A short text that changes whenever the row does: its version, or the moment it was written."""
    if hasattr(row, "version"):
        return str(row.version)
    written: datetime | None = getattr(row, "updated_at", None)
    return f"{int(written.timestamp() * 1_000_000):x}" if written else ""


def check_tag(row: models.Model, expected: str | None) -> None:
    """Raise Refused (409) when the row is no longer the one that was read."""
    if expected is not None and expected != tag(row):
        sentence = _("Someone changed this record since you read it. Nothing was changed; read it again.")
        raise Refused(sentence, code="stale")


def locked(model: type[M], pk: int, *, user: Any, obj: str, action: str, reach: models.Q | None = None) -> M:
    """The row for writing: Refused 404 where it cannot be seen, 403 where the action does not reach it."""
    rows = model._default_manager.visible_to(user)  # type: ignore[attr-defined]
    row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if not covers(row, user=user, obj=obj, action=action, reach=reach):
        raise Refused(_("You may see this record, but not change it."), status=403, code="forbidden")
    return row


def covers(row: models.Model, *, user: Any, obj: str, action: str, reach: models.Q | None = None) -> bool:
    """Whether a user's scope of an action covers a row that may be seen."""
    if not user.access.can(obj, action):
        return False
    if user.access.team_ids(obj, action) is None:
        return True
    wanted = user.access.rows(obj, action) if reach is None else reach
    return bool(type(row)._default_manager.filter(wanted, pk=row.pk).exists())


def tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Text as it is kept: Unicode NFC without blanks around it."""
    return {
        name: unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
        for name, value in values.items()
    }


def check_fields(values: Mapping[str, Any], *, user: Any, obj: str) -> None:
    """Raise Invalid for fields that the user's roles may not write: a masked value never comes back in."""
    locked_names = [name for name in values if user.access.field_level(obj, name) in LOCKED_LEVELS]
    if locked_names:
        sentence = _("Your roles may not change this field.")
        raise Invalid(_("Some fields cannot be changed."), fields=dict.fromkeys(locked_names, sentence))


def assign(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set the fields that differ and say which they are, also as ``row.changed_names``."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    row.changed_names = changed  # type: ignore[attr-defined]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def save_changes(row: models.Model, values: Mapping[str, Any], *, besides: tuple[str, ...] = ()) -> bool:
    """Write what differs; whether anything did, also kept as ``row.was_changed`` for batches."""
    changed = assign(row, values)
    row.was_changed = bool(changed)  # type: ignore[attr-defined]
    if changed:
        stamped = [name for name in ("updated_at",) if hasattr(row, name)]
        row.save(update_fields=[*changed, *stamped, *besides])
    return bool(changed)
