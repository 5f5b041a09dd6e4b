"""Alerts in the customer's timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import words
from alerts.models import Alert
from crm.kit import timeline
from crm.kit.tables import Scene
from customers.timeline import PREDICTIONS, SUBJECT

CARRIED = ("id", "kind", "severity", "state", "reason", "observed")
TONES = {"critical": "bad", "warning": "warn", "info": "info"}


def alert_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Alerts about a customer, newest first by the customer's index."""
    return Alert.objects.visible_to(user).filter(customer=customer).annotate(
        event_at=F("last_at"),
        event_ref=F("id"),
        event_data=JSONObject(**{name: name for name in CARRIED}),
    )  # fmt: skip


def draw_alert(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Unusual behaviour · resolved``, linked to the alert."""
    alert = Alert(kind=data["kind"], reason=data["reason"], observed=data["observed"])
    return timeline.Event(
        _("Alert: %(what)s") % {"what": words.headline(alert)},
        icon="bell",
        tone=TONES.get(data["severity"], "info"),
        detail=str(Alert.State(data["state"]).label),
        text=words.sentence(alert),
        href=f"/alerts/{data['id']}/",
        model=True,
    )


def tell_alerts(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Alerts that rose or went on."""
    return ngettext("%(n)s alert", "%(n)s alerts", len(rows)) % {"n": len(rows)}


timeline.provider(
    SUBJECT, timeline.Provider("alert", PREDICTIONS, alert_rows, draw_alert, policy=("alert", "view"), tell=tell_alerts)
)
