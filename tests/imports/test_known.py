"""Rows find records that are here already by e-mail, phone or name, where the mapping says so."""

from __future__ import annotations

from typing import Any

import pytest

from customers.imports.undo import undo_import
from customers.models import Contact, Customer, ExternalId, ImportJob
from customers.services import create_customer
from tests.cast import make_user, root_team
from tests.imports.conftest import NOW, Run, counted, rejected

pytestmark = pytest.mark.django_db


def by(key: str) -> dict[str, Any]:
    """A mapping that only chooses the key."""
    return {"options": {"find_by": key}}


@pytest.fixture
def ada() -> Customer:
    """Made by hand, so that no source knows her."""
    boss = make_user("boss", "admin", root_team())
    values = {"name": "Ada Lovelace", "company": "Engines", "email": "Ada@Example.org", "phone": "+49 30 1234567"}
    return create_customer(user=boss, values=values, now=NOW)


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("email", "id,name,email,city\nA1,Ada L,ada@example.org,Berlin\n"),
        ("phone", "id,name,phone,country,city\nA1,Ada L,030 1234567,DE,Berlin\n"),
        ("name", "id,name,company,city\nA1,ada lovelace,engines,Berlin\n"),
    ],
)
def test_a_record_is_found_by_the_chosen_key_and_then_known_by_the_files_id(ada: Customer, bring: Run, key: str, file: str) -> None:  # fmt: skip
    assert counted(bring("customers", file, mapping=by(key))) == (1, 0, 1, 0, 0, 0)
    ada.refresh_from_db()
    assert ada.city == "Berlin"
    assert ExternalId.objects.get(external_id="A1").customer == ada
    assert counted(bring("customers", file, mapping=None)) == (1, 0, 0, 1, 0, 0)


def test_without_the_choice_only_ids_count(ada: Customer, bring: Run) -> None:
    assert counted(bring("customers", "id,name,email\nA1,Ada L,ada@example.org\n")) == (1, 1, 0, 0, 0, 0)


def test_two_records_with_the_key_refuse_the_row(ada: Customer, bring: Run) -> None:
    twin = {"name": "Ada Twin", "email": "ada@example.org"}
    create_customer(user=make_user("second", "admin", root_team()), values=twin, now=NOW)
    report = bring("customers", "name,email\nAda,ada@example.org\n", mapping=by("email"))
    assert counted(report) == (1, 0, 0, 0, 0, 1)
    assert "several records" in rejected(report)


def test_of_rows_with_the_same_key_the_last_one_counts(ada: Customer, bring: Run) -> None:
    file = "id,name,email,city\n1,A,ada@example.org,Rome\n2,A,ADA@example.org,Oslo\n3,B,b@example.org,X\n4,B,b@example.org,Y\n"
    assert counted(bring("customers", file, mapping=by("email"))) == (4, 1, 1, 0, 2, 0)
    ada.refresh_from_db()
    assert ada.city == "Oslo"
    assert Customer.objects.get(email="b@example.org").city == "Y"


def test_modes_follow_the_key(ada: Customer, bring: Run) -> None:
    file = "name,email\nAda L,ada@example.org\nBo,bo@example.org\n"
    assert counted(bring("customers", file, mapping=by("email"), mode="update")) == (2, 0, 1, 0, 1, 0)
    assert counted(bring("customers", file, mapping=by("email"), mode="create")) == (2, 1, 0, 0, 1, 0)


def test_records_out_of_reach_are_not_found(ada: Customer, bring: Run, django_user_model: Any) -> None:
    from tests.cast import Team

    own = Team.objects.create(name="Own", parent=root_team())
    Customer.objects.filter(pk=ada.pk).update(team=Team.objects.create(name="Far", parent=root_team()), owner=None)
    chief = make_user("chief", "manager", own)
    report = bring("customers", "name,email\nAda L,ada@example.org\n", mapping=by("email"), user=chief)
    assert counted(report) == (1, 1, 0, 0, 0, 0)


def test_contacts_are_found_too(bring: Run) -> None:
    bring("contacts", "id,name,email\n1,Eve,eve@example.org\n", source="old")
    assert counted(bring("contacts", "name,email,city\nEve,EVE@example.org,Rome\n", mapping=by("email"))) == (1, 0, 1, 0, 0, 0)  # fmt: skip
    assert Contact.objects.get().city == "Rome"


def test_undo_takes_the_new_name_away_again(ada: Customer, bring: Run) -> None:
    report = bring("customers", "id,name,email,city\nA1,Ada L,ada@example.org,Rome\n", mapping=by("email"))
    undo_import(import_id=report["import_id"], user=None, now=NOW)
    ada.refresh_from_db()
    assert (ada.name, ada.city) == ("Ada Lovelace", "")
    assert not ExternalId.objects.filter(external_id="A1").exists()
    assert ImportJob.objects.get(pk=report["import_id"]).state == "undone"
