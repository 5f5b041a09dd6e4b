"""What happened with one record, newest first, from every app that registers a provider.

A provider gives a queryset annotated with ``event_at``, ``event_ref`` and ``event_data`` for a subject; all of them travel to the database as one
UNION ALL, each branch cut to a page by its own index, so that a page of fifty events is one query
whatever the history. ``draw`` turns a row's data into the words, icon and link of an event.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.utils import timezone
from django.utils.functional import Promise

from crm.kit import prepared
from crm.kit.prepared import STAND_IN
from crm.kit.tables import Scene

PAGE = 50
Row = tuple[datetime, int, str, dict[str, Any]]


@dataclass(frozen=True)
class Event:
    """One entry: bold title, quiet detail beside it, text below. Tones: ok, warn, bad, info, insight.

    ``mark`` is a chip that says how it stands, ``action`` an address that a button posts to.
    """

    title: str
    icon: str = "circle"
    tone: str = ""
    detail: str = ""
    text: str = ""
    href: str = ""
    at: datetime | None = None
    model: bool = False
    mark: str = ""
    mark_tone: str = ""
    action: str = ""
    action_label: str = ""


@dataclass(frozen=True)
class Group:
    """A type of events that people filter by; where types are many, the rare ones wait behind "More"."""

    name: str
    label: str | Promise
    icon: str
    order: int = 50
    rare: bool = False


@dataclass(frozen=True)
class Provider:
    """One kind of events of a subject. ``rows(subject, user)`` is annotated with ``event_at``, ``event_ref``, ``event_data``."""

    name: str
    group: str
    rows: Callable[[Any, Any], QuerySet[Any]]
    draw: Callable[[dict[str, Any], Scene], Event]
    policy: tuple[str, str] = ("customer", "view")
    tell: Callable[[list[dict[str, Any]], Scene], str] | None = None
    """Some events of this kind in a few words, such as "2 new tickets"; "" for nothing worth telling."""


@dataclass
class Day:
    """The events of one day in the reader's zone."""

    on: date
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """One page of events by day, and the address part of the page before."""

    days: list[Day]
    following: str
    shown: int
    found: int
    """How many events were found from this page on, counted no further than asked."""


_groups: dict[str, dict[str, Group]] = {}
_providers: dict[str, dict[str, Provider]] = {}


def group(subject: str, name: str, label: str | Promise, *, icon: str, order: int = 50, rare: bool = False) -> None:
    """Register a type of events for a kind of record, such as ``customers.customer``."""
    _groups.setdefault(subject, {})[name] = Group(name, label, icon, order, rare)


def provider(subject: str, new: Provider) -> None:
    """Register a kind of events; a double name stops the start."""
    known = _providers.setdefault(subject, {})
    if known.get(new.name, new) != new:
        raise ValueError(f"Two timeline providers are named “{new.name}”.")
    known[new.name] = new


def providers_for(subject: str, user: Any, chosen: str = "") -> list[Provider]:
    """Those whose objects the user may see, of one type or of all."""
    every = _providers.get(subject, {}).values()
    return [one for one in every if user.access.can(*one.policy) and chosen in ("", one.group)]


def groups_for(subject: str, user: Any) -> list[Group]:
    """The types that have something to offer this user."""
    names = {one.group for one in providers_for(subject, user)}
    return sorted((one for one in _groups.get(subject, {}).values() if one.name in names), key=lambda g: g.order)


def read(
    subject: str, record: Any, scene: Scene, *, chosen: str = "", cursor: str = "", size: int = PAGE, count_to: int = 0
) -> Timeline:
    """One page of the timeline of a record as this user may see it; ``count_to``: how far to count what follows."""
    providers = {one.name: one for one in providers_for(subject, scene.user, chosen)}
    rows = _fetch(list(providers.values()), record, scene.user, _open(cursor), max(size, count_to) + 1)
    events = []
    for at, _ref, kind, data in rows[:size]:
        events.append((at, providers[kind].draw(data, scene)))
    following = _seal(rows[size - 1]) if len(rows) > size else ""
    return Timeline(by_day(events), following, len(events), len(rows))


def news(subject: str, record: Any, scene: Scene, *, since: datetime, most: int = 200) -> list[tuple[Provider, str]]:
    """What happened after a moment, one sentence per kind of events, as this user may see it; one query."""
    providers = {one.name: one for one in providers_for(subject, scene.user) if one.tell}
    if not providers:
        return []
    rows = list(_merged(list(providers.values()), record, scene.user, None, most, since=since))
    found: dict[str, list[dict[str, Any]]] = {}
    for _at, _ref, kind, data in rows:
        found.setdefault(kind, []).append(json.loads(data) if isinstance(data, str) else data)
    told = [(one, one.tell(found[name], scene)) for name, one in providers.items() if name in found and one.tell]
    return [(one, sentence) for one, sentence in told if sentence]


def by_day(events: Iterable[tuple[datetime, Event]]) -> list[Day]:
    """Events in the given order, grouped by the reader's day."""
    days: list[Day] = []
    for at, event in events:
        on = timezone.localtime(at).date()
        if not days or days[-1].on != on:
            days.append(Day(on))
        days[-1].events.append(Event(**{**event.__dict__, "at": at}))
    return days


def _fetch(
    providers: list[Provider], record: Any, user: Any, after: tuple[datetime, int, str] | None, limit: int
) -> list[Row]:
    if not providers:
        return []
    if after is not None:
        return list(_merged(providers, record, user, after, limit))
    key = ("timeline", type(record), tuple(one.name for one in providers), limit, user.access.reach)
    stand_in = copy.copy(record)
    stand_in.pk = STAND_IN
    return prepared.every(key, lambda: _merged(providers, stand_in, user, None, limit), record.pk)


def _merged(
    providers: list[Provider], record: Any, user: Any, after: tuple[datetime, int, str] | None, limit: int,
    since: datetime | None = None,
) -> QuerySet[Any, Any]:  # fmt: skip
    branches = [_branch(one, record, user, after, limit, since) for one in providers]
    if len(branches) == 1:
        return branches[0]
    return branches[0].union(*branches[1:], all=True).order_by("-event_at", "-event_ref", "event_kind")[:limit]


def _branch(
    one: Provider, record: Any, user: Any, after: tuple[datetime, int, str] | None, limit: int,
    since: datetime | None = None,
) -> QuerySet[Any, Any]:  # fmt: skip
    rows = one.rows(record, user)
    if since is not None:
        rows = rows.filter(event_at__gt=since)
    if after is not None:
        at, ref, kind = after
        older = Q(event_at__lt=at) | Q(event_at=at, event_ref__lt=ref)
        if one.name > kind:
            older |= Q(event_at=at, event_ref=ref)
        rows = rows.filter(older, event_at__lte=at)
    rows = rows.annotate(event_kind=Value(one.name, output_field=CharField()))
    ordered = rows.order_by("-event_at", "-event_ref")
    return ordered.values_list("event_at", "event_ref", "event_kind", "event_data")[:limit]


def _seal(row: Row) -> str:
    packed = json.dumps([row[0].isoformat(), row[1], row[2]])
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _open(cursor: str) -> tuple[datetime, int, str] | None:
    """The place a cursor names; an unreadable one is the beginning."""
    if not cursor:
        return None
    try:
        at, ref, kind = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(ref, int) or abs(ref) >= 2**63:
            return None
        return moment, ref, str(kind)
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        return None
