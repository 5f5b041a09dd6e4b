"""A small workspace in the database, from the frames of frames.py."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.kit.models import Source
from customers.models import Customer, ExternalId, Interaction
from sales.models import Order, OrderLine, Product
from service.models import Queue, Ticket
from tests.cast import root_team
from tests.insights.frames import START, rhythm

AS_OF = START + timedelta(days=480)


def build(customers: int = 260, days: int = 480, *, reverse: bool = False) -> datetime:
    """Customers with orders that have a rhythm; written in the other sequence when reversed."""
    facts = rhythm(customers, days)
    team = root_team()
    source = Source.objects.get_or_create(name="shop")[0]
    product = Product.objects.get_or_create(sku="MUG", defaults={"name": "Mug"})[0]
    postage = Product.objects.get_or_create(sku="POST", defaults={"name": "Postage", "kind": "adjustment"})[0]
    numbers = facts.customers[::-1] if reverse else facts.customers
    made = Customer.objects.bulk_create([Customer(name=f"Customer {n}", team=team) for n in numbers])
    ids = dict(zip(numbers, made, strict=True))
    ExternalId.objects.bulk_create(
        [ExternalId(source=source, external_id=f"{n:05d}", customer=ids[n]) for n in numbers]
    )
    rows = facts.orders.sort_values("key", ascending=not reverse).to_dict("records")
    orders = Order.objects.bulk_create(
        [
            Order(
                number=row["key"], customer=ids[row["customer"]], team=team, ordered_at=row["at"], currency="EUR",
                total=round(row["net"], 2), home_total=round(row["net"], 2), source=source, external_id=row["key"],
            )
            for row in rows
        ]
    )  # fmt: skip
    lines = []
    for order, row in zip(orders, rows, strict=True):
        net = round(row["net"], 2)
        lines.append(
            OrderLine(order=order, position=1, product=product, quantity=4, unit_price=net / 4, net=net, home_net=net)
        )
        lines.append(OrderLine(order=order, position=2, product=postage, quantity=1, unit_price=5, net=5, home_net=5))
    OrderLine.objects.bulk_create(lines)
    return AS_OF


def talk(customer: Customer, at: datetime) -> None:
    """A call and a ticket."""
    Interaction.objects.create(customer=customer, kind="call", direction="in", occurred_at=at, subject="Hello")
    desk = Queue.objects.get_or_create(name="Help", defaults={"team": root_team()})[0]
    Ticket.objects.create(
        number=f"T{customer.pk}-{at:%j%H%M%S}", customer=customer, queue=desk, subject="Late", opened_at=at
    )
