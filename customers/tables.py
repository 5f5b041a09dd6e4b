"""Columns of the customers list: page, htmx part and CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.masking import at_level
from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells, words
from customers.models import Contact, ContactRole, Customer, Lifecycle
from customers.services.trash import KEPT_DAYS

ORDERINGS = {"name": "sort_name", "last_contact_at": "last_contact__at", "created_at": "created_at"}
"""Sorts that an index answers."""

LIFECYCLE_TONES = {"lead": "info", "prospect": "accent", "active": "ok", "at_risk": "warn", "lost": ""}


def owner_name(row: Customer | Contact) -> str:
    """The owner as people call them."""
    return row.owner.display_name if row.owner else ""


OWNER = ("owner__first_name", "owner__last_name", "owner__username")


def full_name(first: str | None, last: str | None, username: str | None) -> str:
    """The same from the columns of the person's row."""
    return f"{first or ''} {last or ''}".strip() or (username or "")


def _name(row: Customer, scene: Scene) -> SafeString:
    # The avatar is drawn by the style sheet from two attributes: fifty nodes fewer on a page.
    face = f"who w{words.colour_index(row.name)}"
    return format_html(
        '<a class="{}" data-i="{}" href="/customers/{}/{}">{}</a>',
        face,
        words.initials(row.name),
        row.pk,
        scene.extra.get("tail", ""),
        row.name,
    )


def _lifecycle(row: Customer, scene: Scene) -> SafeString:
    return cells.chip(Lifecycle(row.lifecycle).label, LIFECYCLE_TONES[row.lifecycle], dot=True)


TABLE = Table(
    (
        Column("name", _("Name"), _name, lambda row: row.name, sort="name", first=True, order=0, reads=("name",)),
        Column("kind", _("Type"), lambda row, scene: row.get_kind_display(), shown=False, order=12, reads=("kind",), make=lambda kind: str(Customer.Kind(kind).label)),
        Column("company", _("Company"), lambda row, scene: cells.text(row.company), lambda row: row.company, shown=False, order=14, reads=("company",)),
        Column("owner", _("Owner"), lambda row, scene: cells.text(owner_name(row)), owner_name, order=20, reads=OWNER, make=full_name),
        Column("lifecycle", _("Lifecycle"), _lifecycle, lambda row: Lifecycle(row.lifecycle).label, shown=False, order=25, reads=("lifecycle",), make=lambda name: str(Lifecycle(name).label)),
        Column("email", _("E-mail"), lambda row, scene: cells.text(at_level(row.email, scene.levels.get("email", ""))), lambda row: row.email, shown=False, order=30, reads=("email",)),
        Column("phone", _("Phone"), lambda row, scene: cells.text(at_level(row.phone, scene.levels.get("phone", ""))), lambda row: row.phone, css="nowrap", shown=False, order=31, reads=("phone",)),
        Column("city", _("City"), lambda row, scene: cells.text(row.city), lambda row: row.city, shown=False, order=32, reads=("city",)),
        Column("country", _("Country"), lambda row, scene: cells.text(row.country), lambda row: row.country, shown=False, order=33, reads=("country",)),
        Column("last_contact_at", _("Last contact"), lambda row, scene: cells.ago(row.last_contact_at, scene.now), lambda row: row.last_contact_at, sort="last_contact_at", order=70, reads=("last_contact__at",)),
        Column("tags", _("Tags"), lambda row, scene: cells.tags(row.tags, 2), lambda row: row.tags, order=90, reads=("tags",)),
        Column("created_at", pgettext_lazy("column", "Added"), lambda row, scene: cells.day(row.created_at), lambda row: row.created_at, sort="created_at", shown=False, order=95, reads=("created_at",)),
    ),
    row_label=lambda row: row.name,
    selectable=True,
)  # fmt: skip


def _person(row: Contact, scene: Scene) -> SafeString:
    face = f"who w{words.colour_index(row.name)}"
    return format_html(
        '<a class="{}" data-i="{}" href="/contacts/{}/">{}</a>', face, words.initials(row.name), row.pk, row.name
    )


def _places(row: Contact) -> str:
    """Where a contact works now, the primary place first."""
    roles: list[ContactRole] = row.present_roles  # type: ignore[attr-defined] # prefetched by the list
    return ", ".join(dict.fromkeys(one.customer.name for one in roles)) or row.company


def _roles(row: Contact) -> str:
    roles: list[ContactRole] = row.present_roles  # type: ignore[attr-defined]
    return ", ".join(dict.fromkeys(one.role for one in roles if one.role)) or row.title


CONTACT_ORDERINGS = {"name": "sort_name", "created_at": "created_at"}
CONTACT_TABLE = Table(
    (
        Column("name", _("Name"), _person, lambda row: row.name, sort="name", first=True, order=0),
        Column("company", _("Company"), lambda row, scene: cells.text(_places(row)), _places, order=10),
        Column("title", _("Role"), lambda row, scene: cells.text(_roles(row)), _roles, order=15),
        Column("email", _("E-mail"), lambda row, scene: cells.text(at_level(row.email, scene.levels.get("email", ""))), lambda row: row.email, order=20),
        Column("phone", _("Phone"), lambda row, scene: cells.text(at_level(row.phone, scene.levels.get("phone", ""))), lambda row: row.phone, css="nowrap", order=21),
        Column("owner", _("Owner"), lambda row, scene: cells.text(owner_name(row)), owner_name, order=30),
        Column("city", _("City"), lambda row, scene: cells.text(row.city), lambda row: row.city, shown=False, order=40),
        Column("country", _("Country"), lambda row, scene: cells.text(row.country), lambda row: row.country, shown=False, order=41),
        Column("tags", _("Tags"), lambda row, scene: cells.tags(row.tags, 2), lambda row: row.tags, order=90),
        Column("created_at", pgettext_lazy("column", "Added"), lambda row, scene: cells.day(row.created_at), lambda row: row.created_at, sort="created_at", shown=False, order=95),
    ),
    row_label=lambda row: row.name,
    selectable=True,
)  # fmt: skip


def days_left(row: Customer | Contact, scene: Scene) -> int:
    """Days until a row of the trash goes for ever."""
    assert row.deleted_at is not None
    return max(0, (row.deleted_at + timedelta(days=KEPT_DAYS) - scene.now).days)


def _gone(base: str) -> Callable[[Any, Scene], SafeString]:
    return lambda row, scene: format_html(
        '<a class="who w{}" data-i="{}" href="/{}/{}/">{}</a>',
        words.colour_index(row.name), words.initials(row.name), base, row.pk, row.name,
    )  # fmt: skip


_KIND = Column("kind", _("Type"), lambda row, scene: row.get_kind_display(), order=5)
_WHEN = (
    Column("owner", _("Owner"), lambda row, scene: cells.text(owner_name(row)), owner_name, order=10),
    Column("who", _("Moved by"), lambda row, scene: cells.text(row.moved_by), lambda row: row.moved_by, order=20),
    Column("deleted_at", _("Moved"), lambda row, scene: cells.ago(row.deleted_at, scene.now), lambda row: row.deleted_at, sort="deleted_at", order=30),
    Column("left", _("Days left"), lambda row, scene: words.number(days_left(row, scene)), None, css="n", order=40),
)  # fmt: skip


def _trash(base: str, *more: Column) -> Table:
    name = Column("name", _("Name"), _gone(base), lambda row: row.name, sort="name", first=True, order=0)
    return Table((name, *more, *_WHEN), row_label=lambda row: row.name, selectable=True)


TRASH_TABLE = _trash("customers", _KIND)
CONTACT_TRASH_TABLE = _trash("contacts")
