"""What alerts put on the homes."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from alerts import selectors
from crm.kit import prepared
from crm.kit.slots import panel

FEW = 6


@panel(
    "home.manager.main",
    title=_("Open alerts"),
    order=10,
    policy=("alert", "view"),
    icon="bell",
    live="alerts",
    template="alerts/panel.html",
    name="alerts",
)
@panel(
    "home.admin.main",
    title=_("Open alerts"),
    order=10,
    policy=("alert", "view"),
    icon="bell",
    live="alerts",
    template="alerts/panel.html",
    name="alerts",
)
@panel(
    "home.rep.side",
    title=_("Open alerts"),
    order=10,
    policy=("alert", "view"),
    icon="bell",
    live="alerts",
    template="alerts/panel.html",
    name="alerts",
)
@panel(
    "home.agent.side",
    title=_("Open alerts"),
    order=10,
    policy=("alert", "view"),
    icon="bell",
    live="alerts",
    template="alerts/panel.html",
    name="alerts",
)
def home_alerts(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Open alerts of the reader, the most severe first."""
    user = request.user
    rows = prepared.every(("first alerts", user.access.reach), lambda: _first(user))
    return {"lines": [selectors.line(row) for row in rows]}


def _first(user: Any) -> QuerySet[Any, Any]:
    weight = Case(
        When(severity="critical", then=Value(0)),
        When(severity="warning", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = selectors.listed(user).open().annotate(weight=weight).order_by("weight", "-last_at", "-id")
    return rows.defer("customer__search", "customer__note")[:FEW]
