"""Columns of the campaign list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from marketing.models import Campaign, Touch

STATE_TONES = {"draft": "", "scheduled": "info", "running": "accent", "ended": ""}
SORTS = {"created_at": "created_at"}


def share_cell(name: str) -> Any:
    """A part of those sent to, as per cent."""

    def cell(row: Any, scene: Scene) -> SafeString:
        return cells.percent(getattr(row, name) / row.sent) if getattr(row, "sent", 0) else cells.EMPTY

    return cell


TABLE = Table(
    (
        Column("name", _("Campaign"), lambda row, scene: cells.link(row.name, f"/marketing/campaigns/{row.pk}/"), lambda row: row.name, first=True, order=0),
        Column("state", _("State"), lambda row, scene: cells.chip(row.get_state_display(), STATE_TONES[row.state], dot=row.state == "running"), lambda row: row.state, order=10),
        Column("channel", _("Channel"), lambda row, scene: cells.text(row.channel), lambda row: row.channel, order=20),
        Column("starts_at", _("Starts"), lambda row, scene: cells.day(row.starts_at), lambda row: row.starts_at, order=30),
        Column("sent", _("Sent"), lambda row, scene: cells.number(row.sent), lambda row: row.sent, css="n", order=40),
        Column("opened", pgettext_lazy("campaign", "Opened"), share_cell("opened"), lambda row: row.opened, css="n", order=50),
        Column("clicked", _("Clicked"), share_cell("clicked"), lambda row: row.clicked, css="n", order=60),
        Column("converted", _("Bought"), share_cell("converted"), lambda row: row.converted, css="n", order=70),
        Column("owner", _("Owner"), lambda row, scene: cells.text(row.owner.display_name if row.owner else ""), lambda row: row.owner.display_name if row.owner else "", order=80),
        Column("created_at", _("Created"), lambda row, scene: cells.day(row.created_at), lambda row: row.created_at, sort="created_at", shown=False, order=90),
    ),
    row_label=lambda row: row.name,
)  # fmt: skip


def numbers_of(campaigns: list[Campaign], user: Any) -> list[Campaign]:
    """Attach what became of the touches the reader may see; one query for the whole page."""
    rows = Touch.objects.visible_to(user).filter(campaign__in=campaigns).values("campaign").annotate(
        sent=Count("sent_at"), opened=Count("opened_at"), clicked=Count("clicked_at"), converted=Count("converted_at")
    )  # fmt: skip
    known = {row["campaign"]: row for row in rows.order_by()}
    for one in campaigns:
        found: Mapping[str, object] = known.get(one.pk, {})
        for name in ("sent", "opened", "clicked", "converted"):
            setattr(one, name, found.get(name, 0))
    return campaigns
