"""Consents in the customer's timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.kit import timeline
from crm.kit.tables import Scene
from customers.models import Channel, Consent, Customer
from customers.timeline import CHANGES, SUBJECT, user_name

TONES = {"given": "ok", "withdrawn": "bad", "unknown": ""}


def consent_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """What the customer agreed to or took back."""
    rows = Consent.objects.filter(customer=customer)
    return rows.annotate(
        event_at=F("at"), event_ref=F("id"),
        event_data=JSONObject(
            names="purpose__names", key="purpose__key", channel="channel", state="state", how="how", place="place",
            note="note", who=user_name("by__"), by="by_id",
        ),
    )  # fmt: skip


def _purpose(data: dict[str, Any]) -> str:
    names = data["names"] or {}
    return str(names.get(get_language() or "") or names.get("en") or data["key"])


def draw_consent(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Consent given: Marketing · E-mail``."""
    titles = {
        "given": _("Consent given: %(purpose)s"),
        "withdrawn": _("Consent withdrawn: %(purpose)s"),
        "unknown": _("Consent unknown: %(purpose)s"),
    }
    title = titles.get(data["state"], titles["unknown"]) % {"purpose": _purpose(data)}
    how = dict(Consent.How.choices).get(data["how"], data["how"])
    channel = dict(Channel.choices).get(data["channel"], data["channel"])
    parts = (str(channel), str(how), data["place"], data["who"])
    return timeline.Event(
        title, "circle-check", TONES.get(data["state"], ""), " · ".join(part for part in parts if part), data["note"]
    )


def tell_consents(rows: list[dict[str, Any]], scene: Scene) -> str:
    """What others wrote down."""
    n = sum(row["by"] != scene.user.pk for row in rows)
    return ngettext("%(n)s consent", "%(n)s consents", n) % {"n": n} if n else ""


timeline.provider(
    SUBJECT, timeline.Provider("consent", CHANGES, consent_rows, draw_consent, ("customer", "view"), tell_consents)
)
