"""What marketing adds to the shell and to the customer's record."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kit import nav, prepared, subjects
from crm.kit.prepared import STAND_IN
from crm.kit.slots import panel
from crm.kit.subjects import Hit, Subject
from marketing.models import Campaign, Touch

nav.entry("campaigns", _("Campaigns"), "campaigns", icon="megaphone", order=50, policy=("campaign", "view"), go="p")

MANY = 50


def _count(request: HttpRequest, record: Any) -> int:
    user = request.user
    found = prepared.numbers(
        ("campaigns of a customer", user.access.reach),
        lambda: Touch.objects.visible_to(user).filter(customer=STAND_IN), record.pk, total=Count("pk"),
    )  # fmt: skip
    return int(found["total"])


@panel(
    "customer.detail.tabs",
    title=_("Campaigns"),
    order=50,
    policy=("campaign", "view"),
    framed=False,
    tab=True,
    count=_count,
    template="marketing/touches_tab.html",
    name="campaigns",
)
def campaigns_tab(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The campaigns that reached a customer."""
    rows = Touch.objects.visible_to(request.user).filter(customer=record).select_related("campaign")
    return {"touches": rows.order_by("-sent_at", "-id")[:MANY]}


subjects.register(
    Subject(
        key="campaigns", title=_("Campaigns"), object="campaign", order=55, model=Campaign, listed="campaigns",
        hit=lambda row: Hit(
            row.name, f"/marketing/campaigns/{row.pk}/", "megaphone", str(row.get_state_display())
        ),
    )
)  # fmt: skip
