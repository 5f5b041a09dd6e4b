"""Pages of searched rows are the same whichever way they are read."""

from __future__ import annotations

import pytest

from crm.kit import keyset, search, walks
from customers.models import Customer
from tests.cast import root_team

pytestmark = pytest.mark.django_db


def pages(ordering: str) -> list[list[int]]:
    """Every page forwards, then backwards from the last one."""
    rows = search.match(Customer.objects.all(), "anna")
    names = {"name": "sort_name", "id": "id", "talk": "last_contact__at"}
    sort = keyset.resolve(ordering, model=Customer, allowed=names, default="name")
    found, cursor, page = [], "", None
    while page is None or page.next:
        page = keyset.page(rows, ordering=sort, cursor=cursor, size=4)
        found.append([row.pk for row in page.rows])
        cursor = page.next
    while page.previous:
        page = keyset.page(rows, ordering=sort, cursor=page.previous, size=4)
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
