"""When a standing export is due next."""

from __future__ import annotations

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

DAY, WEEK, MONTH = "day", "week", "month"


def next_due(
    *, every: str, at: dt.time, weekday: int, monthday: int, zone: ZoneInfo, after: dt.datetime
) -> dt.datetime:  # fmt: skip
    """The first due time behind a moment, in UTC: by the clock on the owner's wall, whatever summer time does.

    A month without the 31st takes its last day.
    """
    day = after.astimezone(zone).date()
    for ahead in range(64):
        here = day + dt.timedelta(days=ahead)
        due = dt.datetime.combine(here, at, zone).astimezone(dt.UTC)
        if due > after and _fits(here, every, weekday, monthday):
            return due
    raise ValueError(f"{every} never comes")


def _fits(day: dt.date, every: str, weekday: int, monthday: int) -> bool:
    if every == WEEK:
        return day.weekday() == weekday
    if every == MONTH:
        return day.day == min(monthday, calendar.monthrange(day.year, day.month)[1])
    return True
