"""Pages of privacy: who sees which part, what an erasure shows first, and the settings behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts import audit
from crm.accounts.models import AuditEntry
from crm.kit import jobs
from crm.kit.models import Job
from customers.models import (
    ConsentPurpose,
    ConsentText,
    Contact,
    Customer,
    EraseProof,
    LegalHold,
    PersonExport,
    RetentionRule,
)
from customers.privacy import erasing
from tests.cast import Cast

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.django_db


def body(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("actor", "parts"),
    [("rep", set()), ("manager", {"copy", "hold", "erase"}), ("admin", {"copy", "hold", "erase"}), ("agent", set())],
)
def test_each_role_sees_the_parts_it_may_use(sign_in: SignIn, cast: Cast, actor: str, parts: set[str]) -> None:
    page = body(sign_in(actor).get(f"/customers/{cast.rows['rep']['customer'].pk}/privacy/"))
    words = {"copy": "Make a copy", "hold": "Place a hold", "erase": "See what would be erased"}
    assert {name for name, word in words.items() if word in page} == parts
    assert ("Add to the ledger" in page) == (actor != "agent")


def test_the_erasure_says_first_what_goes_and_what_stays(sign_in: SignIn, cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    Customer.objects.create(name="Same Mail", email=customer.email, team=customer.team)
    page = body(sign_in("manager").get(f"/customers/{customer.pk}/erase/"))
    for word in ("Messages, calls and notes", "Campaign messages", "The books must stay complete", "Same Mail"):
        assert word in page
    assert not EraseProof.objects.exists()


def test_a_wrong_name_erases_nothing_and_the_right_one_queues_the_work(sign_in: SignIn, cast: Cast) -> None:
    customer, client = cast.rows["rep"]["customer"], sign_in("manager")
    path = f"/customers/{customer.pk}/erase/"
    wrong = client.post(path, {"typed": "Somebody"})
    assert wrong.status_code == 422
    assert "The name does not fit" in body(wrong)
    assert not Job.objects.filter(kind="privacy.erase").exists()
    answer = client.post(path, {"typed": f" {customer.name.upper()} "})
    job = Job.objects.get(kind="privacy.erase")
    assert answer["Location"] == f"/jobs/{job.token}/"
    assert customer.name not in str(job.args)


def test_a_customer_in_the_trash_can_be_erased_too(sign_in: SignIn, cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=customer.pk).update(deleted_at=timezone.now())
    assert sign_in("manager").get(f"/customers/{customer.pk}/erase/").status_code == 200
    assert sign_in("manager").get(f"/customers/{cast.rows['rival']['customer'].pk}/erase/").status_code == 404
    assert sign_in("rep").get(f"/customers/{customer.pk}/erase/").status_code == 403


def test_a_hold_is_placed_and_lifted_with_its_reason(sign_in: SignIn, cast: Cast) -> None:
    customer, client = cast.rows["rep"]["customer"], sign_in("manager")
    path = f"/customers/{customer.pk}/privacy/hold/"
    client.post(path, {"reason": "  "})
    assert not LegalHold.objects.exists()
    client.post(path, {"reason": "Case 12"})
    assert "Case 12" in body(client.get(f"/customers/{customer.pk}/erase/"))
    assert "Erase for good" not in body(client.get(f"/customers/{customer.pk}/erase/"))
    client.post(path, {"lift": "1"})
    assert LegalHold.objects.get().lifted_at is not None
    assert "Erase for good" in body(client.get(f"/customers/{customer.pk}/erase/"))


def test_a_copy_is_asked_for_and_listed(sign_in: SignIn, cast: Cast) -> None:
    customer, client = cast.rows["rep"]["customer"], sign_in("manager")
    client.post(f"/customers/{customer.pk}/privacy/copy/")
    made = PersonExport.objects.get()
    assert client.get(f"/privacy/copies/{made.token}/").status_code == 404
    assert f"/jobs/{made.job.token}/" in body(client.get(f"/customers/{customer.pk}/privacy/"))
    assert "privacy.export" in jobs.handlers()


def test_purposes_and_texts_are_kept_in_settings(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in("admin")
    purpose = ConsentPurpose.objects.get(key="marketing")
    client.post("/settings/consent/", {"purpose": purpose.pk, "language": "en", "text": "May we write?"})
    client.post("/settings/consent/", {"purpose": purpose.pk, "language": "en", "text": "May we write to you?"})
    again = client.post("/settings/consent/", {"purpose": purpose.pk, "language": "en", "text": "May we write to you?"})
    assert again.status_code == 422
    assert list(ConsentText.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    client.post("/settings/consent/purposes/", {"key": "events", "name_en": "Events", "name_zh-hans": "活动"})
    bad = client.post("/settings/consent/purposes/", {"key": "Bad Key", "name_en": "X"})
    assert bad.status_code == 422
    page = body(client.get("/settings/consent/"))
    assert "May we write to you?" in page
    assert "Events" in page
    client.post(f"/settings/consent/purposes/{purpose.pk}/", {"active": "0"})
    assert not ConsentPurpose.objects.get(key="marketing").active
    assert sign_in("manager").get("/settings/consent/").status_code == 403


def test_retention_shows_what_is_older_and_keeps_what_was_typed(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in("admin")
    page = body(client.get("/settings/retention/"))
    assert "Customers in the trash" in page
    sent = {f"days-{name}": "365" for name in ("customer.trash", "import.rejects")} | {"on-customer.trash": "1"}
    kinds = [line.split('"')[0] for line in page.split('name="days-')[1:]]
    sent = {f"days-{name}": "365" for name in kinds} | {"on-customer.trash": "1"}
    assert client.post("/settings/retention/", sent).status_code == 303
    assert RetentionRule.objects.get(kind="customer.trash").days == 365
    assert client.post("/settings/retention/", sent | {"days-customer.trash": "never"}).status_code == 422
    assert sign_in("manager").get("/settings/retention/").status_code == 403


def test_the_trail_is_a_list_with_filters_and_a_file(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in("admin")
    customer = cast.rows["rep"]["customer"]
    sign_in("rep").post(f"/customers/{customer.pk}/trash/")
    client.post("/accounts/login/", {"login": "who", "password": "nobody knows this"})
    page = body(client.get("/settings/audit/"))
    assert "Moved to the trash" in page
    assert "API key made" in page
    only = body(client.get("/settings/audit/?action=trash"))
    assert f"Customer {customer.pk}" in only
    assert "API key made</span>" not in only
    assert "cast-rep" in only
    file = client.get("/settings/audit/?format=csv&action=trash")
    assert b"".join(file.streaming_content).decode().count("\n") == 2  # type: ignore[attr-defined]
    assert AuditEntry.objects.order_by("-pk")[0].action == "export"
    audit.scrub(entry_ids=[1], user_id=None, why="customer 7", at=timezone.now())
    assert "removed with a person" in body(client.get("/settings/audit/"))
    for actor in ("manager", "rep", "integrator"):
        assert sign_in(actor).get("/settings/audit/").status_code == 403


def test_a_contact_is_erased_alone_and_the_company_stays(sign_in: SignIn, cast: Cast) -> None:
    contact, customer = cast.rows["rep"]["contact"], cast.rows["rep"]["customer"]
    client = sign_in("manager")
    assert f"/contacts/{contact.pk}/erase/" in body(client.get(f"/customers/{customer.pk}/privacy/"))
    assert contact.name in body(client.get(f"/contacts/{contact.pk}/erase/"))
    assert client.get(f"/contacts/{cast.rows['rival']['contact'].pk}/erase/").status_code == 404
    assert client.post(f"/contacts/{contact.pk}/erase/", {"typed": contact.name}).status_code == 303
    erasing.run_erase(proof_id=EraseProof.objects.get().pk, now=timezone.now())
    assert not Contact.objects.filter(pk=contact.pk).exists()
    assert Customer.objects.filter(pk=customer.pk).exists()
