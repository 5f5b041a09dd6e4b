"""``{% load charts %}``: draw a Chart, a sparkline."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from crm.kit.charts import Chart
from crm.kit.ui.charts import draw
from crm.kit.ui.draw_lines import sparkline

register = template.Library()


@register.simple_tag(name="chart")
def chart_tag(chart: Chart, small: bool = False, table: bool = True, heading: str = "h3") -> SafeString:
    """The figure with its title, numbers as a table and CSV link; ``small`` for small multiples."""
    return draw(chart, small=small, with_table=table, heading=heading)


@register.simple_tag
def spark(values: Sequence[float | None], tone: str = "plain", label: str = "", wide: bool = False) -> SafeString:
    """A sparkline; tones: plain, ok, warn, bad, insight."""
    return sparkline(values, tone, label, wide)
