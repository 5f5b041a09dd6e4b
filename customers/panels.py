"""What customers adds to the shell: menu lines, the palette, its own tab of the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.accounts.settings_views import settings_page
from crm.kit import nav, palette, records, search, timeline
from crm.kit.slots import panel
from crm.kit.tables import Scene
from crm.kit.workspace import workspace
from customers.models import Contact, Customer, Interaction
from customers.timeline import SUBJECT

nav.entry(
    "customers", _("Customers"), "customers", icon="users", order=30, policy=("customer", "view"), go="c", bottom=True
)
nav.entry("contacts", _("Contacts"), "contacts", icon="id-card", order=35, policy=("contact", "view"))
nav.create("customer", _("Customer"), "customer-new", icon="user-plus", order=10, policy=("customer", "add"))
settings_page("trash", _("Trash"), "customers-trash", "trash-2", ("customer", "delete"))
settings_page("relations", _("Relationships"), "settings-relations", "link", ("setting", "view"))

NOTES = 50


@palette.provider("customers", _("Customers"), policy=("customer", "view"), order=10)
def find_customers(user: Any, text: str, limit: int) -> list[palette.Hit]:
    """Customers by name, company, e-mail or phone."""
    hidden = list(user.access.restricted_fields("customer"))
    found = search.match(Customer.objects.visible_to(user), text, hidden=hidden).only("name", "company", "city", "kind")
    icons = {"company": "building-2"}
    return [
        palette.Hit(row.name, f"/customers/{row.pk}/", icons.get(row.kind, "users"), row.city or row.company)
        for row in found.order_by("sort_name", "pk")[:limit]
    ]


@palette.provider("contacts", _("Contacts"), policy=("contact", "view"), order=20)
def find_contacts(user: Any, text: str, limit: int) -> list[palette.Hit]:
    """Contacts by name, company, e-mail or phone."""
    hidden = list(user.access.restricted_fields("contact"))
    found = search.match(Contact.objects.visible_to(user), text, hidden=hidden).only("name", "company")
    return [_contact_hit(row) for row in found.order_by("sort_name", "pk")[:limit]]


def _contact_hit(row: Contact) -> palette.Hit:
    return palette.Hit(row.name, f"/contacts/{row.pk}/", "id-card", row.company)


def shown_customers(user: Any, keys: Sequence[int]) -> dict[int, palette.Hit]:
    """Customers by key, as pins and recent records show them."""
    rows = Customer.objects.visible_to(user).filter(pk__in=keys).only("name", "kind", "city", "company")
    return {
        row.pk: palette.Hit(
            row.name, f"/customers/{row.pk}/", "building-2" if row.kind == "company" else "users", row.city or row.company
        )
        for row in rows
    }  # fmt: skip


def shown_contacts(user: Any, keys: Sequence[int]) -> dict[int, palette.Hit]:
    """Contacts by key."""
    rows = Contact.objects.visible_to(user).filter(pk__in=keys).only("name", "company")
    return {row.pk: _contact_hit(row) for row in rows}


def customer_news(request: HttpRequest, pk: int, since: datetime) -> SafeString:
    """What changed on a customer since the reader's last visit; nothing when nothing did."""
    customer = Customer.objects.visible_to(request.user).filter(pk=pk).first()
    levels = request.user.access.restricted_fields("customer")
    scene = Scene(request.user, timezone.now(), workspace().home_currency, levels)
    told = timeline.news(SUBJECT, customer, scene, since=since) if customer else []
    if not told:
        return SafeString("")
    context = {"since": since, "told": [(one.group, sentence, one.group == "predictions") for one, sentence in told]}
    return SafeString(render_to_string("customers/news.html", context, request=request))


records.kind("customer", shown_customers, policy=("customer", "view"), plural=_("Customers"), news=customer_news)
records.kind("contact", shown_contacts, policy=("contact", "view"), plural=_("Contacts"))


@panel(
    "customer.detail.tabs", title=_("Notes"), order=60, policy=("interaction", "view"), framed=False, tab=True,
    template="customers/notes.html", name="notes",
)  # fmt: skip
def notes(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest notes about a customer."""
    rows = Interaction.objects.visible_to(request.user).filter(customer=record, kind="note").select_related("author")
    return {"notes": rows.order_by("-occurred_at", "-id")[:NOTES]}
