"""What alerts adds to the shell and to the customer page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from alerts import selectors, words
from alerts.lists import TONES, severities, worst
from crm.accounts import bell
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


@bell.part("alerts")
def waiting(user: Any) -> bell.Part | None:
    """Open alerts; a new critical one comes with a toast."""
    if not user.access.can("alert"):
        return None
    state = selectors.bell(user)
    said = ngettext("%(n)s open alert", "%(n)s open alerts", state.count) % {"n": state.text}

    def toast() -> dict[str, str]:
        alert = selectors.listed(user).get(pk=state.critical)
        told = f"{alert.customer.name}: {words.headline(alert)}" if alert.customer else words.headline(alert)
        text = gettext("Critical: %(what)s") % {"what": told}
        return {"text": text, "href": reverse("alert", args=[alert.pk]), "action": gettext("Open"), "tone": "bad"}

    return bell.Part(
        "alerts", state.count, said, reverse("alerts"), "octagon-alert", "bad", newest=state.critical, toast=toast
    )


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
    found = getattr(record, "alerts_open", None)
    if not found:
        return None
    severity = worst(found)
    return {"n": len(found), "tone": TONES[severity], "word": severity.label}


slots.rides("customer.detail", lambda user: severities(user) if user.access.can("alert") else {})
