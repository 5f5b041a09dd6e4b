"""What service adds to the shell, the customer's record and the homes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit import nav, prepared, records, rollups, subjects
from crm.kit.prepared import STAND_IN
from crm.kit.slots import opens, panel
from crm.kit.subjects import Hit, Subject
from crm.kit.ui import words
from customers import holders
from customers.following import telling
from service.lists import LONG_WAIT
from service.models import Ticket
from service.services import reach

FEW, MANY = 10, 50
OPEN = Q(status__in=["open", "pending"])


def open_tickets(user: Any) -> int:
    """Number beside the menu line, counted to a hundred."""
    mine = Ticket.objects.visible_to(user).open().order_by()
    return int(mine.values("pk")[:100].count())


nav.entry(
    "tickets",
    _("Tickets"),
    "tickets",
    icon="inbox",
    order=20,
    policy=("ticket", "view"),
    go="t",
    count=open_tickets,
    bottom=True,
)
nav.create("ticket", _("Ticket"), "ticket-new", icon="inbox", order=30, policy=("ticket", "add"))


def ticket_numbers(request: HttpRequest, record: Any) -> dict[str, Any]:
    """All and open tickets of a customer, asked once per page."""
    known: dict[str, Any] | None = getattr(record, "_ticket_numbers", None)
    if known is None:
        user = request.user
        known = prepared.numbers(
            ("tickets of a customer", user.access.reach),
            lambda: Ticket.objects.visible_to(user).filter(customer=STAND_IN), record.pk,
            total=Count("pk"), open=Count("pk", filter=OPEN), oldest=Min("opened_at", filter=OPEN),
            unanswered=Min("opened_at", filter=OPEN & Q(first_response_at=None)),
        )  # fmt: skip
        record._ticket_numbers = known
    return known


@panel(
    "customer.detail.figures",
    title=_("Open tickets"),
    order=60,
    policy=("ticket", "view"),
    bare=True,
    template="service/figure.html",
    name="open_tickets",
)
def open_tickets_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Number of open tickets and since when the oldest waits."""
    return ticket_numbers(request, record)


@panel(
    "customer.detail.chips", title=_("Open tickets"), policy=("ticket", "view"), order=30, framed=False, bare=True,
    template="service/chip.html", name="tickets-chip",
)  # fmt: skip
def tickets_chip(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """That a ticket waits for its first answer, and for how long; the open ones stand among the figures."""
    numbers = ticket_numbers(request, record)
    if numbers["unanswered"] is None:
        return None
    wait = timezone.now() - numbers["unanswered"]
    return {"wait": words.duration(wait.total_seconds()), "long": wait >= LONG_WAIT}


@rollups.figure("customer", "tickets", _("Open tickets"), policy=("ticket", "view"), order=30)
def open_tickets_of(user: Any, ids: Sequence[int], now: datetime) -> rollups.Figure:
    """Number of open tickets."""
    return rollups.Figure(Ticket.objects.visible_to(user).open().filter(customer__in=ids).order_by().count())


def _count(request: HttpRequest, record: Any) -> int:
    return int(ticket_numbers(request, record)["total"])


@panel(
    "customer.detail.tabs",
    title=_("Tickets"),
    order=30,
    policy=("ticket", "view"),
    framed=False,
    tab=True,
    count=_count,
    template="service/tickets_tab.html",
    name="tickets",
)
def tickets_tab(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The tickets of a customer."""
    rows = Ticket.objects.visible_to(request.user).filter(customer=record).select_related("owner", "queue")
    return {
        "tickets": rows.order_by("-opened_at", "-id").defer("search", "text")[:MANY],
        "may_add": request.user.access.can("ticket", "add"),
    }


@panel(
    "home.agent.figures",
    title=_("Open tickets"),
    order=10,
    policy=("ticket", "view"),
    bare=True,
    template="service/home_figures.html",
    name="tickets",
)
@panel(
    "home.manager.figures",
    title=_("Open tickets"),
    order=70,
    policy=("ticket", "view"),
    bare=True,
    template="service/home_figures_one.html",
    name="tickets",
)
@panel(
    "home.admin.figures",
    title=_("Open tickets"),
    order=70,
    policy=("ticket", "view"),
    bare=True,
    template="service/home_figures_one.html",
    name="tickets",
)
def home_figures(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Open tickets: all, unassigned, mine, urgent."""
    user = request.user
    return prepared.numbers(
        ("open tickets of the home", user.access.reach), lambda: Ticket.objects.visible_to(user).open(),
        open=Count("pk"), free=Count("pk", filter=Q(owner=None)), mine=Count("pk", filter=Q(owner=user)),
        urgent=Count("pk", filter=Q(priority__in=["high", "urgent"])),
    )  # fmt: skip


@panel(
    "home.agent.main",
    title=_("Open tickets, oldest first"),
    order=10,
    policy=("ticket", "view"),
    icon="inbox",
    template="service/home_tickets.html",
    name="tickets",
)
def home_tickets(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The open tickets that waited longest, own ones and those nobody took."""
    rows = Ticket.objects.visible_to(request.user).filter(status="open").filter(Q(owner=None) | Q(owner=request.user))
    return {
        "tickets": list(
            rows.select_related("customer", "owner").order_by("opened_at", "pk").defer("search", "text")[:FEW]
        )
    }


@panel(
    "home.agent.side",
    title=_("Recently solved"),
    order=20,
    policy=("ticket", "view"),
    icon="circle-check",
    template="service/home_solved.html",
    name="solved",
)
def home_solved(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The tickets solved last, with their ratings."""
    rows = Ticket.objects.visible_to(request.user).filter(status__in=["solved", "closed"])
    return {
        "tickets": list(rows.select_related("customer").order_by("-opened_at", "-pk").defer("search", "text")[:FEW])
    }


subjects.register(
    Subject(
        key="tickets", title=_("Tickets"), object="ticket", order=40, model=Ticket, recent="opened_at", listed="tickets",
        hit=lambda row: Hit(row.subject, f"/service/tickets/{row.pk}/", "inbox", f"#{row.number}"),
        numbered=lambda rows, text: rows.filter(number__in=[text, f"#{text}"]),
    )
)  # fmt: skip


def shown_tickets(user: Any, keys: Sequence[int]) -> dict[int, Hit]:
    """Tickets by key, as pins and recent records show them."""
    rows = Ticket.objects.visible_to(user).filter(pk__in=keys).only("subject", "number")
    return {row.pk: Hit(row.subject, f"/service/tickets/{row.pk}/", "inbox", f"#{row.number}") for row in rows}


@telling.sentence("ticket.status")
def stands(told: telling.Told) -> str:
    """How a ticket stands now."""
    status = str(dict(Ticket.Status.choices).get(told.data["status"], ""))
    words = _("%(who)s set the ticket to “%(status)s”: %(what)s")
    return str(words) % {"who": told.who, "status": status, "what": told.what}


holders.holder("ticket", Ticket, page="ticket", reach=reach)
opens("ticket.detail", lambda user, pk: Ticket.objects.visible_to(user).filter(pk=pk).first())
records.kind("ticket", shown_tickets, policy=("ticket", "view"), plural=_("Tickets"))
