"""Rows that name their customer by its e-mail: tickets, talks, touches and consents as other systems write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from customers import services
from customers.models import Consent, Customer, Interaction
from marketing.models import Touch
from service.models import Ticket
from tests.cast import NOW, Cast, make_cast
from tests.imports.conftest import counted, rejected

Bring = Callable[..., dict[str, Any]]
PEOPLE = """Customer ID,Full name,E-mail
1,Ada,Ada@Example.com
2,Bob,bob@example.com
3,Twin,twin@example.com
4,Twin too,twin@example.com
"""
WHO = ["ADA@example.com ", "twin@example.com", "nobody@example.com"]


@pytest.mark.parametrize(
    "kind, head, rest, model",
    [
        ("tickets", "Ticket number,Requester email,Subject", "T-{n},{mail},Broken", Ticket),
        ("interactions", "E-mail,Type,Date,Subject", "{mail},mail,2026-01-0{n},Hello", Interaction),
        ("touches", "Campaign,Email Address,Sent", "Spring,{mail},2026-01-0{n}", Touch),
        ("consents", "Email,Purpose,Channel,Status,Date", "{mail},Marketing,E-Mail,subscribed,2026-01-0{n}", Consent),
    ],
)
@pytest.mark.django_db
def test_the_one_customer_with_the_mail_is_meant(bring: Bring, kind: str, head: str, rest: str, model: Any) -> None:
    """Written in any case; two with one mail are no answer, and nobody is made up."""
    bring("customers", PEOPLE)
    bring("campaigns", "Campaign ID,Name\nSpring,Spring\n")
    lines = [rest.format(n=n, mail=mail) for n, mail in enumerate(WHO, 1)]
    report = bring(kind, "\n".join([head, *lines]) + "\n")
    assert (counted(report)[1], report["rejected"]) == (1, 2), rejected(report)
    assert rejected(report).count("customer.email is not that of one customer of yours") == 2
    assert model.objects.get().customer.name == "Ada"
    assert Customer.objects.count() == 4
    assert counted(bring(kind, "\n".join([head, *lines]) + "\n"))[1] == 0  # the same file again adds nothing


def test_an_id_counts_before_the_mail(bring: Bring, db: None) -> None:
    bring("customers", PEOPLE)
    bring("tickets", "Ticket number,Customer ID,E-mail,Subject\nT-1,2,ada@example.com,Broken\n")
    assert Ticket.objects.get().customer.name == "Bob"


def test_a_second_mail_counts_and_nobody_learns_of_others_by_trying(bring: Bring, db: None) -> None:
    """A mail of a customer out of reach is refused in the same words as one that nobody has."""
    cast: Cast = make_cast()
    mine, theirs = cast.rows["rep"]["customer"], cast.rows["rival"]["customer"]
    services.add_point(
        user=cast.users["rep"], holder=mine, values={"kind": "email", "value": "second@example.net"}, now=NOW
    )
    services.add_point(
        user=cast.users["rival"], holder=theirs, values={"kind": "email", "value": "hidden@example.net"}, now=NOW
    )
    before = Interaction.objects.count()
    lines = [f"{mail},call,2026-01-01,Hello" for mail in ("second@example.net", "hidden@example.net", "no@example.net")]
    report = bring("interactions", "\n".join(["Email,Type,Date,Subject", *lines]) + "\n", user=cast.users["rep"])
    assert report["rejected"] == 2
    assert rejected(report).count("customer.email is not that of one customer of yours") == 2
    assert Interaction.objects.count() == before + 1
    assert Interaction.objects.latest("pk").customer == mine
