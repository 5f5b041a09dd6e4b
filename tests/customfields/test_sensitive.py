"""Sensitive fields: sealed at rest, masked in front of everyone, found whole, shown for a reason, keys rotated."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from crm.accounts.models import AuditEntry
from crm.kit import crypto
from crm.kit.customfields import merged, rotation, unmasking
from crm.kit.customfields.values import masked
from crm.kit.models import CustomField
from customers.models import Customer
from tests.cast import Cast
from tests.customfields.conftest import add_field
from tests.customfields.test_places import everywhere, patch

SECRET = "13812340000"


def key(name: str) -> str:
    return f"{name}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def passport(cast: Cast) -> CustomField:
    return add_field(cast, "Passport", sensitive=True)


@pytest.fixture
def customer(cast: Cast, client: Client, passport: CustomField) -> Customer:
    """A customer whose passport number came in by the API."""
    row: Customer = cast.rows["rep"]["customer"]
    answer = patch(client, cast, "rep", row.pk, {"passport": SECRET})
    assert answer.status_code == 200, answer.text
    assert answer.json()["custom"]["passport"] == "138****0000"
    row.refresh_from_db()
    return row


def test_a_sealed_value_opens_only_where_it_belongs() -> None:
    stored = crypto.seal("hello", about="customer.a")
    assert "hello" not in json.dumps(stored)
    assert crypto.unseal(stored, about="customer.a") == "hello"
    assert crypto.seal("hello", about="customer.a")["sealed"] != stored["sealed"], "a fresh nonce each time"
    for other in ({**stored, "key": "k99"}, {**stored, "sealed": crypto.seal("x", about="customer.b")["sealed"]}):
        with pytest.raises(crypto.Unreadable):
            crypto.unseal(other, about="customer.a")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(stored, about="customer.b")


def test_the_blind_index_is_the_same_for_the_same_text_of_one_field_only() -> None:
    one, again = crypto.seal("Ab 1", about="customer.a"), crypto.seal("ab  1", about="customer.a")
    assert one["index"] == again["index"] in crypto.indexes("AB 1", about="customer.a")
    assert crypto.seal("Ab 1", about="customer.b")["index"] != one["index"]


def test_a_dump_of_the_tables_holds_no_plain_text(cast: Cast, client: Client, customer: Customer) -> None:
    """Also of the history, after the value was changed and emptied."""
    patch(client, cast, "rep", customer.pk, {"passport": "kitesecondvalue"})
    patch(client, cast, "rep", customer.pk, {"passport": None})
    with connection.cursor() as cursor:
        for table in ("customers_customer", Customer.pgh_event_model._meta.db_table, "accounts_auditentry", "kit_job"):  # type: ignore[attr-defined]
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            dump = cursor.fetchone()[0] or ""
            assert SECRET not in dump and "kitesecondvalue" not in dump, table
            assert "138****0000" not in dump


def test_everyone_sees_the_mask_everywhere(cast: Cast, sign_in: Any, client: Client, customer: Customer) -> None:
    for place, text in everywhere(cast, client, sign_in("agent"), customer.pk, "passport").items():
        assert SECRET not in text and "sealed" not in text, place
        assert "138****0000" in text, place
    admin = sign_in("admin")
    for address in ("/customers/?columns=custom.passport", f"/customers/{customer.pk}/", f"/customers/{customer.pk}/edit/",
                    f"/customers/{customer.pk}/?tab=timeline&type=changes"):  # fmt: skip
        assert SECRET not in admin.get(address).text and "sealed" not in admin.get(address).text, address


def test_it_is_found_by_the_whole_value_and_never_sorted(cast: Cast, client: Client, customer: Customer) -> None:
    def ids(query: str) -> Any:
        answer = client.get(f"/api/v1/customers/?{query}", headers=cast.headers("rep"))
        return [one["id"] for one in answer.json()["results"]] if answer.status_code == 200 else answer.status_code

    assert ids(f"custom.passport={SECRET}") == [customer.pk]
    assert ids("custom.passport=1381234000") == []
    assert ids("custom.passport_contains=138") == 400
    assert ids("ordering=custom.passport") == 400


def test_the_mask_sent_back_changes_nothing(cast: Cast, client: Client, customer: Customer, sign_in: Any) -> None:
    before = customer.custom
    patch(client, cast, "rep", customer.pk, {"passport": "138****0000"})
    browser = sign_in("rep")
    page = browser.get(f"/customers/{customer.pk}/edit/")
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"title": "Chief"}
    assert browser.post(f"/customers/{customer.pk}/edit/", sent).status_code in (302, 303)
    customer.refresh_from_db()
    assert customer.custom == before
    assert customer.title == "Chief"


def test_a_value_is_shown_for_a_reason_and_written_down(cast: Cast, sign_in: Any, customer: Customer) -> None:
    cache.clear()
    client, address = sign_in("admin"), f"/customers/{customer.pk}/own/passport/unmask/"
    assert f'href="{address}"' in client.get(f"/customers/{customer.pk}/").text
    assert SECRET not in client.get(address).text
    assert client.post(address, {"reason": "hm"}).status_code == 422
    assert not AuditEntry.objects.filter(action="unmask").exists()
    answer = client.post(address, {"reason": "the customer called about the visa"})
    assert SECRET in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action="unmask")
    assert entry.user_id == cast.users["admin"].pk
    assert entry.detail == {
        "field": "custom.passport",
        "id": customer.pk,
        "reason": "the customer called about the visa",
    }


@pytest.mark.parametrize(
    ("kind", "base"), [("contact", "contacts"), ("deal", "sales/deals"), ("ticket", "service/tickets")]
)
def test_other_records_show_a_sensitive_value_the_same_way(cast: Cast, sign_in: Any, kind: str, base: str) -> None:
    """The eye beside the mask, a reason, a line in the trail; nobody without the right."""
    cache.clear()
    row = cast.rows["rep"][kind]
    add_field(cast, "Passport", object=kind, sensitive=True)
    type(row).objects.filter(pk=row.pk).update(custom={"passport": crypto.seal(SECRET, about=f"{kind}.passport")})
    page, address = f"/{base}/{row.pk}/", f"/{base}/{row.pk}/own/passport/unmask/"
    client = sign_in("admin")
    assert f'href="{address}"' in client.get(page).text
    assert "138****0000" in client.get(page).text
    assert SECRET not in client.get(address).text
    assert SECRET in client.post(address, {"reason": "asked by the owner"}).text
    assert AuditEntry.objects.get(action="unmask").object == kind
    assert address not in sign_in("rep").get(page).text
    assert sign_in("rep").post(address, {"reason": "curious me"}).status_code == 403


@pytest.mark.parametrize("actor", ["rep", "manager", "agent", "integrator", "outsider"])
def test_unmasking_is_a_right_of_its_own(cast: Cast, sign_in: Any, customer: Customer, actor: str) -> None:
    client, address = sign_in(actor), f"/customers/{customer.pk}/own/passport/unmask/"
    answer = client.post(address, {"reason": "curious me"})
    assert answer.status_code == 403 and SECRET not in answer.text
    assert address not in client.get(f"/customers/{customer.pk}/").text


def test_unmasking_is_limited(cast: Cast, sign_in: Any, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(unmasking, "UNMASKED_AN_HOUR", 2)
    client, address = sign_in("admin"), f"/customers/{customer.pk}/own/passport/unmask/"
    shown = [SECRET in client.post(address, {"reason": "a good reason"}).text for _n in range(4)]
    assert shown == [True, True, False, False]
    assert AuditEntry.objects.filter(action="unmask").count() == 2


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the ring by hand; ``keys("a", "b")`` makes them once each."""
    made: dict[str, str] = {}

    def use(*names: str) -> None:
        for name in names:
            made.setdefault(name, key(name))
        monkeypatch.setattr(settings, "FIELD_KEYS", ",".join(made[name] for name in names))
        monkeypatch.setattr(settings, "FIELD_KEY_FILE", "")

    return use


def sealed_customers(cast: Cast, count: int) -> list[Customer]:
    user = cast.users["admin"]
    return Customer.objects.bulk_create(
        Customer(
            name=f"Sealed {n}", team=cast.teams["north"],
            custom=merged({"passport": f"kitepass{n}"}, obj="customer", user=user),
        )
        for n in range(count)
    )  # fmt: skip


def test_keys_rotate_and_a_killed_rotation_goes_on(
    cast: Cast, passport: CustomField, keys: Any, monkeypatch: Any
) -> None:
    keys("old")
    rows = sealed_customers(cast, 25)
    Customer.objects.filter(pk=rows[0].pk).update(name="Changed once")  # its history holds the old seal
    keys("new", "old")
    monkeypatch.setattr(rotation, "CHUNK", 10)

    class Killed(BaseException):
        pass

    def killed_after_the_first(table: str, tally: rotation.Tally) -> None:
        raise Killed

    with pytest.raises(Killed):
        rotation.rotate(told=killed_after_the_first)
    versions = dict(Customer.objects.values_list("pk", "version"))
    seen = [
        row.custom["passport"]["key"]
        for row in Customer.objects.filter(name__startswith="Sealed") | Customer.objects.filter(pk=rows[0].pk)
    ]
    assert sorted(set(seen)) == ["new", "old"], "the first chunk is done, the rest is as it was"
    done = rotation.rotate(told=lambda table, tally: None)
    assert (done.rows, done.unreadable) == (15 + 1, 0), "the rows left, and the one of the history"
    keys("new")
    for n, row in enumerate(Customer.objects.filter(pk__in=[one.pk for one in rows]).order_by("pk")):
        assert masked(passport, row.custom["passport"]) == "k****"
        assert crypto.unseal(row.custom["passport"], about="customer.passport") == f"kitepass{n}"
        assert row.version == versions[row.pk]
    event = Customer.pgh_event_model.objects.get(pgh_obj_id=rows[0].pk)  # type: ignore[attr-defined]
    assert crypto.unseal(event.custom["passport"], about="customer.passport") == "kitepass0"
    assert rotation.rotate(told=lambda table, tally: None).rows == 0


def test_a_value_is_found_while_keys_rotate(cast: Cast, passport: CustomField, keys: Any, client: Client) -> None:
    keys("old")
    (row,) = sealed_customers(cast, 1)
    keys("new", "old")
    answer = client.get("/api/v1/customers/?custom.passport=kitepass0", headers=cast.headers("admin"))
    assert [one["id"] for one in answer.json()["results"]] == [row.pk]


def test_a_wrong_key_shows_nothing_and_writes_nothing(
    cast: Cast, passport: CustomField, keys: Any, client: Client, sign_in: Any
) -> None:
    keys("old")
    (row,) = sealed_customers(cast, 1)
    before = Customer.objects.get(pk=row.pk).custom
    keys("stranger")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(before["passport"], about="customer.passport")
    with pytest.raises(CommandError):
        call_command("rotate_keys")
    assert Customer.objects.get(pk=row.pk).custom == before
    for text in (
        client.get(f"/api/v1/customers/{row.pk}/", headers=cast.headers("admin")).text,
        sign_in("admin").get(f"/customers/{row.pk}/").text,
        sign_in("admin").post(f"/customers/{row.pk}/own/passport/unmask/", {"reason": "a good reason"}).text,
    ):
        assert before["passport"]["sealed"] not in text and "kitepass0" not in text
        assert "****" in text or "stranger" not in text


def test_an_embedded_installation_makes_its_key_and_a_newer_one(tmp_path: Any, monkeypatch: Any) -> None:
    file = tmp_path / "field-keys"
    file.write_text(key("k1"), encoding="ascii")
    monkeypatch.setattr(settings, "FIELD_KEYS", "")
    monkeypatch.setattr(settings, "FIELD_KEY_FILE", str(file))
    stored = crypto.seal("x", about="a.b")
    assert stored["key"] == "k1"
    assert crypto.new_key() == "k2"
    assert crypto.seal("x", about="a.b")["key"] == "k2", "a running process takes the new key up by itself"
    assert crypto.unseal(stored, about="a.b") == "x"
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(settings, "FIELD_KEY_FILE", "")
    with pytest.raises(crypto.Unreadable):
        crypto.new_key()
