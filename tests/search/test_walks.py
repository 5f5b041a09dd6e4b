"""Pages of searched rows are the same whichever way they are read."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet

from crm.kit import keyset, search, walks
from customers.models import Customer
from tests.cast import root_team

pytestmark = pytest.mark.django_db


def searched() -> QuerySet[Customer]:
    return search.match(Customer.objects.all(), "anna")


def sort(ordering: str) -> keyset.Ordering:
    names = {"name": "sort_name", "id": "id", "talk": "last_contact__at"}
    return keyset.resolve(ordering, model=Customer, allowed=names, default="name")


def pages(ordering: str) -> list[list[int]]:
    """Every page forwards, then backwards from the last one."""
    rows, order = searched(), sort(ordering)
    found, cursor, page = [], "", None
    while page is None or page.next:
        page = keyset.page(rows, ordering=order, cursor=cursor, size=4)
        found.append([row.pk for row in page.rows])
        cursor = page.next
    while page.previous:
        page = keyset.page(rows, ordering=order, cursor=page.previous, size=4)
        found.append([row.pk for row in page.rows])
    return found


@pytest.mark.parametrize("ordering", ["name", "-name", "id", "-id", "talk", "-talk"])
@pytest.mark.parametrize("shortest", [5, 12, 3_000])
def test_walking_and_gathering_give_the_same_pages(
    monkeypatch: pytest.MonkeyPatch, ordering: str, shortest: int
) -> None:
    """A walk that ends too early leaves the page to be gathered."""
    names = [f"{'Anna' if n % 3 == 0 else 'Bert'} {n * 7 % 40:02}" for n in range(60)]
    Customer.objects.bulk_create([Customer(name=name, team=root_team()) for name in names])
    monkeypatch.setattr(walks, "FREQUENT", 10**9)
    gathered = pages(ordering)
    monkeypatch.setattr(walks, "FREQUENT", 0)
    monkeypatch.setattr(walks, "SHORTEST", shortest)
    assert pages(ordering) == gathered
    assert sorted(pk for page in gathered[:5] for pk in page) == sorted(
        Customer.objects.filter(name__startswith="Anna").values_list("pk", flat=True)
    )


@pytest.mark.parametrize("ordering", ["name", "-id", "talk"])
def test_a_gathered_page_knows_how_many_match(ordering: str) -> None:
    """Where all phases of an order are one; a page by a value that may be empty has only some of the rows."""
    Customer.objects.bulk_create([Customer(name=f"Anna {n:02}", team=root_team()) for n in range(20)])
    first = keyset.page(searched(), ordering=sort(ordering), size=4)
    assert first.total == (None if ordering == "talk" else 20)
    assert keyset.page(searched(), ordering=sort(ordering), size=4, cursor=first.next).total is None
    assert keyset.page(searched(), ordering=sort(ordering), size=50).total == 20
    assert keyset.page(searched().none(), ordering=sort(ordering)).total == 0


@pytest.mark.parametrize("beyond, walks_twice", [(30, True), (400, False)])
def test_a_longer_walk_follows_only_where_it_can_be_enough(
    monkeypatch: pytest.MonkeyPatch, beyond: int, walks_twice: bool
) -> None:
    Customer.objects.bulk_create([Customer(name=f"Adam {n:03}", team=root_team()) for n in range(beyond)])
    Customer.objects.bulk_create([Customer(name=f"Bea{n % 2} Anna {n:02}", team=root_team()) for n in range(60)])
    taken = []
    walk = walks._walk
    monkeypatch.setattr(walks, "_walk", lambda *args: taken.append(args[-1]) or walk(*args))
    monkeypatch.setattr(walks, "FREQUENT", 0)
    monkeypatch.setattr(walks, "SHORTEST", 35)
    monkeypatch.setattr(walks, "_estimate", lambda *_args: 400)
    page = keyset.page(searched(), ordering=sort("name"), size=8)
    assert (len(taken) == 2) is walks_twice
    assert [row.name for row in page.rows][:2] == ["Bea0 Anna 00", "Bea0 Anna 02"]
