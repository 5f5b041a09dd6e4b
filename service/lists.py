"""What service adds to the customer list: open tickets and since when the oldest waits for a first answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kit.extensions import Extension, provide
from crm.kit.filters import ChoicesFilter
from crm.kit.tables import Column, Scene
from crm.kit.ui import cells, words
from crm.kit.where import Facet
from service.models import Ticket

OPEN, UNANSWERED, LONG, NONE = "open", "unanswered", "unanswered_day", "none"
LONG_WAIT = timedelta(days=1)
STATES = [
    (OPEN, _("Open")), (UNANSWERED, _("Waiting for a first answer")),
    (LONG, _("Waiting for a first answer for a day")), (NONE, _("None")),
]  # fmt: skip


def of_customer(user: Any) -> QuerySet[Ticket]:
    """The open tickets of the customer in an outer query, within the reader's reach."""
    return Ticket.objects.visible_to(user).open().filter(customer=OuterRef("pk")).order_by()


def _figures(user: Any) -> dict[str, Subquery]:
    oldest = Min("opened_at", filter=Q(first_response_at=None))
    made = {"tickets_open": Count("pk"), "tickets_unanswered": oldest}
    mine = of_customer(user).values("customer")
    return {name: Subquery(mine.annotate(made=one).values("made")) for name, one in made.items()}


def waiting(count: int, since: datetime | None, now: datetime) -> SafeString:
    """Open tickets; how long the oldest waits for its first answer, in colour from a day on."""
    told = ngettext("%(n)s open ticket", "%(n)s open tickets", count) % {"n": count}
    if since is None:
        return cells.chip(told, icon_name="inbox")
    wait = words.duration((now - since).total_seconds())
    return cells.chip(f"{count} · {wait}", "warn" if now - since >= LONG_WAIT else "", icon_name="timer")


def _cell(row: Any, scene: Scene) -> SafeString:
    count = getattr(row, "tickets_open", None)
    return waiting(count, row.tickets_unanswered, scene.now) if count else cells.EMPTY


class TicketsFilter(ChoicesFilter):
    """Customers by their open tickets."""

    on_demand = True

    def __init__(self, asked: Callable[[list[str]], Q]) -> None:
        self.asked = asked  # a function: filters are copied for every list, and a reader is not to be
        super().__init__(label=_("Open tickets"), field_name="pk", choices=STATES)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Nothing chosen filters nothing."""
        return qs.filter(self.asked(value)) if value else qs


def condition(user: Any, values: list[str], now: datetime) -> Q:
    """The condition of some choices together."""
    mine = of_customer(user)
    unanswered = mine.filter(first_response_at=None)
    made = {
        OPEN: Q(Exists(mine)),
        UNANSWERED: Q(Exists(unanswered)),
        LONG: Q(Exists(unanswered.filter(opened_at__lt=now - LONG_WAIT))),
        NONE: ~Q(Exists(mine)),
    }
    found = Q(pk__in=[])
    for one in values:
        found |= made.get(one, found)
    return found


def extension_of(key: str, user: Any) -> Extension | None:
    """The addition for one reader; none for whoever sees no tickets."""
    if key != "customers.customer" or not getattr(user, "access", None) or not user.access.can("ticket"):
        return None
    column = Column(
        "open_tickets", _("Open tickets"), _cell, lambda row: row.tickets_open or 0, shown=False, order=54,
        needs=lambda: _figures(user), reads=("tickets_open",), make=lambda n: n or 0,
    )  # fmt: skip

    def asked(values: list[str]) -> Q:
        return condition(user, values, cells.now())

    def build(operator: str, values: list[Any]) -> Q:
        return ~asked(values) if operator == "not" else asked(values)

    facet = Facet("open_tickets", _("Open tickets"), "named", build=build, choices=STATES)
    filters = {"open_tickets": TicketsFilter(asked)}
    return Extension(object="ticket", columns=(column,), filters=filters, facets=(facet,))


def register() -> None:
    """Called once at start."""
    provide(extension_of)
