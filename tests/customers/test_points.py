"""Several e-mails, phones and addresses; the record itself follows the primary ones."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.kit.errors import Invalid, Refused
from customers import services
from customers.models import ContactPoint, Customer
from customers.services.points import newest_state
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(cast: Cast) -> Customer:
    """Without any point but those that the tests add."""
    found = cast.rows["rep"]["customer"]
    found.points.all().delete()
    services.update_customer(
        user=cast.users["rep"], customer_id=found.pk, values={"email": "", "phone": "", "address": ""}
    )
    found.refresh_from_db()
    return found


def add(cast: Cast, row: Customer, kind: str = "email", value: str = "a@example.com", **more: object) -> ContactPoint:
    return services.add_point(
        user=cast.users["rep"], holder=row, values={"kind": kind, "value": value, **more}, now=NOW
    )


def test_the_first_of_its_kind_is_primary_and_the_row_carries_it(cast: Cast, row: Customer) -> None:
    version = row.version
    add(cast, row, value="First@Example.com")
    add(cast, row, value="second@example.com")
    row.refresh_from_db()
    assert row.email == "first@example.com"
    assert row.version > version
    assert [one.primary for one in row.points.order_by("pk")] == [True, False]


def test_another_can_become_primary(cast: Cast, row: Customer) -> None:
    add(cast, row)
    other = add(cast, row, value="b@example.com")
    services.change_point(
        user=cast.users["rep"], holder=row, point_id=other.pk, values={"primary": True, "label": "work"}, now=NOW
    )
    row.refresh_from_db()
    assert row.email == "b@example.com"
    assert row.points.filter(primary=True).count() == 1


def test_a_phone_keeps_its_text_and_has_its_number(cast: Cast, row: Customer) -> None:
    Customer.objects.filter(pk=row.pk).update(country="DE")
    made = add(cast, row, "phone", "030 123 45-67")
    assert (made.value, made.normalised) == ("030 123 45-67", "+49301234567")


def test_removing_the_primary_one_hands_over_and_undo_brings_it_back(cast: Cast, row: Customer) -> None:
    first = add(cast, row, label="home", valid=True)
    add(cast, row, value="b@example.com")
    state = services.remove_point(user=cast.users["rep"], holder=row, point_id=first.pk)
    row.refresh_from_db()
    assert row.email == "b@example.com"
    back = services.put_back_point(user=cast.users["rep"], holder=row, state_id=state)
    row.refresh_from_db()
    assert (row.email, back.label, back.valid, back.primary) == ("a@example.com", "home", True, True)


def test_undo_puts_back_what_a_point_held_unless_somebody_changed_it_since(cast: Cast, row: Customer) -> None:
    made = add(cast, row)
    user = cast.users["rep"]
    services.change_point(user=user, holder=row, point_id=made.pk, values={"value": "typo@example.com"}, now=NOW)
    state = newest_state(made.pk)
    services.put_back_point(user=user, holder=row, state_id=state)
    row.refresh_from_db()
    assert row.email == "a@example.com"
    services.change_point(user=user, holder=row, point_id=made.pk, values={"value": "x@example.com"}, now=NOW)
    with pytest.raises(Refused):
        services.put_back_point(user=user, holder=row, state_id=state)


def test_flags_belong_to_the_value(cast: Cast, row: Customer) -> None:
    made = add(cast, row)
    user = cast.users["rep"]
    values = {"bounced": True, "opted_out": True, "valid": False}
    done = services.change_point(user=user, holder=row, point_id=made.pk, values=values, now=NOW)
    assert (done.bounced_at, done.opted_out_at, done.valid) == (NOW, NOW, False)
    done = services.change_point(
        user=user, holder=row, point_id=made.pk, values={"value": "other@example.com"}, now=NOW
    )
    assert (done.bounced_at, done.opted_out_at, done.valid) == (None, None, None)


def test_the_rows_own_field_moves_the_primary_point_and_keeps_its_label(cast: Cast, row: Customer) -> None:
    made = add(cast, row, label="work")
    other = add(cast, row, value="b@example.com", label="home")
    services.update_customer(user=cast.users["rep"], customer_id=row.pk, values={"email": "new@example.com"})
    made.refresh_from_db()
    assert (made.value, made.label, made.primary) == ("new@example.com", "work", True)
    services.update_customer(user=cast.users["rep"], customer_id=row.pk, values={"email": "b@example.com"})
    other.refresh_from_db()
    made.refresh_from_db()
    assert (other.primary, made.primary) == (True, False)
    assert row.points.count() == 2


@pytest.mark.parametrize(("kind", "value"), [("email", "no mail"), ("phone", "x"), ("address", ""), ("fax", "1")])
def test_what_cannot_be_one_is_told(cast: Cast, row: Customer, kind: str, value: str) -> None:
    with pytest.raises(Invalid):
        add(cast, row, kind, value)


def test_an_agent_sees_them_masked_and_changes_none(cast: Cast, row: Customer, sign_in: object) -> None:
    made = add(cast, row, value="hidden.one@example.com")
    client: Client = sign_in("agent")  # type: ignore[operator]
    body = client.get(f"/customers/{row.pk}/points/").content.decode()
    assert "hidden.one" not in body
    assert "h***@example.com" in body
    assert client.post(f"/customers/{row.pk}/points/", {"kind": "email", "value": "x@example.com"}).status_code == 403
    assert client.post(f"/customers/{row.pk}/points/{made.pk}/remove/").status_code == 403


def test_the_card_says_what_it_did_and_offers_undo(cast: Cast, row: Customer, sign_in: object) -> None:
    made = add(cast, row)
    client: Client = sign_in("rep")  # type: ignore[operator]
    done = client.post(f"/customers/{row.pk}/points/{made.pk}/remove/", headers={"HX-Request": "true"})
    assert done.status_code == 200
    assert f"/customers/{row.pk}/points/undo/" in done.headers["HX-Trigger"]
    address = done.headers["HX-Trigger"].split('"undo": "')[1].split('"')[0]
    assert client.post(address, headers={"HX-Request": "true"}).status_code == 200
    assert row.points.get().value == "a@example.com"


def test_points_over_the_api(cast: Cast, row: Customer) -> None:
    client = Client(headers=cast.headers("rep"))
    where = f"/api/v1/customers/{row.pk}/points/"
    made = client.post(where, {"kind": "phone", "value": "+49 30 5550000"}, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["normalised"] == "+49305550000"
    one = f"{where}{made.json()['id']}/"
    changed = client.patch(one, {"label": "desk", "valid": True}, content_type="application/json")
    assert (changed.json()["label"], changed.json()["valid"]) == ("desk", True)
    assert [point["label"] for point in client.get(where).json()["results"]] == ["desk"]
    rival = Client(headers=cast.headers("rival"))
    assert rival.get(where).status_code == rival.get(one).status_code == 404
    agent = Client(headers=cast.headers("agent")).get(where).json()["results"]
    assert "5550000" not in str(agent)
    assert client.delete(one).status_code == 204
    assert client.get(where).json() == {"results": []}
