"""What the mathematics puts on the homes: business figures, customers at risk, how segments moved."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit import prepared
from crm.kit.slots import panel
from crm.kit.workspace import workspace
from insights import words
from insights.models import CustomerScore, Metric, MetricPoint, ModelVersion, Run, Segment

FEW = 8
PERIOD = 28  # days
LABELS = {"revenue_per_day": _("Revenue"), "orders_per_day": _("Orders"), "tickets_per_day": _("New tickets")}
SHOWN = tuple(LABELS)


@panel(
    "home.manager.figures",
    title=_("Business"),
    order=10,
    policy=("metric", "view"),
    bare=True,
    template="home/metrics.html",
    name="metrics",
)
@panel(
    "home.admin.figures",
    title=_("Business"),
    order=10,
    policy=("metric", "view"),
    bare=True,
    template="home/metrics.html",
    name="metrics",
)
def metrics(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """Sums of the last four weeks against the four before, with their course; two queries."""
    currency = workspace().home_currency
    known = {row.pk: row for row in Metric.objects.filter(name__in=SHOWN)}
    since = timezone.now() - timedelta(days=2 * PERIOD)
    points: dict[int, list[tuple[Any, float]]] = defaultdict(list)
    rows = MetricPoint.objects.filter(metric__in=known, at__gte=since, labels={}).order_by("at")
    for key, at, value in rows.values_list("metric", "at", "value"):
        points[key].append((at, value))
    cut = timezone.now() - timedelta(days=PERIOD)
    figures = []
    for metric in sorted(known.values(), key=lambda one: SHOWN.index(one.name)):
        late = [value for at, value in points[metric.pk] if at >= cut]
        before = sum(value for at, value in points[metric.pk] if at < cut)
        if late:
            change = (sum(late) - before) / before * 100 if before else None
            figures.append({
                "label": LABELS[metric.name], "total": sum(late), "change": change, "good": metric.good,
                "money": metric.unit == currency, "values": late, "href": f"/insights/monitoring/?metric={metric.name}",
            })  # fmt: skip
    return {"figures": figures, "currency": currency, "days": PERIOD} if figures else None


@panel(
    "home.rep.figures",
    title=_("At risk"),
    order=5,
    policy=("score", "view"),
    bare=True,
    template="home/risk_figures.html",
    name="risk",
)
@panel(
    "home.manager.figures",
    title=_("At risk"),
    order=30,
    policy=("score", "view"),
    bare=True,
    template="home/risk_figures.html",
    name="risk",
)
@panel(
    "home.admin.figures",
    title=_("At risk"),
    order=30,
    policy=("score", "view"),
    bare=True,
    template="home/risk_figures.html",
    name="risk",
)
def risk_figures(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Customers at high risk and the value that may leave with them."""
    user = request.user
    numbers = prepared.numbers(
        ("customers at high risk", user.access.reach),
        lambda: CustomerScore.objects.visible_to(user).filter(churn_band="high"), n=Count("pk"), value=Sum("clv_12m"),
    )  # fmt: skip
    return {**numbers, "currency": workspace().home_currency}


@panel(
    "home.rep.main",
    title=_("At risk, most valuable first"),
    order=10,
    policy=("score", "view"),
    insight=True,
    template="home/risk.html",
    name="risk",
)
@panel(
    "home.manager.main",
    title=_("At risk, most valuable first"),
    order=20,
    policy=("score", "view"),
    insight=True,
    template="home/risk.html",
    name="risk",
)
@panel(
    "home.admin.main",
    title=_("At risk, most valuable first"),
    order=20,
    policy=("score", "view"),
    insight=True,
    template="home/risk.html",
    name="risk",
)
def risk(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Customers at high risk by what they are worth, with the main reason."""
    user, currency = request.user, workspace().home_currency
    found = _first(user, "clv_12m") or _first(user, "churn_probability")
    lines: list[dict[str, Any]] = []
    for row in found:
        parts = [part for part in words.churn_reasons(row.churn_reasons or {}, currency) if part.points > 0]
        main = max(parts, key=lambda part: part.points).label if parts else ""
        lines.append({"score": row, "reason": main})
    newest = lines[0]["score"].as_of if lines else None
    return {"lines": lines, "currency": currency, "as_of": newest}


def _first(user: Any, column: str) -> list[CustomerScore]:
    """The rows that stand first by a score."""
    return prepared.every((f"at risk by {column}", user.access.reach), lambda: _at_risk(user, column))


def _at_risk(user: Any, column: str) -> QuerySet[CustomerScore]:
    """In the order of the score's index, which is then read no further than needed."""
    rows = CustomerScore.objects.visible_to(user).filter(churn_band__in=["high", "medium"]).exclude(**{column: None})
    rows = rows.select_related("customer").defer("customer__search", "customer__note", "anomaly_reasons")
    return rows.order_by(F(column).desc(nulls_last=True), F("customer").desc())[:FEW]


def _largest() -> QuerySet[Segment]:
    return Segment.objects.filter(active=True, kind=Segment.Kind.RULE).order_by("-size")[:FEW]


@panel(
    "home.manager.side",
    title=_("How segments moved"),
    order=30,
    policy=("segment", "view"),
    insight=True,
    template="home/segments.html",
    name="segments",
)
@panel(
    "home.admin.side",
    title=_("How segments moved"),
    order=30,
    policy=("segment", "view"),
    insight=True,
    template="home/segments.html",
    name="segments",
)
def segments(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Sizes of the named groups and their change since the run before."""
    rows = prepared.every("largest segments", _largest)
    most = max((row.size for row in rows), default=0)
    lines = [
        {"label": words.segment_name(row), "size": row.size, "key": row.key, "most": most,
         "change": row.size - row.previous_size if row.previous_size is not None else None}
        for row in rows
    ]  # fmt: skip
    return {"lines": lines, "moved": any(one["change"] is not None for one in lines)}


@panel(
    "home.integrator.side",
    title=_("Models"),
    order=30,
    policy=("model", "view"),
    insight=True,
    template="home/models.html",
    name="models",
)
@panel(
    "home.admin.side",
    title=_("Models"),
    order=50,
    policy=("model", "view"),
    insight=True,
    template="home/models.html",
    name="models",
)
def models(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The models in use and the last run of each kind of analysis."""
    newest = Run.objects.order_by("kind", "-started_at", "-id").distinct("kind")
    used = ModelVersion.objects.filter(standing=ModelVersion.Standing.CHAMPION).order_by("name")
    return {
        "models": [
            (one, words.said(words.MODELS, one.name), words.said(words.ALGORITHMS, one.algorithm)) for one in used
        ],
        "runs": [
            (run, words.said(words.RUN_KINDS, run.kind))
            for run in sorted(newest, key=lambda run: run.started_at, reverse=True)[:FEW]
        ],
    }
