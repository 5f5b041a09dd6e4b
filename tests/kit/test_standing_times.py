"""When a standing export is due: on its owner's clock."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from crm.kit.standing.times import next_due

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("every", "after", "due"),
    [
        ("day", "2026-11-26T04:59:00", "2026-11-26T05:00:00"),
        ("day", "2026-11-26T05:00:00", "2026-11-27T05:00:00"),
        ("day", "2026-10-24T05:00:00", "2026-10-25T05:00:00"),  # summer time ended in that night: UTC moves, the wall does not
        ("day", "2027-03-27T06:00:00", "2027-03-28T04:00:00"),
        ("week", "2026-11-26T12:00:00", "2026-12-01T05:00:00"),  # a Tuesday
        ("month", "2026-11-26T12:00:00", "2026-11-30T05:00:00"),  # the 31st of a month with thirty days
        ("month", "2027-01-31T06:00:00", "2027-02-28T05:00:00"),
    ],
)  # fmt: skip
def test_the_next_file_is_due(every: str, after: str, due: str) -> None:
    """At six on the wall in Berlin, on Tuesdays, on the last day of the month."""
    found = next_due(
        every=every, at=dt.time(6), weekday=1, monthday=31, zone=BERLIN, after=dt.datetime.fromisoformat(after + "+00:00")
    )  # fmt: skip
    assert found == dt.datetime.fromisoformat(due + "+00:00")
