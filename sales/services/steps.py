"""The steps of a task: done, open again, cancelled, put off. A series goes on when one of it is done."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.rows import check_tag, locked
from sales.models import Activity
from sales.services.due import end_of, following, moved, zone_of

State = Activity.State


@transaction.atomic
def complete_activity(*, user: User, activity_id: int, now: datetime, expected: str | None = None) -> Activity:
    """Mark a task as done; where it repeats, the next one is made. Done twice is refused (409)."""
    row = _ours(user, activity_id, expected)
    if row.state == State.DONE:
        raise Refused(_("This task is done already."), code="done")
    if row.state == State.CANCELLED:
        raise Refused(_("This task was cancelled. Open it again first."), code="cancelled")
    set_state(row, State.DONE, user=user, now=now)
    return row


@transaction.atomic
def reopen_activity(*, user: User, activity_id: int, now: datetime, expected: str | None = None) -> Activity:
    """Open a task again; the next one of its series goes away if nobody has touched it."""
    row = _ours(user, activity_id, expected)
    if row.state == State.OPEN:
        raise Refused(_("This task is open already."), code="open")
    set_state(row, State.OPEN, user=user, now=now)
    return row


@transaction.atomic
def cancel_activity(*, user: User, activity_id: int, now: datetime, expected: str | None = None) -> Activity:
    """Give a task up: it stays in the list, and its series ends."""
    row = _ours(user, activity_id, expected)
    if row.state != State.OPEN:
        raise Refused(_("Only an open task can be cancelled."), code="not_open")
    set_state(row, State.CANCELLED, user=user, now=now)
    return row


@transaction.atomic
def snooze_activity(*, user: User, activity_id: int, until: date | datetime, now: datetime) -> Activity:
    """Put an open task off to a later day or moment; its reminder moves along."""
    row = _ours(user, activity_id, None)
    if row.state != State.OPEN:
        raise Refused(_("Only an open task can be put off."), code="not_open")
    zone = zone_of(row.owner)
    timed = isinstance(until, datetime)
    if isinstance(until, datetime):
        at, day = until, until.astimezone(zone).date()
    elif row.timed and row.due_at is not None:
        at, day, timed = datetime.combine(until, row.due_at.astimezone(zone).time(), zone), until, True
    else:
        at, day = end_of(until, zone), until
    if at <= now:
        raise Refused(_("A task can only be put off to a later time."), code="past")
    row.remind_at, row.reminded_at = moved(row.remind_at, row.due_at, at), None
    row.due_on, row.due_at, row.timed = day, at, timed
    if row.remind_at is not None and row.remind_at <= now:
        row.reminded_at = now
    row.save()
    return row


def set_state(row: Activity, state: str, *, user: User, now: datetime) -> None:
    """Write a state of a locked row, and what follows from it."""
    was, row.state = row.state, State(state)
    row.done_at, row.done_by = (now, user) if state == State.DONE else (None, None)
    row.save(update_fields=["state", "done_at", "done_by", "updated_at"])
    if was == State.DONE:
        _drop_next(row)
    if state == State.DONE and row.repeat:
        _make_next(row, now)


def _make_next(row: Activity, now: datetime) -> Activity | None:
    """The next of a series; none where one was made before and somebody has worked on it."""
    if row.due_on is None or row.due_at is None or Activity.objects.filter(follows=row).exists():
        return None
    zone = zone_of(row.owner)
    after = max(row.due_on, now.astimezone(zone).date() if row.due_at < now else row.due_on)
    day = following(row.due_on, repeat=row.repeat, every=row.every, anchor=row.repeat_day, after=after)
    at = datetime.combine(day, row.due_at.astimezone(zone).time(), zone) if row.timed else end_of(day, zone)
    kept = {
        name: getattr(row, name)
        for name in ("title", "kind", "note", "priority", "timed", "repeat", "every", "repeat_day", "customer_id",
                     "deal_id", "contact_id", "ticket_id", "owner_id", "team_id", "created_by_id")
    }  # fmt: skip
    remind = moved(row.remind_at, row.due_at, at)
    return Activity.objects.create(**kept, due_on=day, due_at=at, remind_at=remind, follows=row)


def _drop_next(row: Activity) -> None:
    later = Activity.objects.filter(follows=row, state=State.OPEN).select_for_update().first()
    if later is not None and not later.events.exists():  # type: ignore[attr-defined]
        later.delete()


def _ours(user: User, activity_id: int, expected: str | None) -> Activity:
    row = locked(Activity, activity_id, user=user, obj="activity", action="change")
    check_tag(row, expected)
    return row
