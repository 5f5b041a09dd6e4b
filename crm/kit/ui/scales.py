"""From values to places: x in per cent of the plot's width, y in pixels. Text keeps its size at any width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm.kit.charts import X


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round steps (1, 2, 2.5, 5 × 10ⁿ) that cover low to high."""
    if high <= low:
        high = low + 1
    raw = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = math.floor(low / step)
    last = math.ceil(high / step - 1e-9)
    return [round(step * n, 10) for n in range(first, last + 1)]


@dataclass(frozen=True)
class YScale:
    """Values to pixels from the top; ticks included."""

    ticks: list[float]
    top: float
    bottom: float

    @classmethod
    def over(cls, values: Sequence[float], *, zero: bool, height: float, top: float = 8) -> YScale:
        """Cover the values; ``zero`` forces the axis to start there (bars)."""
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if zero or (low >= 0 and low <= (high - low) * 0.7):
            low = min(low, 0.0)
            high = max(high, 0.0)
        return cls(nice_ticks(low, high), top, height)

    @property
    def starts_at_zero(self) -> bool:
        """Whether the axis shows zero."""
        return self.ticks[0] <= 0 <= self.ticks[-1]

    def __call__(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return round(self.bottom - (value - low) / (high - low) * (self.bottom - self.top), 1)


@dataclass(frozen=True)
class XScale:
    """Positions to per cent: time and numbers by distance, words evenly."""

    xs: Sequence[X]
    low: float
    high: float
    words: bool

    @classmethod
    def over(cls, xs: Sequence[X], *, low: float | None = None, high: float | None = None) -> XScale:
        """Cover all positions."""
        if any(isinstance(x, str) for x in xs):
            return cls(xs, 0, max(len(xs), 1), True)
        values = [as_number(x) for x in xs] or [0.0]
        least = min(values) if low is None else low
        most = max(values) if high is None else high
        return cls(xs, least, most if most > least else least + 1, False)

    def __call__(self, x: X) -> float:
        if self.words:
            return round((self.xs.index(x) + 0.5) / max(len(self.xs), 1) * 100, 3)
        return round((as_number(x) - self.low) / (self.high - self.low) * 100, 3)

    def ticks(self, about: int = 6) -> list[X]:
        """Positions worth a label, evenly spread, first included."""
        if len(self.xs) <= about:
            return list(self.xs)
        step = math.ceil(len(self.xs) / about)
        return list(self.xs)[::step]


def as_number(x: X) -> float:
    """Seconds for times, the number itself for numbers."""
    if isinstance(x, datetime):
        return x.timestamp()
    if isinstance(x, date):
        return datetime(x.year, x.month, x.day, tzinfo=UTC).timestamp()
    return float(x)
