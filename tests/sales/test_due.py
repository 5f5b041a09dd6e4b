"""Days of a series, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sales.services.due import following, moved, next_monday

D = date


@pytest.mark.parametrize(
    ("day", "repeat", "every", "after", "expected"),
    [
        (D(2026, 11, 23), "day", 1, D(2026, 11, 23), D(2026, 11, 24)),
        (D(2026, 11, 23), "day", 3, D(2026, 11, 30), D(2026, 12, 2)),  # what was missed is left out
        (D(2026, 11, 23), "week", 1, D(2026, 11, 25), D(2026, 11, 30)),
        (D(2026, 11, 23), "week", 2, D(2026, 12, 7), D(2026, 12, 21)),
        (D(2026, 1, 31), "month", 1, D(2026, 1, 31), D(2026, 2, 28)),
        (D(2026, 12, 5), "month", 3, D(2027, 3, 5), D(2027, 6, 5)),
    ],
)
def test_a_series_goes_on_behind_the_day_it_was_done(day, repeat, every, after, expected) -> None:
    assert following(day, repeat=repeat, every=every, anchor=day.day, after=after) == expected


def test_a_monthly_series_comes_back_to_its_day_after_a_short_month() -> None:
    assert following(D(2026, 2, 28), repeat="month", every=1, anchor=31, after=D(2026, 2, 28)) == D(2026, 3, 31)


def test_a_reminder_keeps_its_distance() -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert moved(at - timedelta(hours=1), at, at + timedelta(days=2)) == at + timedelta(days=2, hours=-1)
    assert moved(at, None, at) == at
    assert next_monday(D(2026, 11, 23)) == D(2026, 11, 30)
