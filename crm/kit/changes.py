"""The history of one row for its page: which fields changed, from what to what, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit.masking import at_level
from crm.kit.ui import words

LIMIT = 20


@dataclass(frozen=True)
class Change:
    """One change: ``parts`` are (field, old, new) in words."""

    at: datetime
    who: str
    parts: list[tuple[str, str, str]]


def changes_of(row: Model, fields: list[str], levels: Mapping[str, str], *, limit: int = LIMIT) -> list[Change]:
    """The last changes of the named fields, newest first; two queries."""
    events = list(row.events.select_related("pgh_context").order_by("-pgh_id")[:limit])  # type: ignore[attr-defined]
    names = _names(events)
    found, newer = [], row
    for event in events:
        parts = []
        for field in fields:
            old, new = _value(event, field), _value(newer, field)
            if old != new and levels.get(field) != "hidden":
                label = str(row._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
                parts.append((label, _word(row, field, old, levels), _word(row, field, new, levels)))
        if parts:
            found.append(Change(event.pgh_created_at, names.get(_user(event), ""), parts))
        newer = event
    return found


def _value(row: Any, field: str) -> Any:
    return getattr(row, row._meta.get_field(field).attname)


def _user(event: Any) -> Any:
    context = event.pgh_context
    return (context.metadata or {}).get("user") if context else None


def _names(events: list[Any]) -> dict[Any, str]:
    ids = {user for event in events if (user := _user(event))}
    if not ids:
        return {}
    return {user.pk: user.display_name for user in get_user_model().objects.filter(pk__in=ids)}


def _word(row: Model, field: str, value: Any, levels: Mapping[str, str]) -> str:
    if value in (None, "", []):
        return "–"
    described = row._meta.get_field(field)
    choices = dict(getattr(described, "flatchoices", ()) or ())
    if value in choices:
        return str(choices[value])
    if described.is_relation:
        other = described.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
        return (getattr(other, "display_name", "") or str(other)) if other else _("someone no longer here")
    return str(at_level(_shown(value), levels.get(field, "")))


def _shown(value: Any) -> Any:
    """Days and moments as the reader writes them."""
    if isinstance(value, datetime):
        return words.moment(timezone.localtime(value))
    return words.day(value) if isinstance(value, date) else value
