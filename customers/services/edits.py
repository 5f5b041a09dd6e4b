"""Two people edit one record: what only one of them changed joins by itself, what both changed is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from crm.kit.rows import check_tag, tag
from customers.lineage import author_of, held

MINE, THEIRS, ORIGINAL = "mine", "theirs", "original"
CHOICES = (MINE, THEIRS, ORIGINAL)


@dataclass(frozen=True)
class Edit:
    """What an editor had read: the version at the beginning, and what was chosen where both had changed a field.

    ``seen`` is the version that the choices were made against.
    """

    base: str
    seen: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """One field that two people changed."""

    name: str
    mine: Any
    theirs: Any
    original: Any
    who: str = ""
    at: datetime | None = None


class Conflict(Exception):
    """Fields that two people changed; nothing was written. ``seen`` is the version that holds their values."""

    def __init__(self, clashes: list[Clash], seen: str) -> None:
        super().__init__(", ".join(one.name for one in clashes))
        self.clashes, self.seen = clashes, seen


def reconciled(row: models.Model, ready: Mapping[str, Any], edit: Edit | None) -> dict[str, Any]:
    """The values to write so that nobody's work is lost; raises Conflict for fields that both changed."""
    if edit is None or edit.base == tag(row):
        return dict(ready)
    base = as_read(row, edit.base)
    if base is None:
        check_tag(row, edit.base)
        return dict(ready)
    seen = as_read(row, edit.seen) or base
    wanted: dict[str, Any] = {}
    clashes = []
    for name, mine in ready.items():
        if name in ("external_id", "source", "customer", "role"):
            wanted[name] = mine
            continue
        chosen = edit.choices.get(name, "")
        since = seen if chosen in CHOICES else base
        keep, clash = _weigh(row, name, mine, since, chosen, base)
        if clash:
            clashes.append(_told(row, clash, since))
        elif keep is not _NOTHING:
            wanted[name] = keep
    if clashes:
        raise Conflict(clashes, tag(row))
    return wanted


_NOTHING = object()


def _weigh(
    row: models.Model, name: str, mine: Any, since: models.Model, chosen: str, base: models.Model
) -> tuple[Any, Clash | None]:
    """What to write of one field, or the clash."""
    theirs, original, first = held(row, name), held(since, name), held(base, name)
    if theirs == _plain(mine) or (not chosen and _plain(mine) == original):
        return _NOTHING, None
    if theirs != original:
        if name == "tags":
            return _joined(mine, theirs, original), None
        return _NOTHING, Clash(name, _plain(mine), theirs, original)
    if chosen == THEIRS:
        return _NOTHING, None
    if chosen == ORIGINAL:
        return _written(row, name, first), None
    return mine, None


def _joined(mine: list[str], theirs: list[str], original: list[str]) -> list[str]:
    """Tags are added and taken away one by one, so both people's changes fit together."""
    gone = set(original) - set(mine)
    return [tag for tag in dict.fromkeys([*theirs, *(one for one in mine if one not in original)]) if tag not in gone]


def _told(row: models.Model, clash: Clash, since: models.Model) -> Clash:
    """The clash with who changed the field, and when."""
    change = author_of(row, clash.name, since=int(getattr(since, "version", 0)))
    who, at = (change.who, change.at) if change else ("", None)
    return Clash(clash.name, clash.mine, clash.theirs, clash.original, who, at)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _written(row: models.Model, name: str, value: Any) -> Any:
    """A value of the history as the row takes it: keys become rows."""
    described = row._meta.get_field(name)
    if described.is_relation and value is not None:
        return described.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
    return value


def as_read(row: models.Model, version: str) -> Any:
    """The row as it was at a version: itself, or its oldest kept state of that version; None where none is kept."""
    if version == tag(row):
        return row
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        return None
    events = row.events.filter(version=int(version))  # type: ignore[attr-defined]
    return events.order_by("pgh_id").first()


def edit_of(posted: Mapping[str, Any]) -> Edit | None:
    """The edit that a form tells of; None for a form without a version."""
    base = str(posted.get("version", ""))
    if not base:
        return None
    choices = {
        name.removeprefix("choice-"): str(value)
        for name, value in posted.items()
        if name.startswith("choice-") and value in CHOICES
    }
    return Edit(base, str(posted.get("seen", "")), choices)
