"""What the mathematics adds to the shell and to a customer's page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import nav, prepared, rollups, slots
from crm.kit.prepared import STAND_IN
from crm.kit.slots import panel
from crm.kit.ui.words import band_word, day, number, percent, short_day, signed
from crm.kit.workspace import workspace
from insights import charts, words
from insights.models import CustomerScore, ModelVersion, ScoreHistory, SegmentMembership

__all__ = ["charts"]

nav.entry(
    "segments",
    gettext_lazy("Segments"),
    "segments",
    icon="chart-scatter",
    group="insights",
    order=10,
    policy=("segment", "view"),
    go="m",
)
nav.entry(
    "churn", gettext_lazy("Churn"), "churn", icon="user-minus", group="insights", order=20, policy=("score", "view")
)
nav.entry(
    "monitoring",
    gettext_lazy("Monitoring"),
    "monitoring",
    icon="activity",
    group="insights",
    order=30,
    policy=("metric", "view"),
    go="i",
)
nav.entry("runs", gettext_lazy("Runs"), "runs", icon="history", group="insights", order=50, policy=("run", "view"))

OLD = timedelta(days=7)
TREND_DAYS = 30
TREND_ROWS = 90


SHOWN_OF_SCORE = (
    *(field.name for field in CustomerScore._meta.concrete_fields if field.name not in ("run", "anomaly_reasons")),
    "churn_run__settings", "churn_run__model__name", "churn_run__model__version", "churn_run__model__metrics",
)  # fmt: skip
"""What panels read: a run's own figures would weigh fifty times as much as the score."""


def _scores(user: Any) -> QuerySet[CustomerScore]:
    return CustomerScore.objects.visible_to(user).select_related("churn_run__model").only(*SHOWN_OF_SCORE)


def score_for(request: HttpRequest, record: Any) -> CustomerScore | None:
    """The customer's score, read once per request."""
    kept: dict[int, CustomerScore | None] = request.__dict__.setdefault("_scores", {})
    if record.pk not in kept:
        known = ("score of the customer page", request.user.access.reach)
        kept[record.pk] = prepared.first(known, lambda: _scores(request.user), record.pk)
    return kept[record.pk]


@rollups.figure("customer", "risk", gettext_lazy("Worst churn risk"), policy=("score", "view"), order=40, insight=True)
def worst_risk_of(user: Any, ids: Sequence[int], now: datetime) -> rollups.Figure | None:
    """The highest churn risk, and whose it is."""
    rows = CustomerScore.objects.visible_to(user).filter(pk__in=ids, churn_probability__isnull=False)
    worst = (
        rows.select_related("customer")
        .only("churn_probability", "customer__name")
        .order_by("-churn_probability")
        .first()
    )
    if worst is None:
        return None
    return rollups.Figure(percent(worst.churn_probability), worst.customer.name)


def _figure(name: str, title: Any, order: int) -> Callable[[slots.Loader], slots.Loader]:
    return panel(
        "customer.detail.figures", title=title, policy=("score", "view"), order=order, framed=False, bare=True,
        template=f"insights/panels/figure_{name}.html", name=name,
    )  # fmt: skip


@_figure("health", gettext_lazy("Health"), 10)
def health_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The health of today and how it went of late."""
    score = score_for(request, record)
    return {"score": score, "trend": _health_trend(record, score)}


@_figure("churn", gettext_lazy("Churn risk"), 12)
def churn_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The risk within the model's horizon, with its band."""
    score = score_for(request, record)
    band = score.churn_band if score else ""
    return {
        "score": score,
        "horizon": (score.churn_run.settings or {}).get("horizon_days") if score and score.churn_run else None,
        "band": band_word(band) if band else "",
        "tone": {"high": "bad", "medium": "warn", "low": "ok"}.get(band, ""),
        "probability": score.churn_probability if score else None,
    }


@_figure("value", gettext_lazy("Value, next 12 months"), 14)
def value_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What the customer will bring, with its spread."""
    score = score_for(request, record)
    low, high = (score.clv_low, score.clv_high) if score else (None, None)
    return {
        "score": score,
        "spread": None if low is None or high is None else (high - low) / 2,
        "currency": workspace().home_currency,
    }


@_figure("spend", gettext_lazy("Lifetime spend"), 16)
def spend_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What the customer brought so far."""
    return {"score": score_for(request, record), "currency": workspace().home_currency}


def _health_trend(record: Any, score: CustomerScore | None) -> dict[str, Any]:
    """The health of late and its change over thirty days, or since it is known."""
    if score is None or score.health is None:
        return {}
    rows = ScoreHistory.objects.filter(customer=record, name="health", at__lte=score.as_of).order_by("-at", "-id")
    known = [(at, value) for at, value in rows.values_list("at", "value")[:TREND_ROWS] if value is not None]
    start = score.as_of - timedelta(days=TREND_DAYS)
    before = next(((at, value) for at, value in known if at <= start), known[-1] if len(known) > 1 else None)
    if before is None:
        return {}
    at, value = before
    shown = [one for when, one in reversed(known) if when >= min(at, score.as_of - timedelta(days=3 * TREND_DAYS))]
    change = score.health - round(value)
    return {
        "values": shown,
        "change": change,
        "period": _("in %(n)s d") % {"n": TREND_DAYS} if at <= start else _("since %(day)s") % {"day": short_day(at)},
        "spoken": _spoken(change, "" if at <= start else day(at)),
        "label": _("Health of late: %(values)s") % {"values": ", ".join(number(one) for one in shown)},
    }


def _spoken(change: int, since: str) -> str:
    """The change as a screen reader says it: direction, size, period, better or worse."""
    period = _("since %(day)s") % {"day": since} if since else _("in %(n)s days") % {"n": TREND_DAYS}
    if change == 0:
        return _("No change %(period)s") % {"period": period}
    text = _("Up by %(points)s %(period)s: better") if change > 0 else _("Down by %(points)s %(period)s: worse")
    return text % {"points": abs(change), "period": period}


@panel(
    "customer.detail.chips", title=gettext_lazy("Buying pattern"), policy=("score", "view"), order=10, framed=False,
    bare=True, template="insights/panels/chip.html", name="pattern-chip",
)  # fmt: skip
def pattern_chip(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """The named group beside the customer's name."""
    score = score_for(request, record)
    if score is None or not score.rfm_segment:
        return None
    return {"label": words.said(words.RFM_NAMES, score.rfm_segment)}


@panel(
    "customer.detail.profile", title=gettext_lazy("Buying pattern"), policy=("score", "view"), order=10, framed=False,
    bare=True, template="insights/panels/pattern.html", name="pattern",
)  # fmt: skip
def pattern(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """Recency, frequency and monetary value as bars."""
    score = score_for(request, record)
    if score is None or score.rfm_r is None:
        return None
    return {"score": score, "currency": workspace().home_currency}


def _memberships() -> QuerySet[SegmentMembership]:
    rows = SegmentMembership.objects.filter(customer=STAND_IN, left_at=None)
    return rows.select_related("segment").order_by("segment__key")


@panel(
    "customer.detail.profile", title=gettext_lazy("Segments"), policy=("segment", "view"), order=20, framed=False,
    bare=True, template="insights/panels/segments.html", name="segments",
)  # fmt: skip
def segments(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The segments the customer is in."""
    rows = prepared.every("segments of a customer", _memberships, record.pk)
    return {
        "segments": [
            {
                "label": words.segment_name(row.segment),
                "told": words.cluster_label(row.segment) if row.segment.traits else "",
                "key": row.segment.key,
            }
            for row in rows
        ]
    }


@panel(
    "customer.detail.rail", title=gettext_lazy("Why this risk"), policy=("score", "view"), order=10, framed=False,
    template="insights/panels/why.html", name="why", live="insights",
)  # fmt: skip
def why(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Base rate and signed facts that add up to the churn risk."""
    score = score_for(request, record)
    if score is None or score.churn_probability is None:
        return {"score": score, "refused": words.refused_words(score.churn_refused) if score else ""}
    reasons = score.churn_reasons or {}
    currency = workspace().home_currency
    model = score.churn_run.model if score.churn_run else None
    all_parts = words.churn_reasons(reasons, currency)
    return {
        "score": score,
        "title": _("Why the risk is %(value)s%%") % {"value": round(score.churn_probability * 100)},
        "base": reasons.get("base", 0) / 100,
        "parts": all_parts,
        "limit": len(reasons.get("parts", [])) or 5,
        "everything": [(part.label, signed(part.points * 100, 1)) for part in all_parts] if reasons.get("more") else [],
        "model": model,
        "auc": (model.metrics or {}).get("auc") if model else None,
        "stale": (timezone.now() - score.scored_at) > OLD,
        "horizon": (score.churn_run.settings or {}).get("horizon_days") if score.churn_run else None,
    }


@panel(
    "customer.detail.rail", title=gettext_lazy("How the health is made"), policy=("score", "view"), order=40,
    template="insights/panels/health.html", name="health", insight=True,
)  # fmt: skip
def health(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """The parts of the health score."""
    score = score_for(request, record)
    if score is None or not score.health_parts:
        return None
    parts = [(words.said(words.HEALTH_PARTS, name), value) for name, value in score.health_parts.items()]
    return {"score": score, "parts": parts}


def champion() -> ModelVersion | None:
    """The churn model in use."""
    return ModelVersion.objects.filter(name="churn", standing=ModelVersion.Standing.CHAMPION).first()
