"""Bars from zero: upright, lying, grouped, stacked, histogram; the heat table; the scatter."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape

from crm.kit.charts import Chart, X
from crm.kit.ui.drawing import MAX_SERIES, Plot
from crm.kit.ui.scales import XScale, YScale, nice_ticks

MAX_POINTS = 5000
HEAT_STEPS = 6
SHAPES_UP_TO = 600  # points; above, shapes are too small to tell apart and discs draw faster


def bars(chart: Chart) -> Plot:
    """Bars side by side per position; positions stand evenly, whatever they are."""
    shown = chart.series[:MAX_SERIES]
    values = [y for series in shown for _x, y in series.points if y is not None]
    xs = chart.xs()
    plot = Plot(chart, evenly(chart, xs), YScale.over(values, zero=True, height=chart.height))
    plot.axes()
    touching = chart.kind == "histogram"
    slot = 100 / max(len(xs), 1)
    width = slot * (0.96 if touching else 0.68) / len(shown or [1])
    for place, series in enumerate(shown):
        for x, y in series.points:
            if y is None:
                continue
            left = xs.index(x) * slot + slot * (0.02 if touching else 0.16) + place * width
            hot = " hot" if xs.index(x) in chart.breaches else ""
            plot.add(_bar(left, width, plot.y(0), plot.y(y), f"bar f{place + 1}{hot}"))
    return plot


def stacked(chart: Chart) -> Plot:
    """Parts on top of each other; more than six become five and the others."""
    xs = chart.xs()
    tables = [dict(series.points) for series in chart.series[:MAX_SERIES]]
    totals = [sum(table.get(x) or 0 for table in tables) for x in xs]
    plot = Plot(chart, evenly(chart, xs), YScale.over(totals, zero=True, height=chart.height))
    plot.axes()
    slot = 100 / max(len(xs), 1)
    for at, x in enumerate(xs):
        floor = 0.0
        for place, table in enumerate(tables):
            part = table.get(x) or 0
            if part:
                plot.add(
                    _bar(
                        at * slot + slot * 0.16,
                        slot * 0.68,
                        plot.y(floor),
                        plot.y(floor + part),
                        f"bar f{place + 1}",
                    )
                )
                floor += part
    return plot


def lying(chart: Chart) -> str:
    """Names at the left, bars from zero, values at their ends: no axis needed."""
    points = [(x, y) for x, y in chart.series[0].points if y is not None] if chart.series else []
    values = [y for _x, y in points] or [0]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1
    zero = -low / span * 100
    rows = []
    for x, y in points:
        width = abs(y) / span * 100
        left = zero if y >= 0 else zero - width
        css = ("pos" if y >= 0 else "neg") if low < 0 else "f1"
        rows.append(
            f'<div class="hbar"><span class="wrap">{escape(chart.x_text(x))}</span><svg aria-hidden="true">'
            f'<rect class="bar {css}" x="{left:.2f}%" width="{max(width, 0.4):.2f}%" height="12" rx="2"/>'
            f"</svg>"
            f'<span class="num right">{escape(chart.text(y))}</span></div>'
        )
    return f'<div class="hbars">{"".join(rows)}</div>'


def heat(chart: Chart) -> str:
    """A table whose cells are tinted by value within each column; the figure stands in each cell."""
    columns = chart.xs()
    tables = [(series.name, dict(series.points)) for series in chart.series]
    ranges = {x: _range([table.get(x) for _name, table in tables]) for x in columns}
    head = "".join(f'<th scope="col">{escape(chart.x_text(x))}</th>' for x in columns)
    body = []
    for name, table in tables:
        cells = "".join(_heat_cell(chart, table.get(x), ranges[x]) for x in columns)
        body.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        f'<div class="table-wrap" tabindex="0" role="region" aria-label="{escape(chart.title)}">'
        f'<table class="heat">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def scatter(chart: Chart) -> Plot:
    """Points of up to six groups in their shapes; above 5,000 every n-th is drawn, and the chart says so."""
    shown = chart.series[:MAX_SERIES]
    total = sum(len(series.points) for series in shown)
    step = max(1, -(-total // MAX_POINTS))
    ys = [y for series in shown for _x, y in series.points if y is not None]
    y_scale = YScale(nice_ticks(min(ys, default=0), max(ys, default=1)), 8, chart.height)
    x_ticks = nice_ticks(*_range([float(x) for x in chart.xs() if isinstance(x, int | float)]))
    plot = Plot(chart, XScale.over(chart.xs(), low=x_ticks[0], high=x_ticks[-1]), y_scale)
    plot.axes()
    for place, series in enumerate(shown):
        css = f"scatter f{place + 1}"
        for x, y in series.points[::step]:
            if y is None:
                continue
            if place and total <= SHAPES_UP_TO:
                plot.mark(plot.x(x), plot.y(y), place, css, 3)
            else:
                plot.add(f'<circle class="{css}" cx="{plot.x(x):.2f}%" cy="{plot.y(y):g}" r="3"/>')
    return plot


def evenly(chart: Chart, xs: Sequence[X]) -> XScale:
    """Bars stand evenly: every position becomes a word."""
    return XScale(xs, 0, max(len(xs), 1), True)


def _bar(left: float, width: float, start: float, end: float, css: str) -> str:
    top, tall = min(start, end), abs(end - start)
    place = f'x="{left:.3f}%" y="{top:g}" width="{width:.3f}%" height="{max(tall, 0.5):g}"'
    return f'<rect class="{css}" {place} rx="1.5"/>'


def _range(values: Sequence[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None] or [0.0]
    return min(known), max(known)


def _heat_cell(chart: Chart, value: float | None, edges: tuple[float, float]) -> str:
    if value is None:
        return '<td class="muted">–</td>'
    low, high = edges
    step = 1 + min(HEAT_STEPS - 1, int((value - low) / (high - low) * HEAT_STEPS)) if high > low else 2
    return f'<td class="h{step}">{escape(chart.text(value))}</td>'
