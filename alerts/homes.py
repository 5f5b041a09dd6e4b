"""What alerts put on the homes."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from alerts import selectors
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
    weight = Case(
        When(severity="critical", then=Value(0)),
        When(severity="warning", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = selectors.listed(request.user).open().annotate(weight=weight).order_by("weight", "-last_at", "-id")[:FEW]
    return {"lines": [selectors.line(row) for row in rows]}
