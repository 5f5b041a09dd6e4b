"""A chart is data: a registered function returns a ``Chart``; ``{% chart %}`` draws it.

::

    @chart("orders.per_day", policy=("order", "view"))
    def orders_per_day(user, params) -> Chart:
        return Chart("line", title=…, unit=_("orders"), series=[Series(_("Orders"), points)])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from crm.kit.ui import words

X = date | datetime | float | int | str
KINDS = (
    "line", "control", "bar", "hbar", "grouped", "stacked", "histogram", "scatter", "calibration", "gain",
    "heat",
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """Points (x, y); y may be None: a gap. ``sizes`` count the cases behind each point."""

    name: str
    points: Sequence[tuple[X, float | None]]
    sizes: Sequence[int] | None = None


@dataclass(frozen=True)
class Chart:
    """Everything a drawing, its table and its CSV need. ``title`` states the finding."""

    kind: str
    title: str
    unit: str
    series: Sequence[Series]
    period: str = ""
    source: datetime | None = None  # up to when data were used
    x_label: str = ""
    y_label: str = ""
    share: bool = False  # values 0 to 1, shown as per cent
    currency: str = ""
    decimals: int | None = None
    band: Sequence[tuple[float | None, float | None]] | None = None  # expected low and high at each x
    limits: tuple[float | None, float | None] = (None, None)
    mean: float | None = None
    breaches: Sequence[int] = ()  # positions in the first series
    notes: Sequence[tuple[X, str]] = ()
    cutoff: float | None = None  # gain chart: share contacted
    note: str = ""
    csv: str = ""
    height: int = 200
    rows: Sequence[str] = field(default=())  # heat: names of rows

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"“{self.kind}” is not a kind of chart; kinds: {', '.join(KINDS)}.")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(y is not None for series in self.series for _x, y in series.points)

    def text(self, value: float | None) -> str:
        """A value as axis, table and reader show it."""
        if value is None:
            return ""
        if self.share:
            return words.percent(value, 1 if self.decimals is None else self.decimals)
        if self.currency:
            return words.money(value, self.currency)
        return words.number(value, self.places)

    @cached_property
    def places(self) -> int:
        """Decimals of all values alike: none for whole numbers and from 1,000 on, else one or two."""
        if self.decimals is not None:
            return self.decimals
        values = [abs(y) for series in self.series for _x, y in series.points if y is not None]
        if all(float(value).is_integer() for value in values):
            return 0
        largest = max(values, default=0)
        return 0 if largest >= 1000 else 1 if largest >= 10 else 2

    def axis_text(self, value: float) -> str:
        """A value on an axis: short."""
        if self.share:
            return words.percent(value)
        if self.currency:
            return words.money_compact(value, self.currency)
        return words.compact(value)

    def x_text(self, x: X) -> str:
        """A position on the horizontal axis in words."""
        if isinstance(x, datetime):
            return f"{words.short_day(x)} {words.clock(x)}"
        if isinstance(x, date):
            return words.short_day(x)
        if isinstance(x, str):
            return x
        return words.percent(x) if self.share else words.number(x, 0 if float(x).is_integer() else 2)

    def head(self) -> list[str]:
        """Column names of the table."""
        names = [self.x_label or words_of("when" if self._timed() else "value")]
        names += [
            f"{series.name} ({self.unit})" if self.unit and len(self.series) == 1 else series.name
            for series in self.series
        ]
        if self.band:
            names += [words_of("low"), words_of("high")]
        if any(series.sizes for series in self.series):
            names.append(words_of("cases"))
        return names

    def table(self) -> Iterator[list[Any]]:
        """Rows of plain values: the first is the x; the same numbers as the drawing."""
        values = [dict(series.points) for series in self.series]
        for place, x in enumerate(self.xs()):
            row: list[Any] = [x, *(series.get(x) for series in values)]
            if self.band:
                row += list(self.band[place]) if place < len(self.band) else [None, None]
            sizes = next((series.sizes for series in self.series if series.sizes), None)
            if sizes:
                row.append(sizes[place] if place < len(sizes) else None)
            yield row

    def xs(self) -> list[X]:
        """All positions in order of first sight."""
        return list(dict.fromkeys(x for series in self.series for x, _y in series.points))

    def _timed(self) -> bool:
        return any(isinstance(x, date) for x in self.xs()[:1])


def words_of(name: str) -> str:
    """Column words that every chart may need."""
    return {
        "when": gettext("When"),
        "value": gettext("Value"),
        "low": gettext("Expected from"),
        "high": gettext("Expected to"),
        "cases": gettext("Cases"),
    }[name]


Maker = Callable[[Any, Mapping[str, str]], Chart]


@dataclass(frozen=True)
class Declared:
    """A registered chart function with the policy of its address."""

    name: str
    make: Maker
    policy: tuple[str, str]


_declared: dict[str, Declared] = {}


def chart(name: str, *, policy: tuple[str, str]) -> Callable[[Maker], Maker]:
    """Register ``function(user, params) -> Chart`` under ``name``; it reads through ``visible_to(user)``."""

    def keep(make: Maker) -> Maker:
        known = _declared.get(name)
        if known is not None and known.make.__qualname__ != make.__qualname__:
            raise ValueError(f"Two charts are named “{name}”.")
        _declared[name] = Declared(name, make, policy)
        return make

    return keep


def declared() -> dict[str, Declared]:
    """All registered charts by name."""
    return _declared
