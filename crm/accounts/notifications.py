"""What one person is told: ``notify`` writes the rows, an open page hears of them, a worker mails them.

Apps register the kinds of what they tell in their ``panels.py``; people choose how they hear of each::

    notifications.kind("task.due", _("A task is due"), icon="clock")
    notify(users=[owner], kind="task.due", text=lambda: _("Due now: %(task)s") % {…}, href="/…/", now=now)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from crm.accounts import mailing
from crm.accounts.models import Notification, NotificationChoice, User
from crm.kit import live
from crm.kit.errors import Invalid, Refused
from crm.kit.workspace import workspace

TOPIC = "notifications"
KEPT = timedelta(days=90)
COUNTED = 100  # unread ones, at most
MOST_LETTERS = 300
CONTROL = re.compile("[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]")
Way = NotificationChoice.Way
Text = Callable[[], str] | str


@dataclass(frozen=True)
class Kind:
    """One kind of thing that people are told."""

    key: str
    title: str | Promise
    icon: str = "bell"
    way: str = Way.APP  # until somebody chooses


_kinds: dict[str, Kind] = {}


def kind(key: str, title: str | Promise, *, icon: str = "bell", way: str = Way.APP) -> None:
    """Register a kind; a double key with another meaning stops the start."""
    new = Kind(key, title, icon, way)
    known = _kinds.setdefault(key, new)
    if known != new:
        raise ValueError(f"Two kinds of notifications are named “{key}”.")


def kinds() -> Mapping[str, Kind]:
    """Every kind by its key, in the order of registration."""
    return dict(_kinds)


@transaction.atomic
def notify(*, users: Iterable[User], kind: str, text: Text, href: str, now: datetime, body: Text = "") -> None:
    """Tell people something, each in their own language and time zone, as each chose to hear of the kind.

    ``text`` is one line, the subject of an e-mail too: line breaks are refused. ``body`` stands in the e-mail
    only. The rows are part of the caller's transaction; open pages hear of them and the mail leaves after it.
    """
    people = {one.pk: one for one in users}.values()
    notify_each([Told(one, text, href, body) for one in people], kind=kind, now=now)


@dataclass(frozen=True)
class Told:
    """What one person is told."""

    user: User
    text: Text
    href: str
    body: Text = ""


@transaction.atomic
def notify_each(told: Sequence[Told], *, kind: str, now: datetime) -> None:
    """As ``notify``, where everyone is told something of their own: as few statements for a thousand as for one."""
    known, told = _kinds[kind], [one for one in told if one.user.is_active]
    chosen = NotificationChoice.objects.filter(user__in={one.user for one in told}, kind=kind)
    ways = dict(chosen.values_list("user", "way")) if told else {}
    rows = [
        _row(one, known, now, mail=ways.get(one.user.pk, known.way) == Way.MAIL)
        for one in told
        if ways.get(one.user.pk, known.way) != Way.OFF
    ]
    Notification.objects.bulk_create(rows)
    for user in {row.user for row in rows}:
        live.announce(TOPIC, user=user)
    if any(row.mail_at for row in rows):
        transaction.on_commit(mailing.ring, robust=True)


def _row(told: Told, known: Kind, now: datetime, *, mail: bool) -> Notification:
    user = told.user
    with spoken_to(user):
        line, more = (str(one() if callable(one) else one) for one in (told.text, told.body))
    return Notification(
        user=user, kind=known.key, text=one_line(_checked(line)), body=more, href=_checked(told.href), at=now,
        mail_at=now if mail and user.email else None,
    )  # fmt: skip


def one_line(text: str) -> str:
    """A text of any origin as it may stand in a notification: without line breaks, not too long."""
    return Truncator(" ".join(CONTROL.sub(" ", text).split())).chars(MOST_LETTERS)


def spoken_to(user: User) -> Any:
    """The language and the time zone of a person, for as long as the block lasts."""
    return _Spoken(user)


class _Spoken:
    def __init__(self, user: User) -> None:
        self._language = translation.override(user.language or settings.LANGUAGE_CODE)
        self._zone = timezone.override(ZoneInfo(user.time_zone or workspace().time_zone))

    def __enter__(self) -> None:
        self._language.__enter__()
        self._zone.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._zone.__exit__(*error)
        self._language.__exit__(*error)


def _checked(line: str) -> str:
    if CONTROL.search(line):
        raise Invalid(_("A notification is one line: it has no line breaks or control characters."))
    return line


def listed(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    """What a person was told, or only what they have not read."""
    found = Notification.objects.filter(user=user)
    return found.filter(read_at=None) if unread else found


@transaction.atomic
def mark(*, user: User, pk: int, read: bool, now: datetime) -> Notification:
    """Mark one of one's own notifications as read, or as unread again; raises Refused (404) for another's."""
    row = listed(user).select_for_update().filter(pk=pk).first()
    if row is None:
        raise Refused(_("This notification is not there any more."), status=404, code="not_found")
    if (row.read_at is not None) != read:
        row.read_at = now if read else None
        row.save(update_fields=["read_at"])
        live.announce(TOPIC, user=user)
    return row


@transaction.atomic
def mark_all(*, user: User, now: datetime) -> int:
    """Mark everything as read that came up to now; how many there were."""
    marked = listed(user, unread=True).filter(at__lte=now).update(read_at=now)
    if marked:
        live.announce(TOPIC, user=user)
    return marked


@transaction.atomic
def choose(*, user: User, ways: Mapping[str, str]) -> None:
    """Keep how a person wants to hear of kinds; raises Invalid for a kind or a way that is not offered."""
    if set(ways) - set(_kinds) or set(ways.values()) - set(Way.values):
        raise Invalid(_("This setting is not offered."))
    NotificationChoice.objects.bulk_create(
        [NotificationChoice(user=user, kind=key, way=way) for key, way in ways.items()],
        update_conflicts=True, unique_fields=["user", "kind"], update_fields=["way"],
    )  # fmt: skip


def chosen_by(user: User) -> dict[str, str]:
    """How a person hears of each kind."""
    chosen = dict(NotificationChoice.objects.filter(user=user).values_list("kind", "way"))
    return {key: chosen.get(key, one.way) for key, one in _kinds.items()}


def forget_old(*, now: datetime) -> int:
    """Remove what people were told long ago; how many rows."""
    gone, _by_model = Notification.objects.filter(at__lt=now - KEPT).delete()
    return gone
