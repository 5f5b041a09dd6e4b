"""Campaign touches on the customer's timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext as _

from crm.kit import timeline
from crm.kit.tables import Scene
from customers.models import Interaction
from customers.timeline import CAMPAIGNS, SUBJECT, tell_campaigns
from marketing.models import Touch


def touch_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Each touch at the last thing that happened to it, unless an interaction tells that already."""
    told = Interaction.objects.visible_to(user).filter(
        customer=OuterRef("customer"), kind=Interaction.Kind.CAMPAIGN, occurred_at=OuterRef("event_at")
    )
    last = Coalesce("converted_at", "clicked_at", "opened_at", "sent_at")
    rows = Touch.objects.visible_to(user).filter(customer=customer, sent_at__isnull=False).annotate(
        event_at=last,
        event_ref=F("id"),
        event_data=JSONObject(
            id="campaign_id", name="campaign__name", channel="campaign__channel", opened="opened_at",
            clicked="clicked_at", bought="converted_at", gone="unsubscribed_at",
        ),
    )  # fmt: skip
    return rows.exclude(Exists(told))


def draw_touch(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Campaign opened · Winter restock``."""
    if data["bought"]:
        title, tone = _("Bought after a campaign"), "ok"
    elif data["clicked"]:
        title, tone = _("Campaign clicked"), "info"
    elif data["opened"]:
        title, tone = _("Campaign opened"), "info"
    else:
        title, tone = _("Campaign sent"), ""
    text = _("Unsubscribed from this channel.") if data["gone"] else ""
    return timeline.Event(title, "megaphone", tone, data["name"], text, f"/marketing/campaigns/{data['id']}/")


timeline.provider(
    SUBJECT, timeline.Provider("touch", CAMPAIGNS, touch_rows, draw_touch, ("campaign", "view"), tell_campaigns)
)
