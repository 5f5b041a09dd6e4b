"""Filters of the ticket list; page, API and saved views share them."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.filters import OwnerFilter
from crm.kit.filters import ChoicesFilter, IdFilter, KitFilterSet, TextFilter, TimeFilter
from crm.kit.where import Facet
from customers.filters import CustomerFilters
from service.models import Queue, Ticket


class TicketFilters(KitFilterSet):
    """The ticket list."""

    object = "ticket"
    key = "service.ticket"
    asks = ("number", "subject", "text", "channel", "rating")
    named = (Facet("queue", _("Queue"), "pick", "queue", offered=Queue.objects.all),)
    related = {"customer": CustomerFilters}

    customer = IdFilter(label=_("Customer"))
    queue = IdFilter(label=_("Queue"))
    status = ChoicesFilter(label=_("Status"), choices=Ticket.Status.choices)
    priority = ChoicesFilter(label=_("Priority"), choices=Ticket.Priority.choices)
    channel = TextFilter(label=_("Channel"))
    owner = OwnerFilter(label=_("Agent"))
    number = TextFilter(label=_("Number"))
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    opened_after = TimeFilter(label=_("Opened from"), field_name="opened_at", lookup_expr="gte")
    opened_before = TimeFilter(label=_("Opened before"), field_name="opened_at", lookup_expr="lt")
    resolved_after = TimeFilter(label=_("Resolved from"), field_name="resolved_at", lookup_expr="gte")
