"""Subject access: everything of a person in one archive, in both languages, for seven days."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import pytest
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.kit import jobs
from crm.kit.errors import Refused
from customers.models import Customer, PersonExport
from customers.privacy import copies, erasing
from customers.privacy.files import export_path
from tests.cast import Cast, make_cast
from tests.privacy.persons import STEM, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def person(cast: Cast) -> Customer:
    return make_person(cast.users["admin"])


def make_copy(cast: Cast, person: Customer) -> PersonExport:
    made = copies.ask_copy(user=cast.users["admin"], customer_id=person.pk, now=timezone.now())
    assert jobs.run(made.job_id)
    made.refresh_from_db()
    return made


def test_the_copy_holds_every_text_of_the_person_that_keys_lead_to(cast: Cast, person: Customer) -> None:
    with zipfile.ZipFile(export_path(make_copy(cast, person))) as pack:
        assert sorted(pack.namelist()) == ["data.json", "person.en.html", "person.zh-hans.html"]
        data = json.loads(pack.read("data.json"))
        english, chinese = (pack.read(f"person.{code}.html").decode() for code in ("en", "zh-hans"))
    held = {f"{STEM}{number:03d}" for number in range(1, 200)}
    text = json.dumps(data)
    found = {word for word in held if word in text}
    assert len(found) > 80
    assert not {word for word in found if word not in english or word not in chinese}
    assert data["customers.Customer"][0]["name"] == person.name
    assert {"sales.Order", "sales.Deal", "service.Ticket", "customers.Interaction", "customers.Consent"} <= data.keys()
    assert len(data["customers.CustomerEvent"]) == 1
    assert '<html lang="zh-hans">' in chinese


def test_no_row_of_anybody_else_is_in_it(cast: Cast, person: Customer) -> None:
    with zipfile.ZipFile(export_path(make_copy(cast, person))) as pack:
        assert b"kite" not in pack.read("data.json")


def test_only_who_asked_fetches_it_and_only_for_seven_days(cast: Cast, person: Customer) -> None:
    made, now = make_copy(cast, person), timezone.now()
    assert copies.fetch(user=cast.users["admin"], token=made.token, now=now) == made
    for user, moment in ((cast.users["manager"], now), (cast.users["admin"], now + dt.timedelta(days=7))):
        with pytest.raises(Refused) as refused:
            copies.fetch(user=user, token=made.token, now=moment)
        assert refused.value.status == 404
    assert copies.expire(now=now + dt.timedelta(days=7)) == 1
    assert not export_path(made).exists()
    assert AuditEntry.objects.filter(action="export.person", object=f"customer {person.pk}").exists()


@pytest.mark.parametrize(("actor", "status"), [("rep", 403), ("agent", 403), ("integrator", 403), ("manager", 404)])
def test_the_right_and_the_reach_are_needed(cast: Cast, person: Customer, actor: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        copies.ask_copy(user=cast.users[actor], customer_id=person.pk, now=timezone.now())
    assert refused.value.status == status


def test_a_copy_leaves_with_the_person(cast: Cast, person: Customer) -> None:
    made = make_copy(cast, person)
    erasing.erase_now(kind="customer", pk=person.pk, reason="asked", now=timezone.now())
    assert not export_path(made).exists()
    assert not PersonExport.objects.exists()
