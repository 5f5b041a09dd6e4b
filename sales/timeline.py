"""Orders, deals and tasks on the customer's timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kit import timeline
from crm.kit.tables import Scene
from crm.kit.ui import words
from customers.timeline import DEALS, ORDERS, SUBJECT
from sales.models import Activity, Deal, Order, StageChange
from sales.words import order_status, stage_name

TASKS = "tasks"


def order_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Sales and returns."""
    return Order.objects.visible_to(user).filter(customer=customer).annotate(
        event_at=F("ordered_at"),
        event_ref=F("id"),
        event_data=JSONObject(
            id="id", number="number", kind="kind", status="status", currency="currency",
            total=Cast("total", CharField()), lines="line_count",
        ),
    )  # fmt: skip


def draw_order(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Order #20931 delivered · ¥2,480 · 3 items``."""
    returned = data["kind"] == "return"
    title = (_("Return #%(number)s") if returned else _("Order #%(number)s")) % {"number": data["number"]}
    items = ngettext("%(n)s item", "%(n)s items", data["lines"]) % {"n": data["lines"]}
    amount = words.money(float(data["total"]), data["currency"])
    detail = " · ".join(part for part in (order_status(data["status"]), amount, items) if part)
    return timeline.Event(
        title, "shopping-bag", "warn" if returned else "ok", detail, href=f"/sales/orders/{data['id']}/"
    )


def stage_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Deals entering a stage, the first one included."""
    deals = Deal.objects.visible_to(user).filter(customer=customer)
    return StageChange.objects.filter(deal__in=deals).annotate(
        event_at=F("at"),
        event_ref=F("id"),
        event_data=JSONObject(
            id="deal_id", title="deal__title", stage="stage__name", state="stage__state", currency="deal__currency",
            amount=Cast("deal__amount", CharField()), reason="deal__lost_reason",
        ),
    )  # fmt: skip


def draw_stage(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Deal moved to Proposal · Office subscription · ¥36,000``."""
    tone, title = {
        "won": ("ok", _("Deal won")),
        "lost": ("", _("Deal lost")),
    }.get(data["state"], ("", _("Deal moved to %(stage)s") % {"stage": stage_name(data["stage"])}))
    visible = data["amount"] and "amount" not in scene.extra.get("deal", {})
    amount = words.money(float(data["amount"]), data["currency"]) if visible else ""
    reason = data["reason"] if data["state"] == "lost" else ""
    detail = " · ".join(part for part in (data["title"], amount, reason) if part)
    return timeline.Event(title, "handshake", tone, detail, href=f"/sales/deals/{data['id']}/")


def tell_orders(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Orders and returns."""
    return ngettext("%(n)s order", "%(n)s orders", len(rows)) % {"n": len(rows)}


def tell_stages(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Deals that moved."""
    return ngettext("%(n)s step of a deal", "%(n)s steps of deals", len(rows)) % {"n": len(rows)}


def task_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Tasks that were done."""
    return Activity.objects.visible_to(user).filter(customer=customer, done_at__isnull=False).annotate(
        event_at=F("done_at"),
        event_ref=F("id"),
        event_data=JSONObject(
            id="id", title="title", kind="kind", first="done_by__first_name", last="done_by__last_name",
            login="done_by__username",
        ),
    )  # fmt: skip


def draw_task(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Done: Send the offer · Mei Chen``."""
    title = _("Done: %(task)s") % {"task": data["title"]}
    name = " ".join(part for part in (data["first"], data["last"]) if part) or data["login"] or ""
    return timeline.Event(title, "square-check", "ok", name, href=f"/sales/activities/{data['id']}/")


def tell_tasks(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Tasks that were done."""
    return ngettext("%(n)s task done", "%(n)s tasks done", len(rows)) % {"n": len(rows)}


timeline.group(SUBJECT, TASKS, gettext_lazy("Tasks"), icon="square-check", order=55, rare=True)
timeline.provider(SUBJECT, timeline.Provider("task", TASKS, task_rows, draw_task, ("activity", "view"), tell_tasks))
timeline.provider(SUBJECT, timeline.Provider("order", ORDERS, order_rows, draw_order, ("order", "view"), tell_orders))
timeline.provider(SUBJECT, timeline.Provider("stage", DEALS, stage_rows, draw_stage, ("deal", "view"), tell_stages))
