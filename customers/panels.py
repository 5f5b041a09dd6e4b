"""What customers adds to the shell: menu lines, the palette, its own tab of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.kit import nav, palette, subjects
from crm.kit.slots import panel
from crm.kit.subjects import Hit, Subject, of_id, outside, own_id
from customers.models import Contact, ContactRole, Customer, ExternalId, Interaction

nav.entry(
    "quality", _("Data quality"), "quality", icon="list-checks", group="data", order=20, policy=("quality", "view")
)
nav.entry(
    "customers", _("Customers"), "customers", icon="users", order=30, policy=("customer", "view"), go="c", bottom=True
)
nav.create(
    "customer",
    _("Customer"),
    "customer-new",
    icon="user-plus",
    order=10,
    policy=("customer", "add"),
    named="name",
)

NOTES = 50


def _customers_of_number(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """By our own key, or by an outside id in whatever system."""
    return rows.filter(pk__in=[*own_id(text), *outside(ExternalId, text, "customer")])


def _customer_hit(row: Customer) -> Hit:
    icon = "building-2" if row.kind == Customer.Kind.COMPANY else "users"
    return Hit(row.name, f"/customers/{row.pk}/", icon, row.city or row.company)


def _reachable(rows: QuerySet[Contact], user: Any) -> QuerySet[Contact]:
    """Contacts of a customer that the reader may open: a contact is shown on its customer's page."""
    roles = ContactRole.objects.filter(contact=OuterRef("pk"), customer__in=Customer.objects.visible_to(user))
    return rows.filter(Exists(roles)).annotate(
        at_customer=Subquery(roles.order_by("-primary", "pk").values("customer")[:1])
    )


def _contact_hit(row: Any) -> Hit:
    return Hit(row.name, f"/customers/{row.at_customer}/", "id-card", row.company)


subjects.register(
    Subject(
        key="customers", title=_("Customers"), object="customer", order=10, model=Customer, hit=_customer_hit,
        listed="customers", numbered=_customers_of_number,
    )
)  # fmt: skip
subjects.register(
    Subject(
        key="contacts", title=_("Contacts"), object="contact", order=20, model=Contact, hit=_contact_hit,
        shown=_reachable, numbered=of_id,
    )
)  # fmt: skip


@palette.actions_at("customer")
def actions_of_a_customer(user: Any, kwargs: Mapping[str, Any]) -> list[Hit]:
    """What can be done with the customer whose page is open."""
    row = Customer.objects.visible_to(user).filter(pk=kwargs["pk"]).only("name").first()
    if row is None:
        return []
    here = reverse("customer", args=[row.pk])
    offered = [
        (("customer", "change"), _("Edit %(name)s"), reverse("customer-edit", args=[row.pk]), "pencil"),
        (("deal", "add"), _("New deal of %(name)s"), f"{reverse('deal-new')}?customer={row.pk}", "handshake"),
        (("ticket", "add"), _("New ticket of %(name)s"), f"{reverse('ticket-new')}?customer={row.pk}", "inbox"),
        (("interaction", "view"), _("Notes of %(name)s"), f"{here}?tab=notes", "sticky-note"),
    ]
    return [
        Hit(str(label) % {"name": row.name}, href, icon)
        for policy, label, href, icon in offered
        if user.access.can(*policy)
    ]


@panel(
    "customer.detail.tabs", title=_("Notes"), order=60, policy=("interaction", "view"), framed=False, tab=True,
    template="customers/notes.html", name="notes",
)  # fmt: skip
def notes(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest notes about a customer."""
    rows = Interaction.objects.visible_to(request.user).filter(customer=record, kind="note").select_related("author")
    return {"notes": rows.order_by("-occurred_at", "-id")[:NOTES]}
