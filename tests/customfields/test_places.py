"""Where values go: API, batch, form, profile, lists, filters, sorts, files; field rules count everywhere."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import time
from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import FieldRule
from crm.kit.customfields import size
from crm.kit.models import CustomField
from customers.imports.exporting import export
from customers.models import Customer
from sales.models import Deal
from service.models import Ticket
from tests.cast import NOW, Cast
from tests.counting import counting
from tests.customfields.conftest import LEVELS, add_field

JSON = "application/json"


def patch(client: Client, cast: Cast, actor: str, pk: int, custom: dict[str, Any]) -> Any:
    """A partial update of a customer's own fields."""
    return client.patch(
        f"/api/v1/customers/{pk}/", json.dumps({"custom": custom}), content_type=JSON, headers=cast.headers(actor)
    )


def hold(cast: Cast, band: str, **custom: Any) -> Customer:
    """Write values past the services."""
    row: Customer = cast.rows[band]["customer"]
    Customer.objects.filter(pk=row.pk).update(custom=custom)
    row.refresh_from_db()
    return row


@pytest.fixture
def every_type(cast: Cast) -> dict[str, CustomField]:
    """One field of each type."""
    choices: dict[str, Any] = {"choice": LEVELS, "multi": LEVELS}
    return {
        type: add_field(cast, f"My {type}", type, choices=choices.get(type, ())) for type in CustomField.Type.values
    }


def values_for(cast: Cast) -> dict[str, Any]:
    """A value of each type."""
    return {
        "my_text": "0042", "my_long_text": "one\ntwo", "my_number": 3.5, "my_money": {"amount": "10", "currency": "EUR"},
        "my_date": "2026-01-31", "my_choice": "silver", "my_multi": ["gold", "bronze"], "my_boolean": True,
        "my_link": "https://example.com/x", "my_person": cast.users["rep"].pk,
    }  # fmt: skip


def test_the_api_takes_every_type_and_merges(cast: Cast, client: Client, every_type: dict[str, CustomField]) -> None:
    customer = hold(cast, "rep", old="kept")
    answer = patch(client, cast, "rep", customer.pk, values_for(cast))
    assert answer.status_code == 200, answer.text
    assert answer.json()["custom"] == {
        "old": "kept",
        **values_for(cast),
        "my_money": {"amount": "10", "currency": "EUR"},
    }
    answer = patch(client, cast, "rep", customer.pk, {"my_text": None, "my_number": 4})
    assert "my_text" not in answer.json()["custom"]
    assert answer.json()["custom"]["my_number"] == 4
    assert answer.json()["custom"]["my_choice"] == "silver"


def test_the_api_names_every_field_that_does_not_fit(
    cast: Cast, client: Client, every_type: dict[str, CustomField]
) -> None:
    customer = hold(cast, "rep", my_text="old")
    wrong = {"my_number": "x", "my_choice": "wood", "nobody": 1, "my_link": "javascript:1", "my_text": "new"}
    answer = patch(client, cast, "rep", customer.pk, wrong)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"custom.my_number", "custom.my_choice", "custom.nobody", "custom.my_link"}
    customer.refresh_from_db()
    assert customer.custom == {"my_text": "old"}, "all or nothing"


def test_a_batch_rejects_the_row_and_names_the_field(cast: Cast, client: Client) -> None:
    add_field(cast, "Size", "number")
    rows = [
        {"external_id": "a", "name": "A", "custom": {"size": 1}},
        {"external_id": "b", "name": "B", "custom": {"sise": 1}},
    ]
    answer = client.post(
        "/api/v1/customers/batch/",
        json.dumps({"source": "s", "rows": rows}),
        content_type=JSON,
        headers=cast.headers("rep"),
    )
    assert [one["status"] for one in answer.json()["results"]] == ["created", "rejected"]
    assert "custom.sise" in answer.json()["results"][1]["errors"]


def test_deals_and_tickets_take_fields_too(cast: Cast, client: Client) -> None:
    add_field(cast, "Budget", "money", object="deal")
    deal: Deal = cast.rows["rep"]["deal"]
    answer = client.patch(
        f"/api/v1/deals/{deal.pk}/",
        json.dumps({"custom": {"budget": "12 EUR"}}),
        content_type=JSON,
        headers=cast.headers("rep"),
    )
    assert answer.json()["custom"] == {"budget": {"amount": "12", "currency": "EUR"}}
    found = client.get("/api/v1/deals/?custom.budget_min=10&ordering=-custom.budget", headers=cast.headers("rep"))
    assert [one["id"] for one in found.json()["results"]] == [deal.pk]


def test_the_form_holds_every_type(cast: Cast, sign_in: Any, every_type: dict[str, CustomField]) -> None:
    client, customer = sign_in("rep"), hold(cast, "rep", my_choice="gone")
    page = client.get(f"/customers/{customer.pk}/edit/")
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {
        "custom.my_text": "0042", "custom.my_number": "3.5", "custom.my_money": "10 EUR", "custom.my_date": "2026-01-31",
        "custom.my_multi": ["gold", "bronze"], "custom.my_boolean": "no", "custom.my_link": "https://example.com/x",
        "custom.my_long_text": "one", "custom.my_person": "cast-rep",
    }  # fmt: skip
    answer = client.post(f"/customers/{customer.pk}/edit/", sent)
    assert answer.status_code in (302, 303), answer.context["form"].errors
    customer.refresh_from_db()
    assert customer.custom == values_for(cast) | {"my_boolean": False, "my_long_text": "one", "my_choice": "gone"}


def test_a_value_is_edited_in_place(cast: Cast, sign_in: Any, every_type: dict[str, CustomField]) -> None:
    client, customer = sign_in("rep"), hold(cast, "rep")
    htmx = {"HX-Request": "true"}
    address = f"/customers/{customer.pk}/own/my_money/"
    assert 'name="custom.my_money"' in client.get(address, headers=htmx).text
    assert client.post(address, {"custom.my_money": "twelve"}, headers=htmx).status_code == 422
    assert "10" in client.post(address, {"custom.my_money": "10 EUR"}, headers=htmx).text
    customer.refresh_from_db()
    assert customer.custom["my_money"] == {"amount": "10", "currency": "EUR"}
    stale = client.post(address, {"custom.my_money": "11 EUR", "version": "0"}, headers=htmx)
    assert stale.status_code == 422
    assert client.get(f"/customers/{customer.pk}/own/nothing/").status_code == 404
    assert sign_in("rival").get(address).status_code == 404
    assert client.get(address).status_code == 200, "a page of its own without a script"


def test_a_field_that_was_added_shows_at_once(cast: Cast, sign_in: Any) -> None:
    client = sign_in("rep")
    assert "custom.plan" not in client.get("/customers/?part=display").text
    add_field(cast, "Plan")
    assert "custom.plan" in client.get("/customers/?part=display").text
    hold(cast, "rep", plan="kiteplan")
    assert "kiteplan" not in client.get("/customers/").text, "off by default"
    assert "kiteplan" in client.get("/customers/?columns=custom.plan").text
    CustomField.objects.filter(name="plan").delete()
    assert "kiteplan" not in client.get("/customers/?columns=custom.plan").text


FILTERS = [
    ("my_text", "custom.my_text=0042"), ("my_text", "custom.my_text_contains=04"), ("my_number", "custom.my_number_min=3.5"),
    ("my_number", "custom.my_number_max=3.5"), ("my_money", "custom.my_money_min=10&custom.my_money_max=10"),
    ("my_date", "custom.my_date_after=2026-01-31&custom.my_date_before=2026-02-01"), ("my_choice", "custom.my_choice=silver"),
    ("my_multi", "custom.my_multi=bronze&custom.my_multi=silver"), ("my_boolean", "custom.my_boolean=true"),
    ("my_link", "custom.my_link=HTTPS://example.com/x"), ("my_long_text", "custom.my_long_text_contains=TWO"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "query"), FILTERS)
def test_lists_and_api_filter_by_every_type(
    cast: Cast, sign_in: Any, client: Client, every_type: dict[str, CustomField], name: str, query: str
) -> None:
    mine = hold(cast, "rep", **values_for(cast))
    other = hold(cast, "root", my_number=99, my_boolean=False, my_date="2020-01-01", my_multi=["silverish"])
    found = client.get(f"/api/v1/customers/?{query}", headers=cast.headers("admin")).json()
    assert mine.pk in [one["id"] for one in found["results"]], found
    assert (other.pk in [one["id"] for one in found["results"]]) == (query == "custom.my_number_min=3.5")
    assert mine.name in sign_in("admin").get(f"/customers/?{query}").text


def test_a_person_is_a_filter(cast: Cast, client: Client, every_type: dict[str, CustomField]) -> None:
    mine = hold(cast, "rep", my_person=cast.users["rep"].pk)
    found = client.get(
        f"/api/v1/customers/?custom.my_person={cast.users['rep'].pk}", headers=cast.headers("admin")
    ).json()
    assert [one["id"] for one in found["results"]] == [mine.pk]
    empty = client.get("/api/v1/customers/?custom.my_person=none", headers=cast.headers("admin")).json()
    assert mine.pk not in [one["id"] for one in empty["results"]]


def test_an_unknown_or_broken_filter_is_refused(cast: Cast, client: Client, every_type: dict[str, CustomField]) -> None:
    for query in ("custom.nothing=1", "custom.my_number_min=x", "custom.my_choice=wood", "ordering=custom.my_multi"):
        assert client.get(f"/api/v1/customers/?{query}", headers=cast.headers("rep")).status_code == 400, query


@pytest.mark.parametrize("name", ["my_text", "my_number", "my_money", "my_date", "my_choice", "my_boolean", "my_link"])
@pytest.mark.parametrize("falling", ["", "-"])
def test_lists_are_sorted_by_a_field_page_by_page(
    cast: Cast, client: Client, every_type: dict[str, CustomField], name: str, falling: str
) -> None:
    """Every row once, the filled ones in order, then the empty ones; back again the same way."""
    sample: dict[str, list[Any]] = {
        "my_text": ["b", "A", "c", "a"], "my_number": [10, 9.5, -1, 9.5], "my_date": ["2026-01-02", "2025-12-31", "2026-01-01"],
        "my_money": [{"amount": "9", "currency": "EUR"}, {"amount": "10", "currency": "EUR"}],
        "my_choice": ["silver", "gold"], "my_boolean": [True, False], "my_link": ["https://b.example", "https://a.example"],
    }  # fmt: skip
    Customer.objects.update(deleted_at=NOW)
    team = cast.teams["north"]
    for value in sample[name]:
        Customer.objects.create(name="x", team=team, custom={name: value})
    for _n in range(3):
        Customer.objects.create(name="empty", team=team)
    key = {"my_text": str.lower, "my_money": lambda one: float(one["amount"])}.get(name, lambda one: one)
    seen, last = walk(client, cast, f"/api/v1/customers/?ordering={falling}custom.{name}&page_size=2", "next")
    assert len({one["id"] for one in seen}) == len(seen) == len(sample[name]) + 3
    filled = [key(one["custom"][name]) for one in seen if name in one["custom"]]
    assert filled == sorted(filled, reverse=bool(falling))
    assert all(name not in one["custom"] for one in seen[-3:])
    back, _first = walk(client, cast, last, "previous")
    assert [one["id"] for one in back] == [one["id"] for one in seen]


def walk(client: Client, cast: Cast, address: str, way: str) -> tuple[list[dict[str, Any]], str]:
    """All rows from a page on, in the order of the list, and the last page's address."""
    rows: list[dict[str, Any]] = []
    while True:
        page = client.get(address.replace("http://testserver", ""), headers=cast.headers("admin")).json()
        rows = [*rows, *page["results"]] if way == "next" else [*page["results"], *rows]
        if not page[way]:
            return rows, address
        address = page[way]


def test_a_forged_cursor_is_refused(cast: Cast, client: Client, every_type: dict[str, CustomField]) -> None:
    for name, value in (("my_number", "abc"), ("my_number", "NaN"), ("my_text", ["x"])):
        body = json.dumps([f"custom.{name}", 0, value, 1, 0]).encode()
        cursor = base64.urlsafe_b64encode(body).decode().rstrip("=")
        answer = client.get(f"/api/v1/customers/?ordering=custom.{name}&cursor={cursor}", headers=cast.headers("rep"))
        assert answer.status_code == 400, (name, value)


def test_a_large_table_offers_an_index_instead_of_waiting(
    cast: Cast, sign_in: Any, client: Client, every_type: dict[str, CustomField], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "rows_estimated", lambda held: 1_000_000)
    for query in ("ordering=custom.my_text", "custom.my_text=x", "custom.my_text_contains=x", "custom.my_multi=gold"):
        answer = client.get(f"/api/v1/customers/?{query}", headers=cast.headers("rep"))
        assert answer.status_code == 400 and "1,000,000" in answer.text, query
    page = sign_in("admin").get("/customers/?ordering=custom.my_text", follow=True).text
    assert f"/settings/fields/{every_type['text'].pk}/" in page
    every_type["text"].index = "ready"
    every_type["text"].save()
    answer = client.get("/api/v1/customers/?ordering=custom.my_text&custom.my_text=x", headers=cast.headers("rep"))
    assert answer.status_code == 200


def everywhere(cast: Cast, client: Client, browser: Client, pk: int, name: str) -> dict[str, str]:
    """What a reader gets of a field in every place that shows it."""
    user = cast.users["agent"]
    found = {
        "list": browser.get(f"/customers/?columns=custom.{name}").text,
        "record": browser.get(f"/customers/{pk}/").text,
        "api row": client.get(f"/api/v1/customers/{pk}/", headers=cast.headers("agent")).text,
        "api list": client.get("/api/v1/customers/", headers=cast.headers("agent")).text,
    }
    for file_format in ("csv", "ndjson"):
        out = io.BytesIO()
        export(kind_name="customers", file_format=file_format, fields=(), user=user, out=out)
        found[file_format] = out.getvalue().decode()
    out = io.BytesIO()
    export(kind_name="customers", file_format="ndjson", fields=("custom",), user=user, out=out)
    return found | {"whole bag": out.getvalue().decode()}


@pytest.mark.parametrize("level", ["masked", "hidden"])
def test_a_masked_field_looks_the_same_everywhere(cast: Cast, sign_in: Any, client: Client, level: str) -> None:
    """A53: list, page, API, CSV, NDJSON; it neither filters nor sorts, and cannot be written."""
    add_field(cast, "Secret number")
    customer = hold(cast, "rep", secret_number="13812340000")
    FieldRule.objects.create(role="agent", object="customer", field="custom.secret_number", level=level)
    browser = sign_in("agent")
    for place, text in everywhere(cast, client, browser, customer.pk, "secret_number").items():
        assert "13812340000" not in text, place
        assert ("138****0000" in text) == (level == "masked"), place
    assert "13812340000" in sign_in("rep").get(f"/customers/{customer.pk}/").text
    for query in (
        "custom.secret_number=13812340000",
        "ordering=custom.secret_number",
        "custom.secret_number_contains=1",
    ):
        assert client.get(f"/api/v1/customers/?{query}", headers=cast.headers("agent")).status_code == 400, query
    FieldRule.objects.create(role="rep", object="customer", field="custom.secret_number", level=level)
    assert patch(client, cast, "rep", customer.pk, {"secret_number": "1"}).status_code == 400
    assert browser.get(f"/customers/{customer.pk}/own/secret_number/").status_code in (403, 404)


def test_rules_are_set_on_the_page_of_the_field(cast: Cast, sign_in: Any) -> None:
    field = add_field(cast, "Plan")
    levels = {"rep": "write", "agent": "hidden", "manager": "read", "integrator": "write"}
    sign_in("admin").post(f"/settings/fields/{field.pk}/rules/", levels)
    kept = dict(FieldRule.objects.filter(field="custom.plan").values_list("role", "level"))
    assert kept == {"agent": "hidden", "manager": "read"}


def test_a_list_as_csv_keeps_leading_zeros_and_plain_values(
    cast: Cast, sign_in: Any, every_type: dict[str, CustomField]
) -> None:
    hold(cast, "rep", **values_for(cast))
    names = ",".join(f"custom.my_{type}" for type in CustomField.Type.values)
    answer = sign_in("rep").get(f"/customers/?format=csv&columns={names}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["My text"] == "0042"
    assert row["My money"] == "10 EUR"
    assert row["My date"] == "2026-01-31"
    assert row["My multi"] == "gold; bronze"


def test_three_hundred_fields_cost_a_page_nothing(cast: Cast, sign_in: Any) -> None:
    """The same number of queries, and nearly the same time."""
    client, customer = sign_in("rep"), hold(cast, "rep", plan="x")
    add_field(cast, "Plan")
    pages = ("/customers/", "/customers/?columns=custom.plan&ordering=custom.plan", f"/customers/{customer.pk}/")
    few = {page: measured(client, page) for page in pages}
    CustomField.objects.bulk_create(
        CustomField(object="customer", name=f"field_{n}", label=f"Field {n}", position=n + 5) for n in range(300)
    )
    many = {page: measured(client, page) for page in pages}
    for page in pages:
        assert many[page][0] == few[page][0], page
        assert many[page][1] < few[page][1] * 2 + 0.03, (page, few[page], many[page])


def measured(client: Client, address: str) -> tuple[int, float]:
    """Queries, and the least seconds of a few tries."""
    counted, spent = [], []
    for _try in range(6):
        began = time.perf_counter()
        with counting() as caught:
            assert client.get(address).status_code == 200
        spent.append(time.perf_counter() - began)
        counted.append(len(caught))
    return min(counted), min(spent)


def test_the_filter_form_offers_the_fields(cast: Cast, sign_in: Any, every_type: dict[str, CustomField]) -> None:
    page = sign_in("rep").get("/customers/?part=filters").text
    assert set(re.findall(r'name="(custom\.[a-z_]+)"', page)) >= {
        "custom.my_text",
        "custom.my_number_min",
        "custom.my_multi",
    }


def test_deals_and_tickets_show_and_change_their_fields_on_their_pages(cast: Cast, sign_in: Any) -> None:
    client = sign_in("admin")
    for obj, where in (("deal", "/sales/deals"), ("ticket", "/service/tickets")):
        add_field(cast, "Shelf", "number", object=obj)
        row = cast.rows["rep"][obj]
        assert client.post(f"{where}/{row.pk}/own/", {"custom.shelf": "many"}).status_code == 422
        assert client.post(f"{where}/{row.pk}/own/", {"custom.shelf": "42"}).status_code in (302, 303)
        row.refresh_from_db()
        assert row.custom == {"shelf": 42}
        page = client.get(f"{where}/{row.pk}/").text
        assert "Shelf" in page and f"{where}/{row.pk}/own/" in page
        assert sign_in("rival").get(f"{where}/{row.pk}/own/").status_code in (403, 404)


def test_new_deals_and_tickets_take_fields_in_their_forms(cast: Cast, sign_in: Any) -> None:
    client = sign_in("admin")
    add_field(cast, "Shelf", "number", object="deal", required=True)
    add_field(cast, "Tone", "choice", object="ticket", choices=["kind", "cross"])
    form = client.get("/sales/deals/new/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "title": "Big one",
        "stage": form["stage"].field.choices[0][0],
    }
    assert client.post("/sales/deals/new/", sent).status_code == 422, "the field is required"
    assert client.post("/sales/deals/new/", sent | {"custom.shelf": "7"}).status_code in (302, 303)
    assert Deal.objects.get(title="Big one").custom == {"shelf": 7}
    form = client.get("/service/tickets/new/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "subject": "Why",
        "queue": form["queue"].field.choices[0][0],
    }
    assert client.post("/service/tickets/new/", sent | {"custom.tone": "cross"}).status_code in (302, 303)
    assert Ticket.objects.get(subject="Why").custom == {"tone": "cross"}
