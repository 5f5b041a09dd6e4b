"""The frame of one generated workspace: time, seasons, random numbers, ids."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ZONE = "Asia/Shanghai"
CURRENCY = "CNY"
DAY = 86_400
WEEKDAYS = (1.05, 1.12, 1.08, 1.04, 1.10, 0.88, 0.73)  # Monday first
MONTHS = (0.96, 0.82, 1.0, 0.98, 0.97, 1.02, 0.90, 0.88, 1.03, 1.02, 1.34, 1.16)
HOURS = np.array([1, 0, 0, 0, 0, 1, 3, 5, 8, 12, 14, 12, 8, 9, 12, 12, 10, 8, 7, 8, 10, 10, 6, 3], dtype=float)
CHUNK = 20_000


@dataclass(frozen=True)
class World:
    """What was asked for. ``today`` is the day whose local midnight ends all data."""

    customers: int
    years: int
    seed: int
    today: dt.date
    zone: str = ZONE

    @cached_property
    def now(self) -> dt.datetime:
        """The end of all data: today's midnight in the workspace's zone."""
        return dt.datetime.combine(self.today, dt.time(), ZoneInfo(self.zone))

    @cached_property
    def end(self) -> int:
        """``now`` in epoch seconds."""
        return int(self.now.timestamp())

    @cached_property
    def days(self) -> int:
        return round(self.years * 365.25)

    @cached_property
    def start(self) -> int:
        """The first midnight, in epoch seconds."""
        return self.end - self.days * DAY

    @cached_property
    def chunks(self) -> list[int]:
        """Customers per chunk: memory follows the chunk, not the workspace."""
        full, rest = divmod(self.customers, CHUNK)
        return [CHUNK] * full + ([rest] if rest else [])

    def rng(self, topic: str, chunk: int = 0) -> np.random.Generator:
        """Random numbers of their own for each topic and chunk."""
        return np.random.default_rng([self.seed & 0x7FFFFFFF, chunk, *topic.encode()])

    def date(self, day: int) -> dt.date:
        """The calendar day of a day number (0 is the first)."""
        return self.today - dt.timedelta(days=self.days - day)

    @cached_property
    def dates(self) -> list[dt.date]:
        return [self.date(day) for day in range(self.days)]

    @cached_property
    def specials(self) -> Specials:
        """The days on which something unusual happened."""
        return Specials.of(self)

    @cached_property
    def activity(self) -> Floats:
        """Relative business of each day: season, weekday, sales days, the outage."""
        factors = np.array([MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] for day in self.dates])
        for number, day in enumerate(self.dates):
            factors[number] *= {(11, 11): 2.3, (6, 18): 1.7, (12, 12): 1.4}.get((day.month, day.day), 1.0)
        factors *= self.rng("weather").normal(1, 0.05, self.days).clip(0.8, 1.2)
        factors[self.specials.outages] *= 0.06
        factors[self.specials.rushes] *= 2.2
        return factors

    @cached_property
    def clock(self) -> Floats:
        """Cumulative activity at each midnight, in average days: personal time runs faster on busy days."""
        return np.concatenate([[0.0], np.cumsum(self.activity) / self.activity.mean()])

    def to_days(self, personal: Floats) -> Floats:
        """Personal (activity) time to calendar days; beyond the end stays beyond."""
        inside = np.interp(personal, self.clock, np.arange(self.days + 1, dtype=float))
        return np.where(personal >= self.clock[-1], self.days + 1.0, inside)

    def at_hours(self, rng: np.random.Generator, day: Ints, offset: Ints | int = 0) -> Ints:
        """Epoch seconds at a likely hour of the given days; ``offset`` moves night for other zones."""
        hour = rng.choice(24, size=len(day), p=HOURS / HOURS.sum())
        second = hour * 3600 + rng.integers(0, 3600, len(day)) + offset
        return self.start + day * DAY + np.clip(second, 0, DAY - 60)


@dataclass(frozen=True)
class Specials:
    """Planted anomalies of the business, as day numbers."""

    outages: list[int] = field(default_factory=list)
    rushes: list[int] = field(default_factory=list)
    returns: list[int] = field(default_factory=list)
    complaints: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, world: World) -> Specials:
        """A Saturday outage, a rush, a day of tripled returns, a bad carrier; and one of each a year before."""
        last = world.days
        saturday = next(d for d in range(last - 9, last - 16, -1) if world.date(d).weekday() == 5)
        spread = world.rng("specials").integers(-40, 40, 4)
        year = [day for day in (last - 365 + spread) if day > 30]
        earlier = [int(day) for day in year] if len(year) == 4 else []
        return cls(
            outages=[saturday, *earlier[:1]],
            rushes=[last - 24, *earlier[1:2]],
            returns=[last - 5, *earlier[2:3]],
            complaints=[last - 18, last - 17, last - 16, *earlier[3:4]],
        )


def times(seconds: NDArray[np.int64]) -> list[str]:
    """Epoch seconds as PostgreSQL reads them."""
    return [f"{text}Z" for text in np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()]
