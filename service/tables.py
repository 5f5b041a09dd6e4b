"""Columns of the ticket list."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from customers.tables import OWNER, full_name
from service.models import Ticket

STATUS_TONES = {"open": "info", "pending": "warn", "solved": "ok", "closed": ""}
PRIORITY_TONES = {"low": "", "normal": "", "high": "warn", "urgent": "bad"}
SORTS = {"opened_at": "opened_at"}


def customer_cell(row: Ticket, scene: Scene) -> SafeString:
    """The customer, linked where the reader reaches them."""
    if row.customer is None:
        return cells.EMPTY
    return cells.link(row.customer.name, f"/customers/{row.customer_id}/")


def _owner(row: Ticket) -> str:
    return row.owner.display_name if row.owner else ""


TABLE = Table(
    (
        Column("subject", _("Ticket"), lambda row, scene: cells.link(row.subject, f"/service/tickets/{row.pk}/"), lambda row: row.subject, first=True, order=0, reads=("subject",)),
        Column("number", _("Number"), lambda row, scene: row.number, lambda row: row.number, css="num", order=5, reads=("number",)),
        Column("customer", _("Customer"), customer_cell, lambda row: row.customer.name if row.customer else "", order=10, reads=("customer__name",)),
        Column("status", _("Status"), lambda row, scene: cells.chip(row.get_status_display(), STATUS_TONES[row.status], dot=True), lambda row: row.status, order=20, reads=("status",)),
        Column("priority", _("Priority"), lambda row, scene: cells.chip(row.get_priority_display(), PRIORITY_TONES[row.priority], dot=bool(PRIORITY_TONES[row.priority])), lambda row: row.priority, order=30, reads=("priority",)),
        Column("queue", _("Queue"), lambda row, scene: cells.text(row.queue.name), lambda row: row.queue.name, order=40, reads=("queue__name",)),
        Column("owner", _("Agent"), lambda row, scene: cells.text(_owner(row)), _owner, order=50, reads=OWNER, make=full_name),
        Column("opened_at", _("Opened"), lambda row, scene: cells.ago(row.opened_at, scene.now), lambda row: row.opened_at, sort="opened_at", order=60, reads=("opened_at",)),
        Column("resolved_at", _("Resolved"), lambda row, scene: cells.ago(row.resolved_at, scene.now), lambda row: row.resolved_at, shown=False, order=70, reads=("resolved_at",)),
        Column("rating", _("Rating"), lambda row, scene: cells.number(row.rating), lambda row: row.rating, css="n", shown=False, order=80, reads=("rating",)),
    ),
    row_label=lambda row: row.subject,
    selectable=True,
)  # fmt: skip
