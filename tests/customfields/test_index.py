"""An index on demand: built beside the running system, used by filter, sort and deep page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from crm.kit import jobs, keyset
from crm.kit.customfields import indexing, services
from crm.kit.customfields.catalogue import catalogue
from crm.kit.customfields.lists import extension_of
from crm.kit.errors import Refused
from crm.kit.models import CustomField
from customers.filters import CustomerFilters
from customers.models import Customer
from tests.cast import Cast, make_cast
from tests.customfields.conftest import LEVELS, add_field

VALUES: dict[str, tuple[Any, str]] = {
    "text": ("Alpha", "custom.mine=ALPHA"), "number": (12.5, "custom.mine_min=12&custom.mine_max=13"),
    "money": ({"amount": "12.50", "currency": "EUR"}, "custom.mine_min=12"),
    "date": ("2026-01-31", "custom.mine_after=2026-01-01&custom.mine_before=2026-02-02"),
    "choice": ("silver", "custom.mine=silver"), "multi": (["gold"], "custom.mine=gold"),
    "boolean": (True, "custom.mine=true"), "link": ("https://example.com", "custom.mine=https://example.com"),
}  # fmt: skip


def plan(rows: QuerySet[Any]) -> str:
    """How the database would answer, were reading the whole table forbidden."""
    with connection.cursor() as cursor:
        sql, params = rows.query.sql_with_params()
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        found = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("type", sorted(VALUES))
def test_filter_sort_and_deep_page_use_the_index(type: str) -> None:
    cast = make_cast()
    value, query = VALUES[type]
    field = add_field(cast, "Mine", type, choices=LEVELS if type in ("choice", "multi") else ())
    Customer.objects.bulk_create(
        Customer(name=f"Row {n}", team=cast.teams["north"], custom={"mine": value} if n % 2 else {}) for n in range(40)
    )
    job = services.ask_index(user=cast.users["admin"], field_id=field.pk)
    jobs.run(job.pk)
    field.refresh_from_db()
    job.refresh_from_db()
    assert (job.state, field.index) == ("done", "ready"), job.error
    name = indexing.index_name(field)
    rows, request = filtered(cast, query)
    assert name in plan(rows.order_by().values("pk")), "filter"
    if type == "multi":
        return
    extension = extension_of("customers.customer", request.user)
    assert extension is not None
    for asked in ("custom.mine", "-custom.mine"):
        ordering = keyset.resolve(asked, model=Customer, allowed=dict(extension.orderings), default="name")
        everyone = Customer.objects.visible_to(cast.users["admin"])
        page = keyset.page(everyone, ordering=ordering, size=5)
        place = keyset._read_cursor(page.next, ordering, Customer)
        for phase, beside in ((keyset.FILLED, None), (keyset.FILLED, place), (keyset.EMPTY, None)):
            told = plan(keyset._phase(everyone, ordering, phase, beside, backwards=False)[:5])
            assert name in told and "Sort" not in told, (asked, phase, told)


def filtered(cast: Cast, query: str) -> tuple[QuerySet[Any], Any]:
    """Customers under a query string, as the administrator's list asks for them."""
    from customers.views import CustomerList

    listing = CustomerList.read_by(cast.users["admin"], query)
    found = CustomerFilters(listing.request.GET, queryset=listing.get_queryset(), request=listing.request)
    assert found.is_valid(), found.errors
    return found.qs, listing.request


@pytest.mark.django_db(transaction=True)
def test_a_sensitive_field_is_looked_up_by_its_index() -> None:
    cast = make_cast()
    field = add_field(cast, "Mine", sensitive=True)
    Customer.objects.bulk_create(Customer(name=f"Other {n}", team=cast.teams["north"]) for n in range(500))
    indexing.build(field_id=field.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    rows, _request = filtered(cast, "custom.mine=secret")
    assert indexing.index_name(field) in plan(rows.order_by().values("pk"))
    field.refresh_from_db()
    indexing.drop(field)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [indexing.index_name(field)])
        assert cursor.fetchone()[0] is None
    assert CustomField.objects.get(pk=field.pk).index == ""


@pytest.mark.django_db(transaction=True)
def test_long_and_foreign_values_do_not_break_the_index() -> None:
    """Texts longer than an index takes, values of before the type, dates that are none."""
    cast = make_cast()
    values: list[Any] = ["x" * 9000, {"a": 1}, [1], 7, True, "2026-02-31", "1e400", {"amount": "much"}, None]
    Customer.objects.bulk_create(Customer(name="Odd", team=cast.teams["north"], custom={"mine": one}) for one in values)
    for type in ("text", "number", "date", "money"):
        field = add_field(cast, f"{type} of it", type)
        CustomField.objects.filter(pk=field.pk).update(name="mine")
        assert indexing.build(field_id=field.pk)["bytes"] > 0
        field.refresh_from_db()
        indexing.drop(field)
        CustomField.objects.all().delete()


def test_an_index_that_helps_nobody_is_refused(db: None) -> None:
    cast = make_cast()
    long, field = add_field(cast, "Long", "long_text"), add_field(cast, "Short")
    with pytest.raises(Refused):
        services.ask_index(user=cast.users["admin"], field_id=long.pk)
    with pytest.raises(Refused):
        services.ask_index(user=cast.users["rep"], field_id=field.pk)
    services.ask_index(user=cast.users["admin"], field_id=field.pk)
    with pytest.raises(Refused):
        services.ask_index(user=cast.users["admin"], field_id=field.pk)
    assert catalogue().active("customer")["short"].index == "building"
