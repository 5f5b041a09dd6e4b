"""What the mathematics adds to a customer's timeline: moved predictions."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Abs, JSONObject
from django.utils.translation import gettext as _

from crm.kit import timeline
from crm.kit.tables import Scene
from crm.kit.ui.words import percent
from customers.models import Customer
from customers.querysets import of_visible_customers
from customers.timeline import PREDICTIONS, SUBJECT
from insights.models import CustomerScore, ScoreHistory
from insights.words import churn_reasons

SAME = 0.01
"""Values nearer to each other than a point read as the same."""


def prediction_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """Moves of the churn risk, each beside the value before it; a move that reads the same is none."""
    rows = ScoreHistory.objects.filter(of_visible_customers(user, "score"), customer=customer, name="churn")
    before = ScoreHistory.objects.filter(customer=OuterRef("customer"), name="churn", at__lt=OuterRef("at")).order_by(
        "-at", "-id"
    )
    same_run = CustomerScore.objects.filter(customer=OuterRef("customer"), churn_run=OuterRef("run"))
    rows = rows.annotate(before=Subquery(before.values("value")[:1])).annotate(moved=Abs(F("value") - F("before")))
    return rows.filter(Q(before=None) | Q(moved__gte=SAME)).annotate(
        event_at=F("at"),
        event_ref=F("id"),
        event_data=JSONObject(
            value="value", before="before", later=KeyTextTransform("looked_back", "run__settings"),
            reasons=Subquery(same_run.values("churn_reasons")[:1]),
        ),
    )  # fmt: skip


def draw_prediction(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Churn risk rose to 78%, from 52%``."""
    value, before = data["value"], data["before"]
    if before is None:
        title, detail = _("Churn risk is %(value)s") % {"value": percent(value)}, _("first score")
    else:
        text = _("Churn risk rose to %(value)s") if value > before else _("Churn risk fell to %(value)s")
        title, detail = text % {"value": percent(value)}, _("from %(value)s") % {"value": percent(before)}
    told = _("Computed afterwards, from what was known by then.") if data["later"] else _main_reason(data, scene)
    return timeline.Event(title, "user-minus", "insight", detail, told, model=True)


def _main_reason(data: dict[str, Any], scene: Scene) -> str:
    """The fact that moved the score most in its own direction; known of the newest score only."""
    parts = churn_reasons(data["reasons"] or {}, scene.currency)
    fell = data["before"] is not None and data["value"] < data["before"]
    found = (min if fell else max)(parts, key=lambda part: part.points, default=None)
    if found is None or (found.points > 0) == fell:
        return ""
    return _("Main reason: %(reason)s.") % {"reason": found.label}


def tell_predictions(rows: list[dict[str, Any]], scene: Scene) -> str:
    """``Risk 41% → 63%``: from what it was to the newest; rows come newest first."""
    before, value = rows[-1]["before"], rows[0]["value"]
    if before is None:
        return _("Churn risk is %(value)s") % {"value": percent(value)}
    if abs(value - before) < SAME:
        return ""
    return _("Risk %(before)s → %(value)s") % {"before": percent(before), "value": percent(value)}


timeline.provider(
    SUBJECT,
    timeline.Provider("prediction", PREDICTIONS, prediction_rows, draw_prediction, ("score", "view"), tell_predictions),
)
