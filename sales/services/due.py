"""Days and moments of tasks: when a day ends, when a series goes on, when a reminder moves along."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.accounts.models import User
from crm.kit.workspace import workspace

LAST_MOMENT = time(23, 59, 59)
MORNING = time(9)


def zone_of(person: User | None) -> ZoneInfo:
    """Where a person is; the workspace's zone for nobody."""
    return ZoneInfo((person.time_zone if person else "") or workspace().time_zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day somewhere."""
    return datetime.combine(day, LAST_MOMENT, zone)


def morning_of(day: date, zone: ZoneInfo) -> datetime:
    """Nine o'clock."""
    return datetime.combine(day, MORNING, zone)


def next_monday(day: date) -> date:
    """The first day of the next week."""
    return day + timedelta(days=7 - day.weekday())


def following(day: date, *, repeat: str, every: int, anchor: int | None, after: date) -> date:
    """The first day of a series that starts at ``day`` and lies after ``after``: what was missed is left out.

    A monthly series stands on day ``anchor`` of the month, or on the last one where the month is shorter.
    """
    if repeat == "month":
        months = max(1, ((after.year - day.year) * 12 + after.month - day.month) // every)
        found = _months_later(day, months * every, anchor or day.day)
        while found <= after:
            months += 1
            found = _months_later(day, months * every, anchor or day.day)
        return found
    step = every * (7 if repeat == "week" else 1)
    return day + timedelta(days=step * max(1, (after - day).days // step + 1))


def _months_later(day: date, months: int, anchor: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))


def moved(reminder: datetime | None, old: datetime | None, new: datetime | None) -> datetime | None:
    """A reminder that keeps its distance to the time it reminds of."""
    return reminder + (new - old) if reminder and old and new else reminder
