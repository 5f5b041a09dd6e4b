"""Standing exports: a list in a file again and again, with what its owner may see at that moment."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, FieldRule, Grant, User
from crm.kit import jobs
from crm.kit.models import StandingExport, StandingFile
from crm.kit.standing import files, services
from customers.models import Customer
from customers.privacy import erasing
from tests.cast import Cast, make_cast, make_customer

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {
    "name": "Leads", "format": "csv", "every": "day", "weekday": "0", "monthday": "", "at": "06:00", "keep_days": "7",
    "list": "/customers/", "query": "search=kite&columns=email,city",
}  # fmt: skip
SignIn = Callable[[str], Client]


@pytest.fixture
def cast() -> Iterator[Cast]:
    yield make_cast()
    shutil.rmtree(files.folder(), ignore_errors=True)


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    def make(actor: str) -> Client:
        client = Client()
        client.force_login(cast.users[actor])
        return client

    return make


def set_up(client: Client, **values: str) -> StandingExport:
    answer = client.post("/data/exports/new/", {**FORM, **values})
    assert answer.status_code == 303, answer.content
    return StandingExport.objects.latest("pk")


def write(row: StandingExport) -> StandingFile:
    """What the tick and a worker do when the time has come."""
    StandingExport.objects.filter(pk=row.pk).update(next_at=timezone.now())
    assert services.enqueue_due(now=timezone.now()) == 1
    assert services.enqueue_due(now=timezone.now()) == 0, "a second beat finds nothing"
    jobs.run_waiting()
    return StandingFile.objects.filter(export=row).latest("pk")


def text(client: Client, file: StandingFile) -> str:
    answer: Any = client.get(f"/data/exports/files/{file.token}/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_the_file_holds_what_its_owner_may_see_when_it_is_written(cast: Cast, sign_in: SignIn) -> None:
    """Own rows, whole fields; after a new rule the next file is masked; another team's rows never."""
    rep = sign_in("rep")
    row = set_up(rep, mail="on")
    assert row.query == "search=kite&columns=email%2Ccity"
    first = text(rep, write(row))
    assert "kiterepcustomer" in first
    assert "kiterepmail@example.com" in first
    assert "kiterival" not in first
    FieldRule.objects.create(role="rep", object="customer", field="email", level="masked")
    second = text(rep, write(row))
    assert "kiterepcustomer" in second
    assert "kiterepmail@example.com" not in second
    assert "kiterep" not in mail.outbox[-1].body, "no data in the mail"
    assert "/data/exports/" in mail.outbox[-1].body
    assert AuditEntry.objects.filter(action="export", user=cast.users["rep"]).count() == 2
    assert sign_in("admin").get(f"/data/exports/files/{row.files.latest('pk').token}/").status_code == 404


@pytest.mark.parametrize(("how", "why"), [("disabled", "may not sign in"), ("no right", "role no longer reaches")])
def test_an_owner_who_may_not_any_more_gets_no_file_but_a_sentence(
    cast: Cast, sign_in: SignIn, how: str, why: str
) -> None:
    """The export is paused, so that nobody is told every day."""
    row = set_up(sign_in("rep"))
    if how == "disabled":
        User.objects.filter(pk=row.user_id).update(is_active=False)
    else:
        Grant.objects.filter(role="rep", object="customer").delete()
    file = write(row)
    row.refresh_from_db()
    assert why in row.paused
    assert row.next_at is None
    assert file.made_at is None
    assert not list(files.folder().glob("*"))


def test_ndjson_gives_what_stands_there_and_other_formats_guard_formulas(cast: Cast, sign_in: SignIn) -> None:
    """Names of columns as keys; a spreadsheet never takes a name for a formula."""
    make_customer("=HYPERLINK(1)", team=cast.teams["north"], owner=cast.users["rep"])
    rep = sign_in("rep")
    lines = text(rep, write(set_up(rep, format="ndjson", query="")))
    assert "=HYPERLINK(1)" in [json.loads(line)["name"] for line in lines.splitlines()]
    assert "'=HYPERLINK(1)" in text(rep, write(set_up(rep, query="")))


def test_it_is_paused_run_at_once_deleted_and_brought_back(cast: Cast, sign_in: SignIn) -> None:
    """And another person reaches none of it."""
    rep, rival = sign_in("rep"), sign_in("rival")
    row = set_up(rep)
    for verb in ("run", "pause", "resume", "delete", "restore"):
        assert rival.post(f"/data/exports/{row.pk}/{verb}/").status_code == 404
    rep.post(f"/data/exports/{row.pk}/pause/")
    assert services.enqueue_due(now=timezone.now() + dt.timedelta(days=3)) == 0
    rep.post(f"/data/exports/{row.pk}/resume/")
    assert "/jobs/" in rep.post(f"/data/exports/{row.pk}/run/").headers["Location"]
    jobs.run_waiting()
    file = StandingFile.objects.get()
    assert "download" in rep.get("/data/exports/").content.decode()
    rep.post(f"/data/exports/{row.pk}/delete/")
    assert rep.get(f"/data/exports/files/{file.token}/").status_code == 404
    rep.post(f"/data/exports/{row.pk}/restore/")
    assert text(rep, file)
    assert services.tidy(now=timezone.now() + dt.timedelta(days=8)) == 1
    assert not list(files.folder().glob("*"))


def test_an_erased_person_is_in_no_file_afterwards(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished files go, others' stay; what is being written at that moment is read again."""
    rep = sign_in("rep")
    person = make_customer("Quokka Quibble", team=cast.teams["north"], owner=cast.users["rep"])
    with_her = write(set_up(rep, format="xlsx", query=""))
    without = write(set_up(rep, query="city=Nowhere"))

    real, calls = files.write, []

    def erased_meanwhile(*args: Any) -> Any:
        done = real(*args)
        if not calls:
            calls.append(1)
            erasing.erase_now(kind="customer", pk=person.pk, reason="request", now=timezone.now())
        return done

    monkeypatch.setattr("crm.kit.standing.services.files.write", erased_meanwhile)
    third = write(set_up(rep, query=""))
    assert not files.path_of(with_her).exists()
    assert "erased" in rep.get("/data/exports/").content.decode()
    assert files.path_of(without).exists()
    assert "Quokka" not in text(rep, third)
    assert "kiterepcustomer" in text(rep, third)
    assert not Customer.objects.filter(pk=person.pk).exists()
