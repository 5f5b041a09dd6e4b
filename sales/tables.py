"""Columns of the lists of orders and deals."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from customers.tables import OWNER, full_name
from sales.models import Deal, Order
from sales.words import order_status

STATE_TONES = {"open": "accent", "won": "ok", "lost": ""}
ORDER_SORTS = {"ordered_at": "ordered_at"}
DEAL_SORTS = {"opened_at": "opened_at"}


def customer_cell(row: Order | Deal, scene: Scene) -> SafeString:
    """The customer, linked."""
    if row.customer is None:
        return cells.EMPTY
    return cells.link(row.customer.name, f"/customers/{row.customer_id}/")


def customer_name(row: Order | Deal) -> str:
    """The customer in a file."""
    return row.customer.name if row.customer else ""


def kind_cell(row: Order, scene: Scene) -> SafeString:
    """Sale or return; the chip is for what is out of the ordinary."""
    word = row.get_kind_display()
    return cells.chip(word, "warn") if row.kind == "return" else cells.text(word)


def stage_cell(row: Deal, scene: Scene) -> SafeString:
    """The stage in the colour of its state."""
    return cells.chip(row.stage.label, STATE_TONES[row.stage.state], dot=True)


def _owner(row: Deal) -> str:
    return row.owner.display_name if row.owner else ""


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
