"""What customers adds to the shell: menu lines, the palette, its own tab of the record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.accounts.settings_views import settings_page
from crm.kit import nav, palette, records, subjects, timeline
from crm.kit.slots import block, opens, panel
from crm.kit.subjects import Hit, Subject, of_id, outside, own_id
from crm.kit.tables import Scene
from crm.kit.workspace import workspace
from customers.duplicates import panels as duplicates
from customers.files import panels as files
from customers.following import mentions
from customers.following import panels as following
from customers.models import Contact, Customer, ExternalId, Interaction
from customers.privacy import events, lists
from customers.privacy.consent import standings
from customers.timeline import SUBJECT

nav.entry(
    "quality", _("Data quality"), "quality", icon="list-checks", group="data", order=20, policy=("quality", "view")
)
nav.entry(
    "customers", _("Customers"), "customers", icon="users", order=30, policy=("customer", "view"), go="c", bottom=True
)
nav.entry("imports", _("Import"), "imports", icon="folder-input", group="data", order=10, policy=("import", "view"))
nav.entry("contacts", _("Contacts"), "contacts", icon="id-card", order=35, policy=("contact", "view"))
nav.create(
    "customer",
    _("Customer"),
    "customer-new",
    icon="user-plus",
    order=10,
    policy=("customer", "add"),
    named="name",
)
settings_page("trash", _("Trash"), "customers-trash", "trash-2", ("customer", "delete"))
settings_page("relations", _("Relationships"), "settings-relations", "link", ("setting", "view"))
settings_page("consent", _("Consent"), "settings-consent", "circle-check", ("privacy", "approve"))
settings_page("retention", _("Retention and erasure"), "settings-retention", "clock", ("privacy", "approve"))
lists.register()

NOTES = 50
CONSENT_TONES = {"given": "ok", "withdrawn": "bad", "unknown": ""}
__all__ = ["duplicates", "events", "files", "following"]


def _customers_of_number(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """By our own key, or by an outside id in whatever system."""
    return rows.filter(pk__in=[*own_id(text), *outside(ExternalId, text, "customer")])


def _customer_hit(row: Customer) -> Hit:
    icon = "building-2" if row.kind == Customer.Kind.COMPANY else "users"
    return Hit(row.name, f"/customers/{row.pk}/", icon, row.city or row.company)


def _contact_hit(row: Contact) -> Hit:
    return Hit(row.name, f"/contacts/{row.pk}/", "id-card", row.company)


subjects.register(
    Subject(
        key="customers", title=_("Customers"), object="customer", order=10, model=Customer, hit=_customer_hit,
        listed="customers", numbered=_customers_of_number,
    )
)  # fmt: skip
subjects.register(
    Subject(
        key="contacts", title=_("Contacts"), object="contact", order=20, model=Contact, hit=_contact_hit,
        listed="contacts", numbered=of_id,
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


def shown_customers(user: Any, keys: Sequence[int]) -> dict[int, Hit]:
    """Customers by key, as pins and recent records show them."""
    rows = Customer.objects.visible_to(user).filter(pk__in=keys).only("name", "kind", "city", "company")
    return {
        row.pk: Hit(
            row.name, f"/customers/{row.pk}/", "building-2" if row.kind == "company" else "users", row.city or row.company
        )
        for row in rows
    }  # fmt: skip


def shown_contacts(user: Any, keys: Sequence[int]) -> dict[int, Hit]:
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
opens("contact.detail", lambda user, pk: Contact.objects.visible_to(user).filter(pk=pk).first())
records.kind("contact", shown_contacts, policy=("contact", "view"), plural=_("Contacts"))


for _name, _title, _order in (
    ("facts", _("Profile"), 1), ("tags", _("Tags"), 110), ("points", _("Ways to reach them"), 120),
    ("contacts", _("Contacts"), 130), ("family", _("Company and branches"), 140),
    ("relations", _("Relationships"), 150), ("note", _("Note"), 160),
):  # fmt: skip
    block(
        "customer.detail.profile", _name, title=_title, template=f"customers/parts/{_name}.html", order=_order,
        policy=("customer", "view"), fixed=_name == "facts",
    )  # fmt: skip
block(
    "customer.detail.tabs", "timeline", title=_("Timeline"), template="customers/timeline.html", order=1,
    policy=("customer", "view"), tab=True, fixed=True,
)  # fmt: skip


@panel(
    "customer.detail.tabs", title=_("Notes"), order=60, policy=("interaction", "view"), framed=False, tab=True,
    template="customers/notes.html", name="notes",
)  # fmt: skip
def notes(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest notes about a customer."""
    rows = Interaction.objects.visible_to(request.user).filter(customer=record, kind="note").select_related("author")
    found = list(rows.order_by("-occurred_at", "-id")[:NOTES])
    for one in found:
        one.drawn = mentions.drawn(one.text, json.dumps(one.payload.get("mentions") or {}))  # type: ignore[attr-defined]
    return {"notes": found}


@panel(
    "customer.detail.profile", title=_("Consent"), order=40, policy=("customer", "view"), bare=True,
    template="privacy/card.html", name="consent", lazy=True,
)  # fmt: skip
def consent(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What the customer agreed to, by purpose and channel."""
    said = [(one.purpose, [line for line in one.by_channel if line[1]]) for one in standings(record)]
    return {"said": said, "tones": CONSENT_TONES}
