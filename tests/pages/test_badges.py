"""Badges: open alerts and waiting tickets in the customer list and in the head of the record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from alerts.models import Alert
from crm.kit.customfields.services import create_field
from customers.models import Customer
from service.models import Queue, Ticket
from tests.cast import NOW, Cast, make_customer
from tests.counting import counting
from tests.pages.test_cost import queries

SignIn = Callable[[str], Client]
BADGES = "/customers/?columns=open_alerts,open_tickets"


def raise_alert(customer: Customer, severity: str, state: str = "open") -> None:
    Alert.objects.create(
        fingerprint=uuid.uuid4().hex, customer=customer, severity=severity, kind="spend", state=state, first_at=NOW,
        last_at=NOW, reason={}, team=customer.team,
    )  # fmt: skip


def open_ticket(customer: Customer, number: str, hours: int, *, answered: bool = False, status: str = "open") -> None:
    at = timezone.now() - timedelta(hours=hours)
    Ticket.objects.create(
        number=number, customer=customer, queue=Queue.objects.get(name="Desk"), subject="A question", opened_at=at,
        status=status, first_response_at=at if answered else None,
    )  # fmt: skip


def names(client: Client, query: str) -> set[str]:
    return {row.name for row in client.get(f"/customers/?{query}").context["page"].rows}


def test_badges_count_what_the_reader_may_see_and_filter_by_it(cast: Cast, sign_in: SignIn) -> None:
    """Worst first; solved and resolved ones and other teams' are nobody's badge."""
    north, rep = cast.teams["north"], cast.users["rep"]
    create_field(user=cast.users["admin"], object="customer", label="Plan", type="choice", choices=["a"], now=NOW)
    hot, calm, waits = (make_customer(name, team=north, owner=rep) for name in ("Hot", "Calm", "Waits"))
    for severity in ("warning", "critical"):
        raise_alert(hot, severity)
    raise_alert(calm, "critical", state="resolved")
    raise_alert(cast.rows["rival"]["customer"], "critical")
    open_ticket(waits, "W1", 30)
    open_ticket(waits, "W2", 2)
    open_ticket(calm, "C1", 90, answered=True)
    open_ticket(calm, "C2", 90, status="closed")
    client = sign_in("rep")
    body = client.get(f"{BADGES}&search=Hot").content.decode()
    assert "2 · Critical" in body
    body = client.get(f"{BADGES}&search=Waits").content.decode()
    assert "2 · 30 h" in body
    assert names(client, "open_alerts=any") == {"Hot"}
    assert names(client, "open_alerts=warning") == {"Hot"}
    assert names(client, "open_alerts=info") == set()
    assert names(client, "open_tickets=unanswered_day") == {"Waits", cast.rows["rep"]["customer"].name}
    assert names(client, "open_tickets=unanswered&open_alerts=none") >= {"Waits"}
    assert names(client, "where=open_alerts.is:critical") == {"Hot"}
    assert "Hot" not in names(client, "where=open_alerts.not:critical")
    assert names(client, "where=open_tickets.any:unanswered_day,none") >= {"Waits", "Hot"}
    assert "Calm" not in names(client, "where=open_tickets.any:unanswered_day,none")
    assert names(client, "open_tickets=none") == {"Hot"}
    assert names(client, "where=open_tickets.is:nonsense") == names(client, "where=open_alerts.is:nonsense") == set()
    head = client.get(f"/customers/{hot.pk}/").content.decode()
    assert "2 open alerts" in head
    assert "unanswered for 30 h" in client.get(f"/customers/{waits.pk}/").content.decode()
    assert "unanswered for" not in client.get(f"/customers/{calm.pk}/").content.decode()


def test_badges_are_asked_for_the_whole_page_at_once_and_not_at_all_where_they_are_not_shown(
    cast: Cast, sign_in: SignIn
) -> None:
    """The same queries for two rows and for twenty; a file is made without objects."""
    client, team = sign_in("rep"), cast.teams["north"]

    few, plain = queries(client, BADGES), queries(client, "/customers/")
    for n in range(20):
        one = make_customer(f"More {n}", team=team)
        raise_alert(one, "info")
        open_ticket(one, f"M{n}", n)
    assert (queries(client, BADGES), queries(client, "/customers/")) == (few, plain)
    assert few == plain
    with counting() as caught:
        client.get("/customers/")
    assert not [one for one in caught if "alerts_alert" in one["sql"] and "customers_customer" in one["sql"]]
    file = b"".join(client.get(f"{BADGES}&format=csv&search=More").streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1].endswith(",1,1")
