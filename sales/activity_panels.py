"""Tasks on others' pages: the customer's record, the deal, the homes, the menu; and what people are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts import notifications
from crm.accounts.models import NotificationChoice
from crm.kit import nav
from crm.kit.slots import opens, panel
from customers.models import Customer
from sales.due_filter import end_of_today
from sales.models import Activity, Deal
from sales.services.told import ASSIGNED, DIGEST, REMINDER
from sales.words import due_words

FEW = 8
COUNTED = 100
QUIET = timedelta(days=60)

notifications.kind(REMINDER, _("A reminder of a task"), icon="clock")
notifications.kind(ASSIGNED, _("Somebody gives me a task"), icon="user-check")
notifications.kind(DIGEST, _("Every morning: my tasks of the day"), icon="sun", way=NotificationChoice.Way.OFF)


def count_due(user: Any) -> int:
    """The user's own tasks that are due today or overdue, counted up to a hundred."""
    mine = Activity.objects.visible_to(user).filter(owner=user).due_by(end_of_today(timezone.now()))
    return mine.order_by()[:COUNTED].count()


nav.entry(
    "activities",
    _("Tasks"),
    "activities",
    icon="square-check",
    order=35,
    policy=("activity", "view"),
    go="k",
    count=count_due,
)
nav.create(
    "activity", _("Task"), "activity-new", icon="square-check", order=30, policy=("activity", "add"), named="title"
)


@dataclass(frozen=True)
class Line:
    """A task as panels show it."""

    row: Activity
    due: str
    late: bool
    may_change: bool
    customer: Customer | None = None
    owner: str = ""


def lines(rows: QuerySet[Activity], request: HttpRequest, *, customer: bool = False, owner: bool = False) -> list[Line]:
    """Rows in words, with whom they are about or whose they are."""
    now, may_change = timezone.now(), request.user.access.can("activity", "change")
    return [
        Line(
            row, due_words(row), row.is_late(now), may_change, row.customer if customer else None,
            row.owner.display_name if owner and row.owner else "",
        )
        for row in rows
    ]  # fmt: skip


def new_href(request: HttpRequest, **about: int) -> str:
    """Where a new task about something is made; nothing for those who may not."""
    may = request.user.access.can("activity", "add")
    return f"{reverse('activity-new')}?{urlencode(about)}" if may else ""


def open_tasks(request: HttpRequest, **about: int) -> dict[str, Any]:
    """The open tasks about a record, overdue first."""
    rows = Activity.objects.visible_to(request.user).open().filter(**about).select_related("owner").defer("search")
    found = lines(rows.order_by(F("due_at").asc(nulls_last=True), "pk")[: FEW + 1], request, owner=True)
    everything = f"{reverse('activities')}?{urlencode({'state': 'open', **about, 'ordering': 'due_at'})}"
    return {"tasks": found[:FEW], "more": len(found) > FEW, "all": everything, "new": new_href(request, **about)}


def _stands_on(name: str, slot: str, order: int) -> None:
    """The button that makes a task about a record, and the open ones, on the page of its kind."""

    @panel(
        f"{name}.detail.actions", title=_("Task"), policy=("activity", "add"), bare=True, framed=False,
        template="sales/task_button.html", name="task",
    )  # fmt: skip
    def button(request: HttpRequest, record: Any) -> dict[str, Any]:
        return {"href": new_href(request, **{name: record.pk})}

    @panel(
        slot, title=_("Open tasks"), order=order, policy=("activity", "view"), icon="square-check", lazy=True,
        live="activities", template="sales/tasks_panel.html", name="tasks",
    )  # fmt: skip
    def tasks(request: HttpRequest, record: Any) -> dict[str, Any]:
        return open_tasks(request, **{name: record.pk})


_stands_on("customer", "customer.detail.rail", 25)
_stands_on("deal", "deal.detail.main", 10)
_stands_on("contact", "contact.detail.rail", 25)
_stands_on("ticket", "ticket.detail.rail", 25)


def find_deal(user: Any, pk: int) -> Deal | None:
    """A deal of the reader's."""
    return Deal.objects.visible_to(user).filter(pk=pk).first()


opens("deal.detail", find_deal)


@panel(
    "home.rep.main",
    title=_("Today"),
    order=5,
    policy=("activity", "view"),
    icon="square-check",
    live="activities",
    template="sales/home_today.html",
    name="today",
)
@panel(
    "home.agent.main",
    title=_("Today"),
    order=90,
    policy=("activity", "view"),
    icon="square-check",
    live="activities",
    template="sales/home_today.html",
    name="today",
)
@panel(
    "home.manager.main",
    title=_("Today"),
    order=90,
    policy=("activity", "view"),
    icon="square-check",
    live="activities",
    template="sales/home_today.html",
    name="today",
)
def today(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The reader's own tasks that are due, the longest overdue first; with none, whom to think of."""
    user, now = request.user, timezone.now()
    mine = Activity.objects.visible_to(user).filter(owner=user).due_by(end_of_today(now))
    rows = mine.select_related("customer").defer("search", "customer__search").order_by("due_at", "pk")[: FEW + 1]
    found = lines(rows, request, customer=True)
    query = urlencode({"owner": user.pk, "when": "due", "ordering": "due_at"})
    quiet = 0 if found else quiet_count(user, now)
    since = urlencode({"owner": user.pk, "contacted_before": (now - QUIET).date().isoformat()})
    return {
        "tasks": found[:FEW], "more": len(found) > FEW, "all": f"{reverse('activities')}?{query}",
        "new": new_href(request), "quiet": quiet, "shown": quiet if quiet < COUNTED else f"{COUNTED - 1}+",
        "quiet_href": f"{reverse('customers')}?{since}",
    }  # fmt: skip


def quiet_count(user: Any, now: datetime) -> int:
    """Customers of the user's own whose last contact is long ago, counted up to a hundred."""
    rows = Customer.objects.visible_to(user).filter(owner=user, last_contact__at__lt=now - QUIET)
    return rows.order_by()[:COUNTED].count()
