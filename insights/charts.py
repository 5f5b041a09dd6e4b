"""Charts of the mathematics; they read what runs have written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet
from django.db.models.functions import Cast, Floor, Least, Mod
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kit.charts import Chart, Series, chart
from crm.kit.ui.words import number, percent
from crm.kit.workspace import workspace
from insights import words
from insights.models import CustomerScore, Metric, MetricPoint, ModelVersion, Run

SHOWN_DAYS = 120
SCATTER_POINTS = 600


def latest_run(kind: str) -> Run | None:
    """The newest finished run of a kind."""
    return Run.objects.filter(kind=kind, state=Run.State.DONE).order_by("-started_at", "-id").first()


def champion_metrics() -> tuple[ModelVersion | None, dict[str, Any]]:
    """The churn model in use with its figures."""
    model = ModelVersion.objects.filter(name="churn", standing=ModelVersion.Standing.CHAMPION).first()
    return model, (model.metrics if model else {}) or {}


@chart("insights.calibration", policy=("score", "view"))
def calibration(user: Any, params: Mapping[str, str]) -> Chart:
    """Predicted against observed share of leavers on data the model never saw."""
    model, metrics = champion_metrics()
    points = metrics.get("calibration", [])
    error = metrics.get("ece")
    title = (
        _("Predictions are off by %(error)s on average") % {"error": percent(error, 1)}
        if error is not None
        else _("Calibration")
    )
    return Chart(
        "calibration",
        title=title,
        unit=_("share who left"),
        series=[Series(_("Observed"), [(p["predicted"], p["observed"]) for p in points], [p["count"] for p in points])],
        x_label=_("Predicted"),
        y_label=_("Observed"),
        share=True,
        source=model.trained_as_of if model else None,
        csv="/charts/insights.calibration/?format=csv",
    )


@chart("insights.gain", policy=("score", "view"))
def gain(user: Any, params: Mapping[str, str]) -> Chart:
    """Share of the leavers reached by contacting the riskiest customers."""
    model, metrics = champion_metrics()
    curve = metrics.get("gain", [])
    raw = params.get("cut", "20")
    cut = min(int(raw), 100) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 20
    reached = _at(curve, cut)
    return Chart(
        "gain",
        title=_("Contacting the riskiest %(cut)s reaches %(reached)s of leavers")
        % {"cut": percent(cut / 100), "reached": percent(reached, 1)},
        unit=_("share of leavers"),
        series=[Series(_("Model"), [(step / 20, value) for step, value in enumerate(curve)])],
        x_label=_("Share contacted"),
        y_label=_("Share of leavers reached"),
        share=True,
        cutoff=cut / 100,
        source=model.trained_as_of if model else None,
        csv="/charts/insights.gain/?format=csv",
    )


def _at(curve: list[float], cut: int) -> float:
    if not curve:
        return 0.0
    place, rest = divmod(cut, 5)
    low = curve[min(place, len(curve) - 1)]
    high = curve[min(place + 1, len(curve) - 1)]
    return float(low + (high - low) * rest / 5)


@chart("insights.drivers", policy=("score", "view"))
def drivers(user: Any, params: Mapping[str, str]) -> Chart:
    """What the model in use looks at most."""
    model, metrics = champion_metrics()
    rows = [(words.said(words.DRIVERS, row["code"]), row["share"]) for row in metrics.get("drivers", [])]
    title = _("“%(name)s” weighs most") % {"name": rows[0][0]} if rows else _("What the model looks at")
    return Chart(
        "hbar",
        title=title,
        unit=_("share of weight"),
        series=[Series(_("Weight"), rows)],
        share=True,
        source=model.trained_as_of if model else None,
        csv="/charts/insights.drivers/?format=csv",
    )


@chart("insights.scatter", policy=("segment", "view"))
def scatter(user: Any, params: Mapping[str, str]) -> Chart:
    """Customers within reach by recency and spend, coloured by cluster; an even sample."""
    rows: QuerySet[CustomerScore, Any] = (
        CustomerScore.objects.visible_to(user)
        .filter(cluster__isnull=False, recency_days__isnull=False, monetary__gt=0)
        .order_by("customer_id")
        .values_list("cluster", "recency_days", "monetary")
    )
    total = rows.count()
    step = max(1, -(-total // SCATTER_POINTS))
    if step > 1:
        rows = rows.annotate(place=Mod(F("customer_id"), step)).filter(place=0)
    drawn = [(row[0], float(row[1]), float(row[2])) for row in rows[: 2 * SCATTER_POINTS]]
    top = sorted(monetary for _cluster, _recency, monetary in drawn)[int(0.97 * len(drawn))] if drawn else 0.0
    groups: dict[int, list[tuple[float, float | None]]] = {}
    for cluster, recency, monetary in drawn:
        if monetary <= top:
            groups.setdefault(cluster, []).append((recency, monetary))
    run = latest_run("segments")
    shown = sum(len(points) for points in groups.values())
    return Chart(
        "scatter",
        title=_("Clusters by days since the last order and spend"),
        unit=workspace().home_currency,
        series=[
            Series(_("Cluster %(number)s") % {"number": number}, points) for number, points in sorted(groups.items())
        ],
        x_label=_("Days since the last order"),
        y_label=_("Spend so far"),
        source=run.as_of if run else None,
        note=_("%(shown)s of %(total)s customers: an even sample, without the 3%% of highest spend.")
        % {"shown": number(shown), "total": number(total)},
        csv="/charts/insights.scatter/?format=csv",
        height=320,
    )


@chart("insights.metric", policy=("metric", "view"))
def metric(user: Any, params: Mapping[str, str]) -> Chart:
    """One business metric with its expected band and the days that left it."""
    found = Metric.objects.visible_to(user).filter(name=params.get("name", "")[:80]).first()
    if found is None:
        return Chart("control", title=_("No such metric"), unit="", series=[Series("", [])])
    return metric_chart(found)


def metric_chart(found: Metric, *, days: int = SHOWN_DAYS, height: int = 200) -> Chart:
    """The last days of a metric."""
    rows = list(MetricPoint.objects.filter(metric=found, labels={}).order_by("-at").values_list("at", "value")[:days])[
        ::-1
    ]
    run = latest_run("metrics")
    bands = dict_of_bands(run, found.name)
    points: list[tuple[date, float | None]] = [(timezone.localtime(at).date(), value) for at, value in rows]
    band = [bands.get(day.isoformat(), (None, None)) for day, _value in points]
    breaches = [
        place
        for place, ((_day, value), (low, high)) in enumerate(zip(points, band, strict=True))
        if value is not None and ((low is not None and value < low) or (high is not None and value > high))
    ]
    name = words.metric_title(found)
    title = (
        ngettext(
            "%(metric)s: %(count)s day outside the expected band",
            "%(metric)s: %(count)s days outside the expected band",
            len(breaches),
        )
        % {"metric": name, "count": len(breaches)}
        if breaches
        else _("%(metric)s: within the expected band") % {"metric": name}
    )
    return Chart(
        "control",
        title=title,
        unit=words.unit_word(found.unit),
        currency=found.unit if found.unit and found.unit == workspace().home_currency else "",
        series=[Series(name, points)],
        band=band if any(low is not None for low, _high in band) else None,
        breaches=breaches,
        source=run.as_of if run else None,
        csv=f"/charts/insights.metric/?name={found.name}&format=csv",
        height=height,
    )


def dict_of_bands(run: Run | None, name: str) -> dict[str, tuple[float | None, float | None]]:
    """Day to expected band, as the detection run saw it."""
    rows = (run.metrics.get("bands") or {}).get(name, []) if run else []
    return {day: (low, high) for day, low, high in rows}


@chart("insights.risk", policy=("score", "view"))
def risk(user: Any, params: Mapping[str, str]) -> Chart:
    """How the churn risks of the customers within reach are spread."""
    rows = (
        CustomerScore.objects.visible_to(user)
        .filter(churn_probability__isnull=False)
        .annotate(place=Least(Cast(Floor(F("churn_probability") * 20), IntegerField()), 19))
        .values_list("place")
        .annotate(count=Count("pk"))
    )
    found = dict(rows.order_by())
    counts = [found.get(place, 0) for place in range(20)]
    high = sum(counts[12:])
    return Chart(
        "histogram",
        title=_("%(count)s customers are at high risk") % {"count": number(high)},
        unit=words.unit_word("customers"),
        series=[
            Series(_("Customers"), [(f"{5 * place}–{5 * place + 5} %", count) for place, count in enumerate(counts)])
        ],
        x_label=_("Churn risk"),
        csv="/charts/insights.risk/?format=csv",
    )
