"""What a page costs: queries, bytes and nodes, the same for two rows and for twenty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from crm.kit.models import Source
from customers.models import Customer, Interaction, LastContact
from marketing.models import Campaign
from sales.models import Activity, Deal, Order, Stage
from service.models import Queue, Ticket
from tests.cast import NOW, Cast, make_customer, make_score
from tests.counting import counting
from tests.pages.looking import Seen

SignIn = Callable[[str], Client]
LISTS = (
    "/customers/",
    "/sales/orders/",
    "/sales/deals/",
    "/sales/activities/?view=all",
    "/service/tickets/",
    "/marketing/campaigns/",
)
MOST_QUERIES, MOST_BYTES, MOST_NODES = 10, 60_000, 1_200


def grow(cast: Cast, rows: int) -> Customer:
    """So many more rows of every kind for the rep's team; returns the customer that has most of them."""
    team, owner = cast.teams["north"], cast.users["rep"]
    stage, queue = Stage.objects.order_by("position").first(), Queue.objects.first()
    one = cast.rows["rep"]["customer"]
    source = Source.objects.get(name="shop")
    for n in range(rows):
        other = make_customer(
            f"Customer number {n:03d} of the north", team=team, owner=owner, email=f"person.{n}@example.com",
            city="Hamburg", tags=["wholesale", "newsletter"],
        )  # fmt: skip
        LastContact.objects.create(customer=other, at=NOW - timedelta(days=n))
        make_score(other, 0.1 + n / 100)
        at = NOW - timedelta(days=n, minutes=n)
        Interaction.objects.create(
            customer=one, kind="note", occurred_at=at, text="A note about nothing.", author=owner
        )
        Order.objects.create(
            number=f"N{n}",
            customer=one,
            team=team,
            ordered_at=at,
            currency="EUR",
            total=12,
            source=source,
            external_id=f"n{n}",
        )
        Deal.objects.create(
            title=f"Deal {n}",
            customer=one,
            stage=stage,
            amount=100,
            currency="EUR",
            team=team,
            owner=owner,
            opened_at=at,
        )
        Activity.objects.create(title=f"Call {n}", customer=one, team=team, owner=owner, due_on=at.date(), due_at=at)
        Ticket.objects.create(
            number=f"N{n}", customer=one, queue=queue, subject="A question", opened_at=at, owner=owner
        )
        Campaign.objects.create(name=f"Campaign {n}", team=team, owner=owner)
    return one


def queries(client: Client, address: str) -> int:
    """How many queries an address takes: the least of three, for some answers are kept for seconds."""
    counted = []
    for _try in range(3):
        with counting() as caught:
            answer = client.get(address)
        assert answer.status_code == 200, address
        counted.append(len(caught))
    return min(counted)


def test_lists_take_the_same_queries_for_two_rows_and_for_twenty(cast: Cast, sign_in: SignIn) -> None:
    """And at most ten."""
    client = sign_in("rep")
    grow(cast, 2)
    few = {one: queries(client, one) for one in LISTS}
    grow_more = 18
    for n in range(grow_more):
        make_score(make_customer(f"More {n}", team=cast.teams["north"], owner=cast.users["rep"]), 0.5)
    team, owner, stage, queue = cast.teams["north"], cast.users["rep"], Stage.objects.first(), Queue.objects.first()
    for n in range(grow_more):
        row = Customer.objects.get(name=f"More {n}")
        Order.objects.create(number=f"M{n}", customer=row, team=team, ordered_at=NOW, currency="EUR")
        Deal.objects.create(title=f"More {n}", customer=row, stage=stage, team=team, owner=owner, opened_at=NOW)
        Activity.objects.create(title=f"More {n}", customer=row, team=team, owner=owner)
        Ticket.objects.create(number=f"M{n}", customer=row, queue=queue, subject="More", opened_at=NOW)
        Campaign.objects.create(name=f"More {n}", team=team, owner=owner)
    many = {one: queries(client, one) for one in LISTS}
    assert few == many
    assert max(many.values()) <= MOST_QUERIES, many


def test_the_record_page_takes_at_most_fifteen_queries_whatever_the_history(cast: Cast, sign_in: SignIn) -> None:
    """Two events or a hundred."""
    client = sign_in("rep")
    one = grow(cast, 2)
    few = queries(client, f"/customers/{one.pk}/")
    for n in range(60):
        Interaction.objects.create(customer=one, kind="call", occurred_at=NOW - timedelta(hours=n), text="Called.")
        Order.objects.create(
            number=f"H{n}", customer=one, team=one.team, ordered_at=NOW - timedelta(hours=n), currency="EUR"
        )
    many = queries(client, f"/customers/{one.pk}/")
    assert few == many
    assert many <= 15


def test_the_home_takes_the_same_queries_for_two_rows_and_for_twenty(cast: Cast, sign_in: SignIn) -> None:
    """Of every role."""
    grow(cast, 2)
    clients = {actor: sign_in(actor) for actor in ("rep", "manager", "agent", "integrator", "admin")}
    few = {actor: queries(client, "/") for actor, client in clients.items()}
    for n in range(18):
        Order.objects.create(
            number=f"M{n}",
            customer=cast.rows["rep"]["customer"],
            team=cast.teams["north"],
            ordered_at=NOW,
            currency="EUR",
        )
        make_score(make_customer(f"More {n}", team=cast.teams["north"]), 0.9)
    many = {actor: queries(client, "/") for actor, client in clients.items()}
    assert few == many


@pytest.mark.parametrize("address", LISTS)
def test_a_page_of_fifty_rows_is_small(cast: Cast, sign_in: SignIn, address: str) -> None:
    """At most 60 KB and 1,200 nodes."""
    grow(cast, 55)
    body = sign_in("admin").get(address).content.decode()
    seen = Seen(body)
    assert body.count("<tr data-row>") == 50
    assert len(body.encode()) <= MOST_BYTES
    assert seen.nodes <= MOST_NODES


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast, sign_in: SignIn) -> None:
    """By cursor, forwards to the end."""
    grow(cast, 70)
    client, address, found = sign_in("admin"), "/customers/", []
    while address:
        page = client.get(address)
        found += [row.pk for row in page.context["page"].rows]
        address = page.context["following"]
    assert len(found) == len(set(found)) == Customer.objects.filter(deleted_at=None).count()
