"""The ledger of consent: it only grows, the last word counts, and nothing is sent without it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from crm.kit.errors import Invalid, Refused
from customers.models import Consent, ConsentPurpose, ConsentText, ContactPoint, Customer
from customers.privacy import consent
from customers.privacy.consent import Proof
from tests.cast import Cast, make_cast, make_customer

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PHONE = Proof("phone")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def say(
    cast: Cast, customer: Customer, state: str, *, days: int = 0, channel: str = "email", actor: str = "admin"
) -> Consent:
    return consent.record_consent(
        user=cast.users[actor], holder="customer", pk=customer.pk, purpose="marketing", channel=channel, state=state,
        proof=PHONE, now=NOW, at=NOW - dt.timedelta(days=days),
    )  # fmt: skip


def test_the_last_word_counts_by_when_it_was_said_not_by_when_it_was_typed(cast: Cast) -> None:
    one, two, three = (make_customer(name) for name in ("One", "Two", "Three"))
    say(cast, one, "given", days=5)
    say(cast, two, "given", days=5)
    say(cast, two, "withdrawn", days=1)
    say(cast, three, "withdrawn", days=1)
    say(cast, three, "given", days=5)
    people = [one.pk, two.pk, three.pk]
    assert consent.allowed(people, purpose="marketing", channel="email") == {one.pk}
    assert consent.allowed(people, purpose="marketing", channel="sms") == set()
    assert consent.allowed(people, purpose="research", channel="email") == set()


def test_trash_bounces_and_opt_outs_close_a_channel_whatever_was_said(cast: Cast) -> None:
    people = {name: make_customer(name) for name in ("open", "trashed", "bounced", "out")}
    for one in people.values():
        say(cast, one, "given")
    Customer.objects.filter(pk=people["trashed"].pk).update(deleted_at=NOW)
    ContactPoint.objects.create(
        customer=people["bounced"], kind="email", value="b@example.com", primary=True, bounced_at=NOW
    )
    ContactPoint.objects.create(
        customer=people["out"], kind="email", value="o@example.com", primary=True, opted_out_at=NOW
    )
    ContactPoint.objects.create(customer=people["open"], kind="phone", value="+491", primary=True, opted_out_at=NOW)
    ids = [one.pk for one in people.values()]
    assert consent.allowed(ids, purpose="marketing", channel="email") == {people["open"].pk}


def test_one_query_answers_for_any_number(cast: Cast, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        consent.allowed(list(range(1, 2000)), purpose="marketing", channel="email")


def test_lines_of_the_ledger_and_texts_never_change(cast: Cast) -> None:
    line = say(cast, make_customer(), "given")
    text = consent.add_text(
        user=cast.users["admin"], purpose_id=line.purpose_id, language="en", text="Yes, write to me."
    )
    for act in (
        lambda: Consent.objects.update(state="withdrawn"),
        lambda: line.delete(),
        lambda: ConsentText.objects.filter(pk=text.pk).update(text="Something else"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_consent_names_the_words_that_were_agreed_to(cast: Cast) -> None:
    purpose = ConsentPurpose.objects.get(key="marketing")
    english, chinese = (
        consent.add_text(user=cast.users["admin"], purpose_id=purpose.pk, language=code, text=code)
        for code in ("en", "zh-hans")
    )
    newer = consent.add_text(user=cast.users["admin"], purpose_id=purpose.pk, language="en", text="Newer")
    assert newer.version == english.version + 1
    assert say(cast, make_customer(language="zh"), "given").text == chinese
    assert say(cast, make_customer(language="de"), "given").text == newer
    assert say(cast, make_customer(), "withdrawn").text is None


def test_what_makes_no_sense_or_is_out_of_reach_is_refused(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    with pytest.raises(Invalid):
        say(cast, customer, "perhaps")
    with pytest.raises(Invalid):
        say(cast, customer, "given", days=-1)
    for actor, status in (("rival", 404), ("agent", 403)):
        with pytest.raises(Refused) as refused:
            say(cast, customer, "given", actor=actor)
        assert refused.value.status == status
    with pytest.raises(Refused):
        consent.add_purpose(user=cast.users["manager"], key="x", names={"en": "X"})
    assert say(cast, customer, "given", actor="rep").by == cast.users["rep"]


def test_the_list_is_filtered_by_consent_on_the_page_and_in_the_api(cast: Cast) -> None:
    yes, no = make_customer("Yes Person"), make_customer("No Person")
    say(cast, yes, "given")
    say(cast, no, "given", days=2)
    say(cast, no, "withdrawn")
    client = Client()
    client.force_login(cast.users["admin"])
    body = client.get("/customers/?consent=marketing.email").content.decode()
    assert "Yes Person" in body
    assert "No Person" not in body
    assert "News and offers by E-mail" in body
    assert client.get("/customers/?consent=nonsense.email").status_code == 302
    assert "consent" in client.get("/customers/?part=filters").content.decode()
    headers = cast.headers("admin")
    found = Client(headers=headers).get("/api/v1/customers/?consent=marketing.email").json()["results"]
    assert [one["name"] for one in found] == ["Yes Person"]
    assert Client(headers=headers).get("/api/v1/customers/?consent=marketing.pigeon").status_code == 400


def test_the_api_reads_and_adds_lines(cast: Cast) -> None:
    customer = cast.rows["rep"]["customer"]
    path, client = f"/api/v1/customers/{customer.pk}/consents/", Client(headers=cast.headers("rep"))
    body = {
        "purpose": "marketing",
        "channel": "email",
        "state": "given",
        "how": "form",
        "ip": "192.0.2.7",
        "url": "https://example.com/f",
    }
    made = client.post(path, body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["ip"] == "192.0.2.7"
    assert client.post(path, {**body, "state": "withdrawn"}, content_type="application/json").status_code == 201
    first = client.get(f"{path}?page_size=1").json()
    second = client.get(f"{path}?page_size=1&cursor={first['next_cursor']}").json()
    assert [page["results"][0]["state"] for page in (first, second)] == ["withdrawn", "given"]
    assert second["next"] is None
    assert client.post(path, {**body, "purpose": "nothing"}, content_type="application/json").status_code == 400
    assert Client(headers=cast.headers("rival")).get(path).status_code == 404
    assert Client(headers=cast.headers("agent")).post(path, body, content_type="application/json").status_code == 403


def test_the_page_records_with_proof_and_the_profile_shows_it(cast: Cast) -> None:
    customer, client = cast.rows["rep"]["customer"], Client()
    client.force_login(cast.users["rep"])
    sent = {
        "purpose": "marketing",
        "channel": "phone",
        "state": "given",
        "how": "person",
        "place": "Fair 2026",
        "on": "2026-01-05",
    }
    assert client.post(f"/customers/{customer.pk}/privacy/", sent).status_code == 303
    page = client.get(f"/customers/{customer.pk}/privacy/").content.decode()
    assert "Fair 2026" in page
    assert "Erase this person" not in page
    line = Consent.objects.get()
    assert (line.channel, line.how, line.by, f"{line.at:%Y-%m-%d}") == (
        "phone",
        "person",
        cast.users["rep"],
        "2026-01-05",
    )
    assert 'class="chip ok"' in client.get(f"/customers/{customer.pk}/").content.decode()
    bad = client.post(f"/customers/{customer.pk}/privacy/", {**sent, "on": "2999-01-05", "place": "Kept typing"})
    assert bad.status_code == 422
    assert "Kept typing" in bad.content.decode()
