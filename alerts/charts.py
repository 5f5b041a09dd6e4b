"""The evidence of an alert: the series that broke its band, with the breach marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from alerts import words
from alerts.models import Alert
from crm.kit.charts import Chart, Series, chart
from insights.models import MetricPoint

BEFORE, AFTER = 90, 30  # points around the last sighting


@chart("alerts.evidence", policy=("alert", "view"))
def evidence(user: Any, params: Mapping[str, str]) -> Chart:
    """The series around the alert named by ``alert``; empty where there is none within reach."""
    raw = params.get("alert", "")
    pk = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
    alert = Alert.objects.visible_to(user).select_related("metric", "rule").filter(pk=pk).first()
    if alert is None or alert.metric is None:
        return Chart("control", title=_("Evidence"), unit="", series=[Series("", [])])
    return of_alert(alert)


def of_alert(alert: Alert) -> Chart:
    """The chart of an alert about a metric."""
    series = MetricPoint.objects.filter(metric=alert.metric_id, labels=alert.labels)
    before = series.filter(at__lte=alert.last_at).order_by("-at").values_list("at", "value")[:BEFORE]
    after = series.filter(at__gt=alert.last_at).order_by("at").values_list("at", "value")[:AFTER]
    points = [*reversed(before), *after]
    low, high = alert.expected_low, alert.expected_high
    daily = alert.metric is not None and alert.metric.grain == "day"
    return Chart(
        "control",
        title=words.sentence(alert),
        unit=alert.metric.unit if alert.metric else "",
        series=[
            Series(
                words.metric_title(alert.metric),
                [(at.date() if daily else at, value) for at, value in points],
            )
        ],
        limits=(low, high),
        breaches=[
            place
            for place, (_at, value) in enumerate(points)
            if (high is not None and value > high) or (low is not None and value < low)
        ],
        source=points[-1][0] if points else None,
        csv=f"/charts/alerts.evidence/?alert={alert.pk}&format=csv",
    )
