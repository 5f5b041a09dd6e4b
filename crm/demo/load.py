"""Loading the sample workspace: all or nothing, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.demo.activities import write_activities
from crm.demo.campaigns import make_touches
from crm.demo.deals import make_deals
from crm.demo.interactions import last_contact, make_talks
from crm.demo.orders import Orders, make_orders
from crm.demo.parties import write_customers
from crm.demo.people import make_people
from crm.demo.rows import Chunk, write_deals, write_orders, write_talks, write_tickets, write_touches
from crm.demo.stage import Stagehands, set_stage
from crm.demo.story import tell
from crm.demo.tickets import make_tickets
from crm.demo.world import CURRENCY, Ints, World
from crm.demo.write import Writer
from crm.kit.errors import Refused
from crm.kit.models import Source, Workspace
from crm.kit.workspace import forget_workspace, load_workspace
from customers.models import Contact, Customer, ExternalId, Interaction, LastContact
from marketing.models import Campaign, Touch
from sales.models import Activity, Deal, Order, OrderLine, Product
from service.models import Ticket

BUSINESS = (Customer, Contact, Order, Product, Deal, Ticket, Campaign, Interaction)
BIG = (*BUSINESS, Activity, OrderLine, Touch, ExternalId, LastContact)


def load(*, world: World, report: Callable[[str], None] = lambda _text: None) -> dict[str, Any]:
    """Write the whole workspace; returns counts and seconds.

    Loading the same again changes nothing. Raises Refused where other data would be mixed with the sample.
    """
    began = time.monotonic()
    asked = {"customers": world.customers, "years": world.years, "seed": world.seed}
    workspace = load_workspace()
    if workspace.has_sample_data:
        return _already(asked)
    _only_into_empty()
    writer = Writer(world.now.isoformat())
    with transaction.atomic():
        writer.prepare()
        if len(world.chunks) == 1:  # the tables stay closed meanwhile: seconds here, minutes for larger ones
            writer.renew(Customer, Contact, Product, Campaign)
        currency = _mark(workspace, world)
        hands = set_stage(world, writer, currency)
        for number, size in enumerate(world.chunks):
            _chunk(world, writer, hands, number, size if number else size - 1)
            report(_("%(done)s of %(all)s customers") % {
                "done": min((number + 1) * world.chunks[0], world.customers), "all": world.customers})  # fmt: skip
        tell(world, writer, hands)
        hands.source.settings |= {"asked": asked | {"today": world.today.isoformat()}}
        hands.source.save(update_fields=["settings"])
    forget_workspace()
    _refresh_statistics()
    return {"loaded": True, **asked, **writer.counts, "seconds": round(time.monotonic() - began, 2)}


def _already(asked: dict[str, int]) -> dict[str, Any]:
    source = Source.objects.filter(kind=Source.Kind.SAMPLE, name="Sample data").first()
    known = source.settings.get("asked", {}) if source else {}
    if {name: known.get(name) for name in asked} != asked:
        raise Refused(
            _("Another sample is loaded already (%(known)s). Clear it first: manage.py demo --clear")
            % {"known": ", ".join(f"{name} {value}" for name, value in known.items())}
        )
    return {"loaded": False, **asked, "customer": Customer.objects.count()}


def _only_into_empty() -> None:
    for model in BUSINESS:
        if model._default_manager.exists():
            raise Refused(
                _("The workspace holds data already (%(what)s), and sample data is not mixed with it. Use an empty "
                  "CRM_DATA_DIR for the sample.") % {"what": model._meta.verbose_name_plural}
            )  # fmt: skip


def _mark(workspace: Workspace, world: World) -> str:
    """Remember what the workspace looked like, and that it holds a sample; returns the currency of amounts."""
    currency = workspace.home_currency or CURRENCY
    Workspace.objects.filter(pk=1).update(
        home_currency=currency, time_zone=world.zone, sample_seed=world.seed, sample_loaded_at=world.now
    )
    forget_workspace()
    return currency


def _chunk(world: World, writer: Writer, hands: Stagehands, number: int, size: int) -> None:
    """Generate and write one chunk of customers with everything of theirs."""
    people = make_people(world, number, size)
    orders, lines = make_orders(world, number, people)
    talks = make_talks(world, number, people)
    first = write_customers(
        world, writer, hands, number, people, _last_sale(size, orders), last_contact(size, talks)
    )  # fmt: skip
    chunk = Chunk(world, writer, hands, number, people, first)
    write_orders(chunk, orders, lines)
    write_talks(chunk, talks)
    deals = make_deals(world, number, people)
    write_activities(chunk, deals, write_deals(chunk, deals))
    write_tickets(chunk, make_tickets(world, number, people, orders), chunk.numbers(len(orders.at)))
    write_touches(chunk, make_touches(world, number, people))


def _last_sale(size: int, orders: Orders) -> Ints:
    latest = np.zeros(size, dtype=np.int64)
    known = (orders.customer >= 0) & (orders.sale_of < 0)
    np.maximum.at(latest, orders.customer[known], orders.at[known])
    return latest


def _refresh_statistics() -> None:
    """So that the very first page is planned well; where the role may not, autovacuum does it soon."""
    tables = ", ".join(f'"{model._meta.db_table}"' for model in BIG)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
