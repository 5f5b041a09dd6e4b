"""Lines: plain, control, calibration, gain; and the sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crm.kit.charts import Chart
from crm.kit.ui.drawing import MAX_SERIES, Plot
from crm.kit.ui.scales import XScale, YScale

DIRECT_LABELS = 4


def line(chart: Chart) -> Plot:
    """Up to six lines; the axis may leave zero out and then the chart says so."""
    shown = chart.series[:MAX_SERIES]
    values = [y for series in shown for _x, y in series.points if y is not None]
    values += [edge for pair in chart.band or () for edge in pair if edge is not None]
    values += [edge for edge in chart.limits if edge is not None]
    plot = Plot(chart, XScale.over(chart.xs()), YScale.over(values, zero=False, height=chart.height))
    plot.axes()
    _band(plot)
    for place, series in enumerate(shown):
        dash = f" dash{place}" if place else ""
        plot.line(series.points, f"ln{dash} s{place + 1}")
    if 1 < len(shown) <= DIRECT_LABELS:
        plot.end_labels([(plot.y(_last(series.points)), series.name) for series in shown if _has(series.points)])
    _notes(plot)
    return plot


def control(chart: Chart) -> Plot:
    """One metric with its band, limits, mean, and diamonds at the breaches."""
    plot = line(chart)
    for edge in chart.limits:
        if edge is not None:
            plot.level(edge, "limit")
            plot.text(100, plot.y(edge) + 4, chart.axis_text(edge), "start", "limit-t", 6)
    if chart.mean is not None:
        plot.level(chart.mean, "mean")
    points = chart.series[0].points if chart.series else []
    for place in chart.breaches:
        if 0 <= place < len(points) and points[place][1] is not None:
            x, y = points[place]
            plot.mark(plot.x(x), plot.y(y or 0), 2, "breach", 5)
    _gaps(plot)
    return plot


def calibration(chart: Chart) -> Plot:
    """Predicted against observed; the diagonal is a perfect model, dots carry their counts."""
    plot = Plot(chart, XScale.over(chart.xs(), low=0, high=1), YScale([0, 0.25, 0.5, 0.75, 1.0], 8, chart.height))
    plot.axes()
    plot.polyline(f"M0 {plot.y(0):g}L100 {plot.y(1):g}", "ref")
    for place, series in enumerate(chart.series[:MAX_SERIES]):
        plot.line(series.points, f"ln s{place + 1}")
        for x, y in series.points:
            if y is not None:
                plot.mark(plot.x(x), plot.y(y), place, f"dotmark f{place + 1}", 3.5)
    return plot


def gain(chart: Chart) -> Plot:
    """Share contacted against share reached, the diagonal for chance, the cut-off upright."""
    plot = Plot(chart, XScale.over(chart.xs(), low=0, high=1), YScale([0, 0.25, 0.5, 0.75, 1.0], 8, chart.height))
    plot.axes()
    plot.polyline(f"M0 {plot.y(0):g}L100 {plot.y(1):g}", "ref")
    for place, series in enumerate(chart.series[:MAX_SERIES]):
        plot.line(series.points, f"ln{f' dash{place}' if place else ''} s{place + 1}")
    if chart.cutoff is not None:
        at = plot.x(chart.cutoff)
        plot.add(f'<line class="notemark" x1="{at:g}%" x2="{at:g}%" y1="8" y2="{chart.height}"/>')
        reached = _at(chart.series[0].points, chart.cutoff) if chart.series else None
        if reached is not None:
            plot.mark(at, plot.y(reached), 0, "dotmark f1", 4.5)
            plot.text(at, plot.y(reached) + 4, chart.text(reached), "start", "lab halo", 9)
    return plot


def sparkline(values: Sequence[float | None], tone: str = "plain", label: str = "", wide: bool = False) -> SafeString:
    """A line without axes, its last point marked; ``label`` is read out."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return mark_safe("")
    low, span, n = min(known), (max(known) - min(known)) or 1, max(len(values) - 1, 1)
    places = [(100 * i / n, 17 - 14 * (v - low) / span) for i, v in enumerate(values) if v is not None]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    named = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="spark{} tone-{}" {}>'
        '<svg width="100%" height="20" viewBox="0 0 100 20" preserveAspectRatio="none">'
        '<path class="ln" vector-effect="non-scaling-stroke" d="{}"/></svg>'
        '<circle cx="{}%" cy="{}" r="2"/></svg>',
        " wide" if wide else "", tone, named, path, f"{places[-1][0]:.1f}", f"{places[-1][1]:.1f}",
    )  # fmt: skip


def _band(plot: Plot) -> None:
    band, points = plot.chart.band, plot.chart.series[0].points if plot.chart.series else []
    if not band:
        return
    both = [
        (x, low, high)
        for (x, _y), (low, high) in zip(points, band, strict=False)
        if low is not None and high is not None
    ]
    plot.area([(x, low) for x, low, _high in both], [(x, high) for x, _low, high in both], "band")


def _notes(plot: Plot) -> None:
    for x, words in plot.chart.notes:
        at = plot.x(x)
        plot.add(
            f'<line class="notemark" x1="{at:g}%" x2="{at:g}%" y1="14" y2="{plot.height}">'
            f"<title>{escape(words)}</title></line>"
        )
        plot.text(at, 10, words, "end" if at > 60 else "start", "halo", -4 if at > 60 else 4)


def _gaps(plot: Plot) -> None:
    """A gap in the line is said: "no data"."""
    points = plot.chart.series[0].points if plot.chart.series else []
    start: float | None = None
    for x, y in points:
        if y is None:
            start = plot.x(x) if start is None else start
        elif start is not None:
            end = plot.x(x)
            if end - start > 8:
                plot.text((start + end) / 2, plot.height - 6, gettext("no data"), "middle")
            start = None


def _has(points: Sequence[tuple[object, float | None]]) -> bool:
    return any(y is not None for _x, y in points)


def _last(points: Sequence[tuple[object, float | None]]) -> float:
    return next(y for _x, y in reversed(points) if y is not None)


def _at(points: Sequence[tuple[object, float | None]], cut: float) -> float | None:
    """Value at the cut-off, between its neighbours."""
    known = sorted((float(x), y) for x, y in points if y is not None and isinstance(x, int | float))
    for (x0, y0), (x1, y1) in pairwise(known):
        if x0 <= cut <= x1:
            return y0 + (y1 - y0) * ((cut - x0) / (x1 - x0) if x1 > x0 else 0)
    return None
