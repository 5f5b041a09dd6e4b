"""What every drawing shares: the plot's frame, axes, lines, marks. Colours are classes only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.html import escape

from crm.kit.charts import Chart, X
from crm.kit.ui.scales import XScale, YScale, nice_ticks

MAX_SERIES = 6
MARKS = ("circle", "triangle", "diamond", "square", "plus", "ring")


@dataclass
class Plot:
    """A drawing in the making: ``x`` gives per cent, ``y`` gives pixels."""

    chart: Chart
    x: XScale
    y: YScale
    parts: list[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.chart.height

    def add(self, *parts: str) -> None:
        """Append markup whose texts are already escaped."""
        self.parts.extend(parts)

    def text(self, x: float, y: float, words: str, anchor: str = "start", css: str = "", dx: float = 0) -> None:
        """A label; x in per cent, dx in pixels."""
        extra = f' dx="{dx:g}"' if dx else ""
        name = f' class="{css}"' if css else ""
        self.add(f'<text x="{x:g}%" y="{y:g}" text-anchor="{anchor}"{extra}{name}>{escape(words)}</text>')

    def level(self, value: float, css: str) -> None:
        """A line across the plot."""
        at = self.y(value)
        self.add(f'<line class="{css}" x1="0" x2="100%" y1="{at:g}" y2="{at:g}"/>')

    def axes(self) -> None:
        """Hairlines with values at the left, positions below."""
        for tick in self.y.ticks:
            at = self.y(tick)
            self.level(tick, "axis" if tick == 0 else "grid")
            self.add(
                f'<text x="0" dx="-8" y="{at + 4:g}" text-anchor="end">{escape(self.chart.axis_text(tick))}</text>'
            )
        self.x_axis()

    def x_axis(self) -> None:
        """Labels below; every second one hides where space is short."""
        if self.x.words:
            ticks = [(self.x(x), self.chart.x_text(x)) for x in self.x.ticks(12)]
        elif self.x.xs and isinstance(self.x.xs[0], int | float):
            marks = [tick for tick in nice_ticks(self.x.low, self.x.high, 5) if self.x.low <= tick <= self.x.high]
            ticks = [(self.x(tick), self.chart.x_text(tick)) for tick in marks]
        else:
            ticks = [(self.x(x), self.chart.x_text(x)) for x in self.x.ticks()]
        for place, (at, words) in enumerate(ticks):
            anchor = "middle" if 4 < at < 94 else "start" if at <= 4 else "end"
            self.text(at, self.height + 18, words, anchor, "alt" if place % 2 else "")

    def polyline(self, path: str, css: str) -> None:
        """A path in a 0–100 by pixel space, stretched in width only; strokes keep their weight."""
        self.add(
            f'<svg class="stretch" width="100%" height="{self.height}" viewBox="0 0 100 {self.height}" '
            f'preserveAspectRatio="none"><path class="{css}" vector-effect="non-scaling-stroke"'
            f' d="{path}"/></svg>'
        )

    def line(self, points: Sequence[tuple[X, float | None]], css: str) -> None:
        """A series; a None breaks it, a lone point becomes a dot."""
        path, pen = [], False
        for place, (x, y) in enumerate(points):
            if y is None:
                pen = False
                continue
            alone = not pen and (place + 1 >= len(points) or points[place + 1][1] is None)
            if alone:
                self.add(
                    f'<circle class="{css.split()[-1].replace("s", "f", 1)}"'
                    f' cx="{self.x(x):g}%" cy="{self.y(y):g}" r="2.5"/>'
                )
            else:
                path.append(f"{'L' if pen else 'M'}{self.x(x):g} {self.y(y):g}")
            pen = True
        if path:
            self.polyline("".join(path), css)

    def area(self, lower: Iterable[tuple[X, float]], upper: Iterable[tuple[X, float]], css: str) -> None:
        """The space between two lines."""
        there = [f"{self.x(x):g} {self.y(y):g}" for x, y in upper]
        back = [f"{self.x(x):g} {self.y(y):g}" for x, y in lower][::-1]
        if there:
            self.polyline("M" + "L".join(there + back) + "Z", css)

    def mark(self, x: float, y: float, shape: int, css: str, size: float = 4) -> None:
        """A mark in the shape of its series."""
        self.add(mark(f"{x:g}%", y, shape, css, size))

    def end_labels(self, ends: list[tuple[float, str]]) -> None:
        """Names at the right end of lines, pushed apart to 13 px."""
        placed = -99.0
        for at, words in sorted(ends):
            placed = max(at, placed + 13)
            self.text(100, placed + 4, words, "start", "lab", 8)


def mark(cx: str, cy: float, shape: int, css: str, size: float = 4) -> str:
    """One mark: circle, triangle, diamond, square, plus or ring, around (cx, cy)."""
    s, inner = size, size * 0.45
    bodies = {
        0: f'<circle class="{css}" cx="0" cy="0" r="{s:g}"/>',
        1: _path(css, f"M0 {-s:g}L{s:g} {s * 0.8:g}L{-s:g} {s * 0.8:g}Z"),
        2: _path(css, f"M0 {-s * 1.2:g}L{s * 1.2:g} 0L0 {s * 1.2:g}L{-s * 1.2:g} 0Z"),
        3: f'<rect class="{css}" x="{-s:g}" y="{-s:g}" width="{2 * s:g}" height="{2 * s:g}"/>',
        4: _path(css, f"M{-s:g} -1.2H-1.2V{-s:g}H1.2V-1.2H{s:g}V1.2H1.2V{s:g}H-1.2V1.2H{-s:g}Z"),
        5: _path(css, _circle(s) + _circle(inner)),
    }
    return f'<svg x="{cx}" y="{cy:g}" overflow="visible" width="1" height="1">{bodies[shape % 6]}</svg>'


def _path(css: str, way: str) -> str:
    return f'<path class="{css}" fill-rule="evenodd" d="{way}"/>'


def _circle(radius: float) -> str:
    turn = f"a{radius:g} {radius:g} 0 1 0"
    return f"M{-radius:g} 0{turn} {2 * radius:g} 0{turn} {-2 * radius:g} 0Z"
