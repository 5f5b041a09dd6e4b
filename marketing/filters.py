"""Filters of the lists of campaigns and their touches; pages, API and saved views share them."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.filters import OwnerFilter, TeamFilter
from crm.kit.filters import ChoicesFilter, IdFilter, KitFilterSet, TextFilter, TimeFilter
from customers.filters import CustomerFilters
from marketing.models import Campaign


class CampaignFilters(KitFilterSet):
    """The campaign list."""

    object = "campaign"
    key = "marketing.campaign"
    asks = ("name", "channel")

    state = ChoicesFilter(label=_("State"), choices=Campaign.State.choices)
    channel = TextFilter(label=_("Channel"))
    owner = OwnerFilter()
    team = TeamFilter()
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    starts_after = TimeFilter(label=_("Starts from"), field_name="starts_at", lookup_expr="gte")
    starts_before = TimeFilter(label=_("Starts before"), field_name="starts_at", lookup_expr="lt")


class TouchFilters(KitFilterSet):
    """The customers that a campaign reached."""

    object = "campaign"
    key = "marketing.touch"
    related = {"customer": CustomerFilters}

    search = None  # type: ignore[assignment]
    customer = IdFilter(label=_("Customer"))
    status = TextFilter(label=_("Status"))
    sent_after = TimeFilter(label=_("Sent from"), field_name="sent_at", lookup_expr="gte")
