"""Columns of the lists of orders, deals and tasks."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from customers.tables import OWNER, full_name
from sales.models import Activity, Deal, Order
from sales.words import due_words, order_status

STATE_TONES = {"open": "accent", "won": "ok", "lost": ""}
ORDER_SORTS = {"ordered_at": "ordered_at"}
DEAL_SORTS = {"opened_at": "opened_at"}
ACTIVITY_SORTS = {"due_at": "due_at"}
ACTIVITY_TONES = {"open": "accent", "done": "ok", "cancelled": ""}
PRIORITY_TONES = {"low": "", "normal": "", "high": "warn"}


def customer_cell(row: Order | Deal | Activity, scene: Scene) -> SafeString:
    """The customer, linked."""
    if row.customer is None:
        return cells.EMPTY
    return cells.link(row.customer.name, f"/customers/{row.customer_id}/")


def customer_name(row: Order | Deal | Activity) -> str:
    """The customer in a file."""
    return row.customer.name if row.customer else ""


def kind_cell(row: Order, scene: Scene) -> SafeString:
    """Sale or return; the chip is for what is out of the ordinary."""
    word = row.get_kind_display()
    return cells.chip(word, "warn") if row.kind == "return" else cells.text(word)


def stage_cell(row: Deal, scene: Scene) -> SafeString:
    """The stage in the colour of its state."""
    return cells.chip(row.stage.label, STATE_TONES[row.stage.state], dot=True)


def _owner(row: Deal | Activity) -> str:
    return row.owner.display_name if row.owner else ""


def due_cell(row: Activity, scene: Scene) -> SafeString:
    """The day, with the time where one was given; late ones in red with the word."""
    shown = due_words(row)
    if not row.is_late(scene.now):
        return cells.text(shown)
    return format_html('<span class="t-bad" title="{}">{}</span>', pgettext_lazy("task", "Overdue"), shown)


def priority_cell(row: Activity, scene: Scene) -> SafeString:
    """The chip is for what is out of the ordinary."""
    word = row.get_priority_display()
    return cells.chip(word, PRIORITY_TONES[row.priority]) if row.priority == "high" else cells.text(word)


ORDERS = Table(
    (
        Column("number", _("Number"), lambda row, scene: cells.link(row.number, f"/sales/orders/{row.pk}/"), lambda row: row.number, first=True, order=0, reads=("number",)),
        Column("customer", _("Customer"), customer_cell, customer_name, order=10, reads=("customer__name",)),
        Column("kind", _("Kind"), kind_cell, lambda row: row.kind, order=20, reads=("kind",)),
        Column("status", _("Status"), lambda row, scene: cells.text(order_status(row.status)), lambda row: row.status, order=30, reads=("status",)),
        Column("lines", _("Lines"), lambda row, scene: cells.number(row.line_count), lambda row: row.line_count, css="n", order=40, reads=("line_count",)),
        Column("total", _("Total"), lambda row, scene: cells.money(row.total, row.currency, cents=True), lambda row: row.total, css="n", order=50, reads=("total",)),
        Column("currency", _("Currency"), lambda row, scene: row.currency, lambda row: row.currency, shown=False, order=51, reads=("currency",)),
        Column("ordered_at", _("Ordered"), lambda row, scene: cells.ago(row.ordered_at, scene.now), lambda row: row.ordered_at, sort="ordered_at", order=60, reads=("ordered_at",)),
    ),
    row_label=lambda row: row.number,
)  # fmt: skip

DEALS = Table(
    (
        Column("title", _("Deal"), lambda row, scene: cells.link(row.title, f"/sales/deals/{row.pk}/"), lambda row: row.title, first=True, order=0, reads=("title",)),
        Column("customer", _("Customer"), customer_cell, customer_name, order=10, reads=("customer__name",)),
        Column("stage", _("Stage"), stage_cell, lambda row: row.stage.name, order=20, reads=("stage__name",)),
        Column("amount", _("Amount"), lambda row, scene: cells.money(row.amount, row.currency), lambda row: row.amount, css="n", order=30, field="amount", reads=("amount",)),
        Column("currency", _("Currency"), lambda row, scene: row.currency, lambda row: row.currency, shown=False, order=31, reads=("currency",)),
        Column("owner", _("Owner"), lambda row, scene: cells.text(_owner(row)), _owner, order=40, reads=OWNER, make=full_name),
        Column("expected_on", _("Expected close"), lambda row, scene: cells.day(row.expected_on), lambda row: row.expected_on, order=50, reads=("expected_on",)),
        Column("opened_at", _("Opened"), lambda row, scene: cells.ago(row.opened_at, scene.now), lambda row: row.opened_at, sort="opened_at", order=60, reads=("opened_at",)),
    ),
    row_label=lambda row: row.title,
    selectable=True,
)  # fmt: skip

ACTIVITIES = Table(
    (
        Column("title", _("Task"), lambda row, scene: cells.link(row.title, f"/sales/activities/{row.pk}/"), lambda row: row.title, first=True, order=0, reads=("title",)),
        Column("due_on", _("Due"), due_cell, lambda row: row.due_on, sort="due_at", order=10, reads=("due_on", "due_at", "timed", "state")),
        Column("customer", _("Customer"), customer_cell, customer_name, order=20, reads=("customer__name",)),
        Column("kind", _("Kind"), lambda row, scene: cells.text(row.get_kind_display()), lambda row: row.kind, order=30, reads=("kind",)),
        Column("owner", _("Owner"), lambda row, scene: cells.text(_owner(row)), _owner, order=40, reads=OWNER, make=full_name),
        Column("priority", _("Priority"), priority_cell, lambda row: row.priority, order=50, reads=("priority",)),
        Column("state", _("State"), lambda row, scene: cells.chip(row.get_state_display(), ACTIVITY_TONES[row.state], dot=True), lambda row: row.state, order=60, reads=("state",)),
        Column("deal", _("Deal"), lambda row, scene: cells.link(row.deal.title, f"/sales/deals/{row.deal_id}/") if row.deal else cells.EMPTY, lambda row: row.deal.title if row.deal else "", shown=False, order=70, reads=("deal__title",)),
        Column("due_at", _("Due at"), lambda row, scene: cells.ago(row.due_at, scene.now), lambda row: row.due_at, shown=False, order=80, reads=("due_at",)),
        Column("remind_at", _("Reminder"), lambda row, scene: cells.ago(row.remind_at, scene.now), lambda row: row.remind_at, shown=False, order=85, reads=("remind_at",)),
        Column("done_at", _("Done"), lambda row, scene: cells.ago(row.done_at, scene.now), lambda row: row.done_at, shown=False, order=90, reads=("done_at",)),
        Column("note", _("Note"), lambda row, scene: cells.text(row.note[:80]), lambda row: row.note, shown=False, order=95, reads=("note",)),
        Column("created_at", pgettext_lazy("moment", "Created"), lambda row, scene: cells.ago(row.created_at, scene.now), lambda row: row.created_at, shown=False, order=99, reads=("created_at",)),
    ),
    row_label=lambda row: row.title,
    selectable=True,
)  # fmt: skip
