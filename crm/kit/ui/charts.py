"""The whole figure: title that states the finding, drawing, legend, the same numbers as a table, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import count
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crm.kit.charts import Chart
from crm.kit.ui import draw_bars, draw_lines, words
from crm.kit.ui.drawing import MAX_SERIES, Plot, mark

TABLE_ROWS = 400
DRAWERS: dict[str, Callable[[Chart], Plot]] = {
    "line": draw_lines.line,
    "control": draw_lines.control,
    "calibration": draw_lines.calibration,
    "gain": draw_lines.gain,
    "bar": draw_bars.bars,
    "grouped": draw_bars.bars,
    "histogram": draw_bars.bars,
    "stacked": draw_bars.stacked,
    "scatter": draw_bars.scatter,
}
HTML_DRAWERS: dict[str, Callable[[Chart], str]] = {"hbar": draw_bars.lying, "heat": draw_bars.heat}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_ids = count(1)


def draw(chart: Chart, *, small: bool = False, with_table: bool = True, heading: str = "h3") -> SafeString:
    """The figure. ``small``: for small multiples, without tools and table."""
    name = f"chart-{next(_ids)}"
    level = heading if heading in ("h2", "h3", "h4") else "h3"
    head = format_html('<{} class="chart-title" id="{}">{}</{}>', level, name, chart.title, level)
    tools = "" if small or chart.is_empty else _tools(chart, name, with_table)
    plot = DRAWERS[chart.kind](chart) if chart.kind in DRAWERS and not chart.is_empty else None
    body = _empty() if chart.is_empty else _body(chart, name, plot)
    table = _table(chart, name) if with_table and not small and not chart.is_empty else ""
    note = format_html('<p class="chart-note">{}</p>', chart.note) if chart.note else ""
    return format_html(
        '<figure class="chart{}"><div class="chart-head">{}{}<p class="chart-sub">{}</p></div>'
        "{}{}{}{}</figure>",
        " small" if small else "", head, tools, _under(chart, plot), body, _legend(chart), note, table,
    )  # fmt: skip


def _under(chart: Chart, plot: Plot | None) -> str:
    parts = [chart.unit, chart.period]
    if chart.source is not None:
        parts.append(gettext("data to %(time)s") % {"time": words.short_moment(chart.source)})
    if plot is not None and chart.kind in ("line", "control") and not plot.y.starts_at_zero:
        parts.append(gettext("axis does not start at zero"))
    total = sum(len(series.points) for series in chart.series)
    if chart.kind == "scatter" and total > draw_bars.MAX_POINTS:
        parts.append(
            gettext("%(shown)s of %(total)s points drawn")
            % {"shown": words.number(draw_bars.MAX_POINTS), "total": words.number(total)}
        )
    return " · ".join(str(part) for part in parts if part)


def _tools(chart: Chart, name: str, with_table: bool) -> SafeString:
    table = format_html(
        '<button type="button" data-chart-table aria-expanded="false" aria-controls="{}-data">{}</button>',
        name, gettext("View as table"),
    ) if with_table else ""  # fmt: skip
    file = format_html('<a href="{}">CSV</a>', chart.csv) if chart.csv else ""
    return format_html('<div class="chart-tools">{}{}</div>', table, file)


def _empty() -> SafeString:
    return format_html('<p class="soft">{}</p>', gettext("No data in this period."))


def _body(chart: Chart, name: str, plot: Plot | None) -> SafeString:
    if plot is None:
        return mark_safe(HTML_DRAWERS[chart.kind](chart))  # noqa: S308 - drawers escape every text
    ends = chart.kind == "line" and 1 < len(chart.series) <= draw_lines.DIRECT_LABELS
    css = "plot" + (" ends" if ends else " limits" if chart.limits != (None, None) else "")
    walk = ""
    if chart.kind != "scatter":
        xs = ",".join(f"{plot.x(x):.2f}" for x in chart.xs()[:TABLE_ROWS])
        walk = f' tabindex="0" data-xs="{xs}" data-top="8" data-bottom="{chart.height}"'
    told = escape(_summary(chart))
    return mark_safe(  # noqa: S308 - put together from numbers and escaped texts
        f'<div class="{css}"{walk} role="group" aria-labelledby="{name}">'
        f'<svg role="img" aria-labelledby="{name} {name}-desc" '
        f'height="{chart.height + 26}"><desc id="{name}-desc">{told}</desc>{"".join(plot.parts)}</svg></div>'
    )


def _summary(chart: Chart) -> str:
    values = [y for series in chart.series for _x, y in series.points if y is not None]
    text = gettext("%(points)s points, lowest %(low)s, highest %(high)s %(unit)s.") % {
        "points": len(values), "low": chart.text(min(values)),
        "high": chart.text(max(values)), "unit": chart.unit,
    }  # fmt: skip
    if chart.breaches:
        text += " " + gettext("Outside the limits: %(count)s.") % {"count": len(chart.breaches)}
    return text


def _legend(chart: Chart) -> SafeString | str:
    direct = chart.kind == "line" and len(chart.series) <= draw_lines.DIRECT_LABELS
    if len(chart.series) < 2 or direct or chart.kind in ("heat", "hbar"):
        return ""
    dashed = chart.kind in ("line", "gain")
    items = []
    for place, series in enumerate(chart.series[:MAX_SERIES]):
        if dashed:
            dash = f" dash{place}" if place else ""
            key = f'<line class="ln s{place + 1}{dash}" x1="0" x2="18" y1="5" y2="5"/>'
        elif chart.kind in ("scatter", "calibration"):
            key = mark("9", 5, place, f"f{place + 1}", 4)
        else:
            key = f'<rect class="f{place + 1}" x="4" width="10" height="10" rx="2"/>'
        items.append(f'<li><svg aria-hidden="true">{key}</svg>{escape(series.name)}</li>')
    return mark_safe(f'<ul class="legend">{"".join(items)}</ul>')  # noqa: S308


def _table(chart: Chart, name: str) -> SafeString:
    if chart.kind in ("heat",):
        return mark_safe("")
    head = "".join(
        f'<th scope="col"{"" if n == 0 else " class=n"}>{escape(word)}</th>' for n, word in enumerate(chart.head())
    )
    rows = []
    for place, (x, *values) in enumerate(chart.table()):
        if place >= TABLE_ROWS:
            break
        counted = len(values) - 1 if any(series.sizes for series in chart.series) else -1
        cells = "".join(
            f'<td class="n">{escape(words.number(value) if n == counted else chart.text(value))}</td>'
            for n, value in enumerate(values)
        )
        rows.append(f"<tr><td>{escape(chart.x_text(x))}</td>{cells}</tr>")
    return mark_safe(  # noqa: S308 - every text above is escaped
        f'<div class="chart-data" id="{name}-data" tabindex="0" role="region"'
        f' aria-labelledby="{name}" hidden>'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def as_csv(chart: Chart) -> str:
    """The same numbers, unrounded; a text that a spreadsheet would compute is kept as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_plain(word) for word in chart.head()])
    for x, *values in chart.table():
        writer.writerow(
            [
                _plain(x.isoformat() if hasattr(x, "isoformat") else x),
                *("" if v is None else v for v in values),
            ]
        )
    return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
