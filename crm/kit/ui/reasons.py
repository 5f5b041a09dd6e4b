"""Why a prediction is what it is: signed parts that add up to the value shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm.kit.ui.words import Number


@dataclass(frozen=True)
class Reason:
    """One fact in words and the share (0 to 1, signed) by which it moved the value."""

    label: str
    points: float


@dataclass(frozen=True)
class Bar:
    """A row: ``points`` are percentage points, ``x`` and ``width`` per cent of the plot."""

    label: str
    points: int
    x: float
    width: float

    @property
    def sign(self) -> str:
        """``pos`` raises, ``neg`` lowers."""
        return "pos" if self.points > 0 else "neg"


@dataclass(frozen=True)
class Told:
    """What the template draws; base + bars + other = value holds in whole points (rule U10)."""

    base: int
    bars: list[Bar]
    other: int
    value: int
    zero: float


def add_up(base: Number, parts: Iterable[Reason], value: Number, limit: int = 5) -> Told:
    """Round the largest ``limit`` parts to whole points; "other" takes the rest so that the sum is exact."""
    ranked = sorted(parts, key=lambda part: -abs(part.points))[:limit]
    whole_base, whole_value = round(float(base) * 100), round(float(value) * 100)
    points = [(part.label, round(part.points * 100)) for part in ranked]
    shown = [(label, n) for label, n in points if n]
    reach_up = max([n for _, n in shown if n > 0], default=0)
    reach_down = -min([n for _, n in shown if n < 0], default=0)
    span = max(reach_up + reach_down, 1)
    zero = 100 * reach_down / span
    bars = [Bar(label, n, zero if n > 0 else zero - 100 * -n / span, 100 * abs(n) / span) for label, n in shown]
    other = whole_value - whole_base - sum(n for _, n in shown)
    return Told(whole_base, bars, other, whole_value, zero)
