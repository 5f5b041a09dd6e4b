"""The hint while somebody types: fuzzy, with reasons, within reach, silent about masked fields."""

import pytest

from customers.duplicates.selectors import similar
from tests.cast import make_cast, make_customer

pytestmark = pytest.mark.django_db

TYPED = {"name": "Greta Lindkvist", "phone": "08-123 456 78"}


@pytest.fixture
def cast(db):
    made = make_cast()
    make_customer("Greta Lindqvist", phone="+46 8 123 456 78", city="Uppsala", team=made.teams["north"])
    return made


def scanned():
    from django.utils import timezone

    from customers.duplicates.scan import run_scan

    run_scan(whole=True, now=timezone.now())


def test_a_name_with_a_slip_and_the_same_phone_are_a_hint(client, cast):
    scanned()
    client.force_login(cast.users["rep"])
    page = client.get("/customers/similar/", TYPED).content.decode()
    assert "Greta Lindqvist" in page
    assert "same phone" in page


def test_another_team_sees_no_hint(client, cast):
    scanned()
    assert similar(user=cast.users["rival"], values=TYPED) == []


def test_a_masked_phone_leads_to_nobody(cast):
    scanned()
    assert "phone" in cast.users["agent"].access.restricted_fields("customer")
    assert similar(user=cast.users["agent"], values={"phone": TYPED["phone"]}) == []


def test_the_same_name_is_a_hint_even_before_the_first_scan(cast):
    found = similar(user=cast.users["rep"], values={"name": "greta lindqvist"})
    assert [one.customer.name for one in found] == ["Greta Lindqvist"]


def test_the_api_tells_points_that_add_up(client, cast):
    scanned()
    answer = client.get("/api/v1/customers/similar/", TYPED, headers=cast.headers("rep"))
    one = answer.json()["results"][0]
    assert one["name"] == "Greta Lindqvist"
    assert sum(each["points"] for each in one["reasons"]) == pytest.approx(one["points"], abs=0.01)
    assert client.get("/api/v1/customers/similar/", {"q": "x"}, headers=cast.headers("rep")).status_code == 400
