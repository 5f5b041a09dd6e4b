"""What alerts adds to the shell and to the customer page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from alerts import selectors
from alerts.lists import RANKS, TONES, figures
from crm.kit import live, nav, slots
from crm.kit.slots import panel

SHOWN = 5

live.topic("alerts", ("alert", "view"))
live.topic("rules", ("rule", "view"))

nav.entry(
    "alerts",
    _("Alerts"),
    "alerts",
    icon="bell",
    group="insights",
    order=40,
    policy=("alert", "view"),
    go="a",
    count=selectors.count_open,
    hot=True,
    bottom=True,
)
nav.create("rule", _("Alert rule"), "alert-rule-new", icon="bell", order=80, policy=("rule", "add"))


@panel(
    "shell.top",
    title=_("Alerts"),
    policy=("alert", "view"),
    bare=True,
    framed=False,
    template="alerts/bell_waiting.html",
)
def bell(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The place of the bell; its number is loaded after the page."""
    return {}


@panel(
    "customer.detail.rail",
    title=_("Open alerts"),
    order=30,
    policy=("alert", "view"),
    icon="bell",
    lazy=True,
    live="alerts",
    template="alerts/panel.html",
    name="alerts",
)
def open_alerts(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The newest open alerts of a customer."""
    rows = selectors.listed(request.user).open().filter(customer=record).order_by("-last_at", "-id")[:SHOWN]
    return {"lines": [selectors.line(row) for row in rows]}


@panel(
    "customer.detail.chips", title=_("Open alerts"), policy=("alert", "view"), order=20, framed=False, bare=True,
    template="alerts/chip.html", name="alerts-chip",
)  # fmt: skip
def alerts_chip(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """How many alerts of a customer are open, in the colour of the worst; nothing where all is quiet."""
    count, rank = getattr(record, "alerts_open", None), getattr(record, "alerts_worst", None)
    if not count:
        return None
    worst = RANKS[rank or 0]
    return {"n": count, "tone": TONES[worst], "word": worst.label}


slots.rides("customer.detail", lambda user: figures(user) if user.access.can("alert") else {})
