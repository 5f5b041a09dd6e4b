"""The record page with its many parts: what it costs, and that every part keeps to rights and languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from customers.models import ContactPoint
from tests.cast import Cast, make_customer
from tests.counting import counting
from tests.pages.test_cost import grow

SignIn = Callable[[str], Client]
PARTS = ("points", "family", "relations", "contacts", "more", "fields/email/history")


def cost(client: Client, address: str) -> int:
    client.get(address)
    with counting() as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_the_page_takes_at_most_fifteen_queries_whatever_hangs_on_it(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in("admin")
    row = cast.rows["rep"]["customer"]
    few = cost(client, f"/customers/{row.pk}/")
    grow(cast, 20)
    row.parent = make_customer("Above", team=cast.teams["north"], kind="company")
    row.save()
    for n in range(20):
        ContactPoint.objects.create(customer=row, kind="email", value=f"p{n}@example.com")
        make_customer(f"Below {n}", team=cast.teams["north"], parent=row)
    assert cost(client, f"/customers/{row.pk}/") <= min(15, few + 1)  # the name of the company above


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_a_page_of_its_own_and_keeps_to_the_reach(cast: Cast, sign_in: SignIn, part: str) -> None:
    mine, theirs = cast.rows["rep"]["customer"], cast.rows["rival"]["customer"]
    client = sign_in("rep")
    whole = client.get(f"/customers/{mine.pk}/{part}/")
    piece = client.get(f"/customers/{mine.pk}/{part}/", headers={"HX-Request": "true"})
    assert "<h1" in whole.content.decode()
    assert "<h1" not in piece.content.decode()
    assert client.get(f"/customers/{theirs.pk}/{part}/").status_code == 404
    assert client.get(f"/customers/999999999/{part}/").status_code == 404


@pytest.mark.parametrize("part", ("", *(f"{part}/" for part in PARTS)))
def test_an_agent_sees_contact_points_masked_in_every_part(cast: Cast, sign_in: SignIn, part: str) -> None:
    body = sign_in("agent").get(f"/customers/{cast.rows['rep']['customer'].pk}/{part}").content.decode()
    assert "kiterepmail" not in body
    assert "kiterepaddress" not in body
    assert "a.pen" not in body
    assert 'class="edit pen"' not in body


def test_the_parent_beyond_reach_is_not_named(cast: Cast, sign_in: SignIn) -> None:
    row = cast.rows["rep"]["customer"]
    row.parent = make_customer("Secret holding", team=cast.teams["south"], kind="company")
    row.save()
    for part in ("", "family/", "more/", "fields/parent/history/"):
        assert "Secret holding" not in sign_in("rep").get(f"/customers/{row.pk}/{part}").content.decode(), part
