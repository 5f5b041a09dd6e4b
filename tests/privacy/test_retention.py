"""Retention: what is older than the rules allow goes in chunks, with proof; a legal hold keeps it."""

from __future__ import annotations

import datetime as dt
import os

import pytest
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.conf import CONF
from crm.kit.errors import Invalid, Refused
from customers.models import Customer, EraseProof, Interaction, LegalHold, RetentionRun
from customers.privacy import retention
from tests.cast import Cast, make_cast, make_customer

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def at(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def allow(cast: Cast, **days: int) -> None:
    rules = {name.replace("_", "."): (number, True) for name, number in days.items()}
    retention.set_rules(user=cast.users["admin"], rules=rules, now=NOW)


def talk(customer: Customer, days: int, kind: str = "web") -> Interaction:
    return Interaction.objects.create(customer=customer, kind=kind, occurred_at=at(days))


def test_nothing_goes_without_an_active_rule(cast: Cast) -> None:
    talk(make_customer(), 9000)
    assert retention.run(now=NOW) == {}
    assert Interaction.objects.filter(kind="web").count() == 1


def test_old_interactions_of_a_kind_go_in_chunks_but_not_under_a_hold(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    free, kept = make_customer("Free"), make_customer("Kept")
    LegalHold.objects.create(customer=kept, reason="court", placed_at=NOW)
    old = [talk(free, 100 + number) for number in range(5)]
    stay = [talk(free, 99), talk(free, 500, "note"), talk(kept, 500)]
    allow(cast, interaction_web=100)
    due = next(
        line for line in retention.lines(now=NOW + dt.timedelta(seconds=1)) if line.kind.name == "interaction.web"
    )
    assert due.due == len(old)
    assert retention.run(now=NOW + dt.timedelta(seconds=1)) == {"interaction.web": 5}
    assert set(Interaction.objects.filter(customer__in=[free, kept])) == set(stay)
    assert RetentionRun.objects.get().counts == {"interaction.web": 5}
    assert AuditEntry.objects.filter(action="retention").exists()


def test_the_trash_is_emptied_by_erasing_with_proof(cast: Cast) -> None:
    old, young, kept = (make_customer(name, deleted_at=at(days)) for name, days in (("A", 40), ("B", 20), ("C", 40)))
    LegalHold.objects.create(customer=kept, reason="court", placed_at=NOW)
    allow(cast, customer_trash=30)
    assert retention.run(now=NOW) == {"customer.trash": 1}
    assert set(Customer.objects.exclude(deleted_at=None)) == {young, kept}
    proof = EraseProof.objects.get()
    assert (proof.subject_id, proof.reason, proof.state) == (old.pk, "retention", "done")


def test_old_rejects_files_go(cast: Cast) -> None:
    place = CONF.data_dir / "imports" / "0b6f3c1e-0000-4000-8000-000000000001"
    place.mkdir(parents=True, exist_ok=True)
    file = place / "rejects.csv"
    file.write_text("x")
    os.utime(file, (at(91).timestamp(), at(91).timestamp()))
    allow(cast, import_rejects=90)
    assert retention.run(now=NOW)["import.rejects"] >= 1
    assert not file.exists()


def test_rules_need_the_right_and_days_that_make_sense(cast: Cast) -> None:
    for days in (0, 40_000):
        with pytest.raises(Invalid):
            allow(cast, customer_trash=days)
    with pytest.raises(Refused):
        retention.set_rules(user=cast.users["manager"], rules={"customer.trash": (30, True)}, now=NOW)
