"""Campaigns: list and simple record page."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.kit.changes import changes_of
from crm.kit.lists import ListView, Preset
from crm.kit.views import RecordPage
from marketing.filters import CampaignFilters
from marketing.models import Campaign, Touch
from marketing.tables import SORTS, STATE_TONES, TABLE, numbers_of

MOST_TOUCHES = 50


class CampaignList(ListView):
    """Campaigns with what became of them."""

    policy = ("campaign", "view")
    key = "marketing.campaign"
    object = "campaign"
    model = Campaign
    table = TABLE
    filterset_class = CampaignFilters
    filter_names = ("state", "channel", "owner", "team", "starts_after", "starts_before")
    own_orderings = SORTS
    default_ordering = "-created_at"
    title = gettext_lazy("Campaigns")
    all_label = gettext_lazy("All campaigns")
    search_label = gettext_lazy("Name")
    presets = (
        Preset("running", gettext_lazy("Running"), "state=running"),
        Preset("ended", gettext_lazy("Ended"), "state=ended"),
    )
    empty_text = gettext_lazy("No campaigns yet. They come in with the import command or the API.")

    def get_queryset(self) -> QuerySet[Campaign]:
        return super().get_queryset().select_related("owner").defer("search")

    def prepare(self, rows: list[Any]) -> list[Any]:
        return numbers_of(rows, self.request.user)


class CampaignPage(RecordPage):
    """One campaign: its steps from sent to bought, and the customers it reached."""

    policy = ("campaign", "view")
    model = Campaign
    record_name = "campaign"
    template_name = "marketing/campaign.html"

    def get_queryset(self) -> QuerySet[Campaign]:
        return super().get_queryset().select_related("owner", "team").defer("search")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        campaign, user = context["campaign"], self.request.user
        numbers_of([campaign], user)
        touches = Touch.objects.visible_to(user).filter(campaign=campaign).select_related("customer")
        steps = [
            (gettext_lazy("Sent"), campaign.sent),
            (pgettext_lazy("campaign", "Opened"), campaign.opened),
            (gettext_lazy("Clicked"), campaign.clicked),
            (gettext_lazy("Bought"), campaign.converted),
        ]
        levels = user.access.restricted_fields("campaign")
        return {
            **context,
            "tone": STATE_TONES[campaign.state],
            "steps": [(label, n, n / campaign.sent if campaign.sent else 0) for label, n in steps],
            "touches": touches.order_by(
                F("converted_at").desc(nulls_last=True), F("clicked_at").desc(nulls_last=True), "-pk"
            )[:MOST_TOUCHES],
            "changes": changes_of(campaign, ["name", "state", "budget", "starts_at", "ends_at", "owner"], levels),
        }
