import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from crm import schedule
from crm.kit import jobs
from crm.kit.models import Job, ScheduledSlot
from crm.schedule import Periodic

NIGHTLY = Periodic(name="nightly", kind="kit.tidy", at=dt.time(2, 30))
HOURLY = Periodic(name="hourly", kind="kit.tidy", every=dt.timedelta(hours=1))


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def test_a_time_of_day_is_meant_in_the_zone_of_the_workspace():
    berlin = ZoneInfo("Europe/Berlin")
    assert NIGHTLY.last_due(utc(2026, 1, 10, 12), berlin) == utc(2026, 1, 10, 1, 30)
    assert NIGHTLY.last_due(utc(2026, 7, 10, 12), berlin) == utc(2026, 7, 10, 0, 30)
    assert NIGHTLY.last_due(utc(2026, 1, 10, 1), berlin) == utc(2026, 1, 9, 1, 30)


def test_the_hour_that_summer_time_skips_still_has_its_slot():
    due = NIGHTLY.last_due(utc(2026, 3, 29, 12), ZoneInfo("Europe/Berlin"))
    assert due == utc(2026, 3, 29, 1, 30)


def test_an_interval_is_due_at_its_multiples():
    assert HOURLY.last_due(utc(2026, 1, 10, 12, 59, 59), ZoneInfo("UTC")) == utc(2026, 1, 10, 12)


@pytest.mark.django_db
def test_each_slot_makes_one_job_however_many_beats_there_are(monkeypatch):
    monkeypatch.setattr(jobs, "ring", lambda *_given: True)
    first = utc(2026, 1, 10, 12, 1)
    assert len(schedule.enqueue_due(now=first, schedule=(HOURLY,))) == 1
    assert not Job.objects.exists(), "installing runs nothing by surprise"
    for _beat in range(2):
        schedule.enqueue_due(now=first + dt.timedelta(hours=1), schedule=(HOURLY,))
    assert Job.objects.count() == 1
    assert ScheduledSlot.objects.count() == 2


@pytest.mark.django_db
def test_after_a_long_absence_only_the_latest_slot_runs(monkeypatch):
    monkeypatch.setattr(jobs, "ring", lambda *_given: True)
    schedule.enqueue_due(now=utc(2026, 1, 10, 12), schedule=(HOURLY,))
    schedule.enqueue_due(now=utc(2026, 1, 10, 18, 5), schedule=(HOURLY,))
    assert list(ScheduledSlot.objects.values_list("due_at", flat=True).order_by("due_at"))[-1].hour == 18
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_everything_scheduled_has_a_handler():
    known = jobs.handlers()
    assert {each.kind for each in schedule.SCHEDULE} <= set(known)
    assert len({each.name for each in schedule.SCHEDULE}) == len(schedule.SCHEDULE)
