"""The one table of periodic work; times are meant in the workspace's zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from crm.kit import jobs
from crm.kit.models import ScheduledSlot
from crm.kit.workspace import workspace


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """A job that is due every day at a wall-clock time, or at every multiple of an interval."""

    name: str
    kind: str
    at: dt.time | None = None
    every: dt.timedelta | None = None
    args: dict[str, Any] = field(default_factory=dict)

    def last_due(self, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
        """The latest due time that is not after ``now``, in UTC."""
        if self.at is not None:
            day = now.astimezone(zone).date()
            due = dt.datetime.combine(day, self.at, zone).astimezone(dt.UTC)
            if due > now:
                due = dt.datetime.combine(day - dt.timedelta(days=1), self.at, zone).astimezone(dt.UTC)
            return due
        if self.every is None:
            raise ValueError(f"{self.name} has neither a time of day nor an interval")
        seconds = int(self.every.total_seconds())
        return dt.datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, dt.UTC)


SCHEDULE: tuple[Periodic, ...] = (
    Periodic(name="tidy", kind="kit.tidy", every=dt.timedelta(hours=1)),
    Periodic(name="tidy notifications", kind="notifications.tidy", at=dt.time(4, 0)),
    Periodic(name="tidy imports", kind="imports.tidy", every=dt.timedelta(hours=1)),
    Periodic(name="tidy files", kind="files.tidy", every=dt.timedelta(hours=1)),
    Periodic(name="morning lists", kind="activities.digest", every=dt.timedelta(hours=1)),
    Periodic(name="data quality", kind="quality.check", at=dt.time(1, 30)),
    Periodic(name="empty the trash", kind="customers.purge", at=dt.time(3, 0)),
    Periodic(name="retention", kind="privacy.retention", at=dt.time(1, 0)),
    Periodic(name="duplicates", kind="duplicates.scan", at=dt.time(1, 0), args={"whole": False}),
    Periodic(name="nightly analysis", kind="insights.run", at=dt.time(2, 0)),
)


def enqueue_due(*, now: dt.datetime, schedule: tuple[Periodic, ...] | None = None) -> list[ScheduledSlot]:
    """Create the slots that are due; a second beat finds them taken. Returns the new slots.

    A name that was never seen starts with its next due time: installing runs nothing by surprise.
    """
    periodics = SCHEDULE if schedule is None else schedule
    zone = ZoneInfo(workspace().time_zone)
    dues = {each.name: each.last_due(now, zone) for each in periodics}
    known = set(ScheduledSlot.objects.filter(name__in=dues).values_list("name", flat=True).distinct())
    taken = set(ScheduledSlot.objects.filter(name__in=dues, due_at__in=dues.values()).values_list("name", "due_at"))
    created = []
    for each in periodics:
        if (each.name, dues[each.name]) not in taken:
            slot = _take(each, dues[each.name], run=each.name in known)
            created += [slot] if slot else []
    return created


def _take(periodic: Periodic, due_at: dt.datetime, *, run: bool) -> ScheduledSlot | None:
    try:
        with transaction.atomic():
            slot = ScheduledSlot.objects.create(name=periodic.name, due_at=due_at)
            if run:
                slot.job = jobs.enqueue(periodic.kind, periodic.args)
                slot.save(update_fields=["job"])
    except IntegrityError:
        return None
    return slot
