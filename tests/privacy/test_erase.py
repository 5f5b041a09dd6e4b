"""Acceptance 6: of an erased person nothing is left in database, Redis, logs, exports; figures and chain hold."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from crm import backends
from crm.accounts.audit import first_fault
from crm.accounts.models import AuditEntry, SavedView
from crm.conf import CONF
from crm.kit import jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job, SearchWord
from customers.models import (
    Customer,
    DuplicatePair,
    EraseProof,
    ExternalId,
    ImportJob,
    Interaction,
    LegalHold,
    Merge,
)
from customers.privacy import erasing, proofs
from sales.models import Deal, Order
from service.models import Ticket
from tests.cast import Cast, make_cast
from tests.privacy.persons import STEM, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def person(cast: Cast) -> Customer:
    proofs.log_path().unlink(missing_ok=True)
    shutil.rmtree(CONF.data_dir / "imports", ignore_errors=True)
    return make_person(cast.users["admin"])


def dump() -> str:
    """The whole database as text."""
    programs = backends.embedded().postgres.programs
    place = connection.settings_dict
    command = [programs.path("pg_dump"), "-h", place["HOST"], "-U", place["USER"], place["NAME"]]
    command += ["-p", str(place["PORT"])] if place["PORT"] else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def redis_text() -> str:
    """All keys of Redis with their values."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    return " ".join(str((key, client.dump(key))) for key in client.scan_iter())


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path) -> Iterator[None]:
    """Files of these tests alone: the workers of a run share one data folder."""
    shared = CONF.data_dir
    for place in (tmp_path / "log", tmp_path / "run"):
        place.mkdir()
    object.__setattr__(CONF, "data_dir", tmp_path)  # frozen for everyone else
    yield
    object.__setattr__(CONF, "data_dir", shared)


def files_text() -> str:
    """Every file that we keep outside the database."""
    places = [CONF.log_dir, CONF.data_dir / "imports", CONF.data_dir / "exports", CONF.data_dir / "media"]
    files: list[Path] = [path for place in places for path in place.rglob("*") if path.is_file()]
    files += [proofs.log_path()] if proofs.log_path().exists() else []
    return "".join(path.read_bytes().decode("utf-16" if path.name == "file" else "utf-8", "ignore") for path in files)


def ask(cast: Cast, person: Customer) -> Job:
    return erasing.ask_erase(
        user=cast.users["admin"], kind="customer", pk=person.pk, typed=person.name, now=timezone.now()
    )


def test_nothing_is_left_of_an_erased_person(cast: Cast, person: Customer) -> None:
    assert dump().count(STEM) > 80
    assert STEM in files_text()
    orders = list(Order.objects.values_list("total", "ordered_at"))
    job = ask(cast, person)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    left = [line for line in dump().splitlines() if STEM in line]
    assert not left, "\n".join(left)
    assert STEM not in redis_text()
    assert STEM not in files_text()
    assert "99887766" not in dump()
    assert not Customer.objects.filter(pk=person.pk).exists()
    assert list(Order.objects.values_list("total", "ordered_at")) == orders
    assert Order.objects.get(number="O-1").customer is None
    assert Deal.objects.filter(customer=None, amount=500).exists()
    assert Ticket.objects.get(number="T-1").subject == "**"
    assert first_fault() is None


def test_traces_of_imports_merges_and_searches_forget_the_person_too(cast: Cast, person: Customer) -> None:
    """A draft of the wizard says why it ended; a word of a name that others have stays for their searches."""
    named = Customer.objects.create(
        name="Quixotella Vanderquist", first_name="Quixotella", last_name="Vanderquist", team=person.team
    )  # fmt: skip
    Customer.objects.create(name="Vanderquist Holdings", team=person.team)
    known = SearchWord.objects.filter(word__in=["quixotella", "vanderquist"])
    assert known.count() == 2
    jobs.run(ask(cast, named).pk)
    assert [one.word for one in known] == ["vanderquist"]
    jobs.run(ask(cast, person).pk)
    draft = ImportJob.objects.get(file_name="c.csv")
    assert (draft.state, draft.mends) == ("failed", {})
    assert "erased" in draft.error
    merge = Merge.objects.get(keep__name="Somebody Else")
    assert merge.after == {"email": "**", "name": "**"}
    assert not DuplicatePair.objects.exists()


def test_others_stay_as_they_were_but_for_the_persons_words(cast: Cast, person: Customer) -> None:
    before = list(Customer.objects.exclude(pk=person.pk).order_by("pk").values())
    jobs.run(ask(cast, person).pk)
    assert list(Customer.objects.order_by("pk").values()) == before
    note = Interaction.objects.get(customer__name="Somebody Else")
    assert note.text == "Asked for **, **."
    assert SavedView.objects.get().query == "search=**"
    rejects = CONF.data_dir / "imports" / str(ImportJob.objects.get(state="done").token) / "rejects.csv"
    assert "Somebody Else" in rejects.read_text(encoding="utf-8-sig")


def test_what_another_shares_with_the_person_stays_with_the_other(cast: Cast, person: Customer) -> None:
    twin = Customer.objects.create(name=person.name, email=person.email, phone=person.phone, team=person.team)
    jobs.run(ask(cast, person).pk)
    again = Customer.objects.get(pk=twin.pk)
    assert (again.name, again.email, again.phone) == (person.name, person.email, person.phone)


def test_the_proof_names_nobody_and_counts_what_went(cast: Cast, person: Customer) -> None:
    jobs.run(ask(cast, person).pk)
    proof = EraseProof.objects.get()
    assert proof.state == "done"
    assert proof.counts["removed"]["customers.Customer"] == 1
    assert proof.counts["removed"]["customers.Interaction"] == 1
    assert proof.counts["kept"]["sales.Order"] == 1
    assert [line["token"] for line in proofs.lines()].count(str(proof.token)) == 1
    assert AuditEntry.objects.filter(action="erase", object=f"customer {person.pk}").exists()


def test_a_run_that_dies_in_the_middle_is_begun_again(
    cast: Cast, person: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(cast, person)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_scrub_trail", die)
        with pytest.raises(KeyboardInterrupt):
            erasing.run_erase(proof_id=int(job.args["proof"]), now=timezone.now())
    assert Customer.objects.filter(pk=person.pk).exists()
    assert ExternalId.objects.filter(customer=person).exists()
    assert jobs.run(job.pk)
    assert STEM not in dump()
    token = str(EraseProof.objects.get(pk=job.args["proof"]).token)
    assert [line["token"] for line in proofs.lines()].count(token) == 1
    again = erasing.run_erase(proof_id=int(job.args["proof"]), now=timezone.now())
    assert again["removed"] > 10


def test_a_legal_hold_keeps_everything(cast: Cast, person: Customer) -> None:
    job = ask(cast, person)
    LegalHold.objects.create(customer=person, reason="court", placed_at=timezone.now())
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "legal hold" in job.error
    assert Customer.objects.filter(pk=person.pk).exists()
    with pytest.raises(Refused, match="legal hold"):
        ask(cast, person)


def test_only_the_typed_name_and_the_right_erase(cast: Cast, person: Customer) -> None:
    now = timezone.now()
    with pytest.raises(Invalid):
        erasing.ask_erase(user=cast.users["admin"], kind="customer", pk=person.pk, typed="x", now=now)
    for actor, status in (("rep", 403), ("agent", 403), ("manager", 404)):
        with pytest.raises(Refused) as refused, transaction.atomic():
            erasing.ask_erase(user=cast.users[actor], kind="customer", pk=person.pk, typed=person.name, now=now)
        assert refused.value.status == status, actor
    assert not EraseProof.objects.exists()


def test_an_import_that_would_bring_the_person_back_is_waited_for(cast: Cast, person: Customer) -> None:
    ImportJob.objects.filter(state="failed").update(state="running")
    job = ask(cast, person)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "still running" in job.error
    assert Customer.objects.filter(pk=person.pk).exists()
