"""Who changed what, by which way: every path of writing leaves its context, and the API tells it masked by role."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.kit import jobs
from crm.kit.lists import bulk
from crm.kit.models import CustomField
from customers.imports import services as imports
from customers.models import Customer
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def contexts(customer: Customer) -> list[dict[str, Any]]:
    """What the history says of each write, oldest first."""
    events = customer.events.select_related("pgh_context").order_by("pgh_id")  # type: ignore[attr-defined]
    return [one.pgh_context.metadata if one.pgh_context else {} for one in events]


def signed_in(cast: Cast, actor: str) -> Client:
    client = Client()
    client.force_login(cast.users[actor])
    return client


def test_pages_carry_the_person_and_say_that_it_was_a_page(cast: Cast) -> None:
    customer, client = cast.rows["rep"]["customer"], signed_in(cast, "rep")
    base = f"/customers/{customer.pk}"
    client.post(f"{base}/fields/city/", {"city": "Lyon"})
    client.post(f"{base}/tags/", {"add": "vip"})
    client.post(f"{base}/trash/")
    client.post(f"{base}/restore/")
    sent = {"action": "tag", "tag": "new", "ids": [customer.pk]}
    client.post("/customers/", sent)
    found = contexts(customer)
    assert len(found) >= 4
    assert {(one["via"], one["user"]) for one in found} == {("page", cast.users["rep"].pk)}


def test_the_api_carries_the_owner_of_the_key(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    client = Client(headers=cast.headers("rep"))
    client.patch(f"/api/v1/customers/{customer.pk}/", {"city": "Lyon"}, content_type="application/json")
    client.delete(f"/api/v1/customers/{customer.pk}/")
    assert [(one["via"], one["user"]) for one in contexts(customer)] == [("api", cast.users["rep"].pk)] * 2


def test_jobs_carry_their_number_and_who_asked(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]

    @jobs.handler("test.write")
    def write(job: Any, _report: Any) -> None:
        Customer.objects.filter(pk=customer.pk).update(city="Lyon")

    job = jobs.enqueue("test.write", user=cast.users["rep"])
    assert jobs.run(job.pk)
    (found,) = contexts(customer)
    assert (found["via"], found["job"], found["user"]) == ("job", job.pk, cast.users["rep"].pk)
    assert bulk.KIND in jobs.handlers()


def test_imports_carry_their_number(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    customer = cast.rows["rep"]["customer"]
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["external_id", "name", "city"], ["kiterepcustomer-1", customer.name, "Lyon"]])
    now = timezone.now()
    made = imports.new_import(
        kind="customers",
        file_name="people.csv",
        mapping=None,
        source="shop",
        mode="upsert",
        user=cast.users["admin"],
        now=now,
    )
    imports.run(made, file, now=now)
    assert contexts(customer)[-1] | {} == {"via": "import", "import": made.pk, "user": cast.users["admin"].pk}


def test_the_api_tells_old_and_new_of_each_field_with_its_way(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    CustomField.objects.create(object="customer", name="colour", label="Colour")
    signed_in(cast, "rep").post(f"/customers/{customer.pk}/fields/city/", {"city": "Lyon"})
    client = Client(headers=cast.headers("rep"))
    client.patch(
        f"/api/v1/customers/{customer.pk}/", {"email": "new@example.com", "custom": {"colour": "red"}},
        content_type="application/json",
    )  # fmt: skip
    found = client.get(f"/api/v1/customers/{customer.pk}/history/").json()["results"]
    told = [(one["field"], one["old"], one["new"], one["source"], one["user_name"]) for one in found]
    assert told == [
        ("custom.colour", "kiterepcustomer", "red", "api", "cast-rep"),
        ("email", "kiterepmail@example.com", "new@example.com", "api", "cast-rep"),
        ("city", "kiterepcustomer", "Lyon", "page", "cast-rep"),
    ]
    first = client.get(f"/api/v1/customers/{customer.pk}/history/?page_size=1").json()
    second = client.get(f"/api/v1/customers/{customer.pk}/history/?page_size=1&cursor={first['next_cursor']}").json()
    assert [one["field"] for one in second["results"]] == ["city"]
    assert second["next"] is None


def test_masked_fields_are_masked_in_the_history_too(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=customer.pk).update(email="other@example.com")
    answer = Client(headers=cast.headers("agent")).get(f"/api/v1/customers/{customer.pk}/history/")
    assert answer.json()["results"][0]["field"] == "email"
    assert "kiterepmail" not in answer.content.decode()
    assert "other@" not in answer.content.decode()
    assert Client(headers=cast.headers("rival")).get(f"/api/v1/customers/{customer.pk}/history/").status_code == 404
