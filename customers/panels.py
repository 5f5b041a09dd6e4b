"""What customers adds to the shell: menu lines, the palette, its own tab of the record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kit import nav, palette, search
from crm.kit.slots import panel
from customers.duplicates import panels as duplicates
from customers.models import Contact, Customer, Interaction

nav.entry(
    "customers", _("Customers"), "customers", icon="users", order=30, policy=("customer", "view"), go="c", bottom=True
)
nav.create("customer", _("Customer"), "customer-new", icon="user-plus", order=10, policy=("customer", "add"))

NOTES = 50
__all__ = ["duplicates"]


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
    """Contacts; each leads to a customer of theirs that the user reaches."""
    hidden = list(user.access.restricted_fields("contact"))
    found = search.match(Contact.objects.visible_to(user), text, hidden=hidden).prefetch_related("roles")
    rows = list(found.order_by("sort_name", "pk")[:limit])
    reached = set(
        Customer.objects.visible_to(user)
        .filter(pk__in=[role.customer_id for row in rows for role in row.roles.all()])
        .values_list("pk", flat=True)
    )
    hits = []
    for row in rows:
        of = next((role.customer_id for role in row.roles.all() if role.customer_id in reached), None)
        if of:
            hits.append(palette.Hit(row.name, f"/customers/{of}/", "id-card", row.company))
    return hits


@panel(
    "customer.detail.tabs", title=_("Notes"), order=60, policy=("interaction", "view"), framed=False, tab=True,
    template="customers/notes.html", name="notes",
)  # fmt: skip
def notes(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest notes about a customer."""
    rows = Interaction.objects.visible_to(request.user).filter(customer=record, kind="note").select_related("author")
    return {"notes": rows.order_by("-occurred_at", "-id")[:NOTES]}
