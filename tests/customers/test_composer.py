"""The composer: what is written down, mails that are sent once, drafts that nobody else sees."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.test import Client, override_settings
from django.utils import timezone

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.models import Job
from customers.composer import drafts, mails
from customers.composer.models import Draft, OutgoingMail
from customers.models import Consent, ConsentPurpose, ContactPoint, Customer, Interaction
from customers.privacy import copies, erasing
from customers.services import add_interaction
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def row(cast: Cast) -> Customer:
    """The rep's customer, with one address."""
    found: Customer = cast.rows["rep"]["customer"]
    found.points.all().delete()
    ContactPoint.objects.create(customer=found, kind="email", value="ada@example.com", primary=True)
    Customer.objects.filter(pk=found.pk).update(email="ada@example.com")
    found.refresh_from_db()
    return found


def write(client: Client, row: Customer, kind: str = "mail", **fields: Any) -> Any:
    point = str(row.points.get(kind="email").pk)
    given = {"how": "send", "to": point, "subject": "Your order", "text": "It is on its way."} if kind == "mail" else {}
    return client.post(f"/customers/{row.pk}/log/", {"kind": kind, **given, **fields}, headers=HTMX)


def shown(client: Client, row: Customer) -> str:
    return client.get(f"/customers/{row.pk}/timeline/", headers=HTMX).content.decode()


def test_each_kind_has_its_own_fields_and_may_be_of_earlier(cast: Cast, sign_in: SignIn, row: Customer) -> None:
    """A call with its outcome, a meeting with whom, a note; nothing that is still to come."""
    client, contact = sign_in("rep"), cast.rows["rep"]["contact"]
    yesterday = timezone.now() - timedelta(days=1)
    at = f"{yesterday:%Y-%m-%dT%H:%M}"
    answer = write(client, row, "call", direction="in", outcome="no_answer", minutes="7", occurred_at=at)
    assert answer.status_code == 200
    assert "Incoming call" in answer.content.decode()
    assert "No answer · 7" in answer.content.decode()
    call = Interaction.objects.get(customer=row, payload__outcome="no_answer")
    assert (call.direction, call.payload["minutes"], call.occurred_at) == ("in", 7, datetime.fromisoformat(f"{at}Z"))
    assert write(client, row, "meeting", text="About the fair.", contact=str(contact.pk)).status_code == 200
    assert Interaction.objects.get(text="About the fair.").contact == contact
    late = write(client, row, "note", text="x", occurred_at=f"{timezone.now() + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    assert (late.status_code, "still to come" in late.content.decode()) == (422, True)
    assert write(client, row, "call").status_code == 422
    assert sign_in("rival").post(f"/customers/{row.pk}/log/", {"text": "x"}).status_code == 404


def test_a_mail_is_written_with_its_outbox_row_and_sent_once(cast: Cast, sign_in: SignIn, row: Customer) -> None:
    """In the sender's name, with the signature; the timeline says that it waits, then that it is sent."""
    User.objects.filter(pk=cast.users["rep"].pk).update(signature="Mei\nSales", first_name="美", last_name="陈")
    client = sign_in("rep")
    answer = write(client, row, sign="on", generation="0")
    assert answer.status_code == 200
    twice = write(client, row, sign="on", generation="0")
    assert (twice.status_code, "sent already" in twice.content.decode()) == (422, True)
    assert "Waiting to be sent" in answer.content.decode()
    assert not outbox.outbox
    job = Job.objects.get(kind="mail.send")
    assert jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(state="queued", lease_until=None)  # as if its worker had died at the end
    assert jobs.run(job.pk)
    (sent,) = outbox.outbox
    head = email.message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
    assert (head["To"], head["Subject"]) == ("ada@example.com", "Your order")
    assert head["From"].addresses[0].display_name == "美 陈"
    assert head["Reply-To"] == cast.users["rep"].email
    assert str(OutgoingMail.objects.get().token) in head["Message-ID"]
    assert sent.body == "It is on its way.\n\n-- \nMei\nSales"
    assert "Sent" in shown(client, row)


@pytest.mark.parametrize(
    "signs", ["\r\nBcc: x@evil.test", "\nX: y", "\u2028Bcc: x", "\u0085", "=?utf-8?q?=0ABcc:?=", "\x00"]
)
def test_no_sign_of_subject_name_or_address_reaches_the_head_of_a_mail(
    cast: Cast, sign_in: SignIn, row: Customer, signs: str
) -> None:
    """A26: refused in the subject and the address, harmless in the sender's name."""
    client = sign_in("rep")
    assert write(client, row, subject=f"Hello{signs}there").status_code == 422
    assert not OutgoingMail.objects.exists()
    if "\x00" not in signs:
        User.objects.filter(pk=cast.users["rep"].pk).update(first_name=f"Mei{signs}", email=f"m{signs}@x.test")
    assert write(client, row).status_code == 200
    jobs.run_waiting()
    for sent in outbox.outbox:
        head = email.message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
        assert [one for one in head if one.lower() in ("bcc", "x")] == []
        assert sent.recipients() == ["ada@example.com"]
    assert outbox.outbox or OutgoingMail.objects.get().failed_at
    if "\x00" not in signs:
        ContactPoint.objects.filter(customer=row).update(value=f"a@example.com{signs}")
        assert write(client, row).status_code == 422


def test_what_the_server_refuses_fails_with_its_reason_and_may_be_tried_again(
    cast: Cast, sign_in: SignIn, row: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may pass is tried three times first; only the sender tries again."""
    client, tries = sign_in("rep"), []

    def fail(_mail: EmailMessage) -> None:
        tries.append(1)
        raise (
            ConnectionRefusedError
            if len(tries) <= 3
            else SMTPRecipientsRefused({"ada@example.com": (550, b"No such user here")})
        )

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", fail)
        write(client, row)
        for _attempt in range(3):
            Job.objects.update(run_after=None)
            jobs.run_waiting()
        mail = OutgoingMail.objects.get()
        assert (len(tries), bool(mail.failed_at)) == (3, True)
        assert "could not be reached" in shown(client, row)
        assert client.post(f"/mails/{mail.token}/again/").status_code == 303
        jobs.run_waiting()
        assert (len(tries), "550 No such user here" in shown(client, row)) == (4, True)
    again = f"/mails/{mail.token}/again/"
    assert again in shown(client, row)
    assert again not in shown(sign_in("manager"), row)
    assert sign_in("manager").post(again).status_code == 404
    assert client.post(again).status_code == 303
    jobs.run_waiting()
    assert len(outbox.outbox) == 1
    assert client.post(again, headers=HTMX).status_code == 409


def test_a_job_that_was_given_up_shows_as_failed(cast: Cast, sign_in: SignIn, row: Customer) -> None:
    """Its workers died, so that nobody wrote down a reason."""
    client = sign_in("rep")
    write(client, row)
    Job.objects.update(state=Job.State.DEAD)
    assert "E-mail not sent" in shown(client, row)
    mail = OutgoingMail.objects.get()
    client.post(f"/mails/{mail.token}/again/")
    jobs.run_waiting()
    assert len(outbox.outbox) == 1


def test_an_address_that_is_closed_gets_no_mail(cast: Cast, sign_in: SignIn, row: Customer) -> None:
    """Opted out, come back, consent withdrawn, masked, no server: each with a sentence, also while it waits."""
    client, point = sign_in("rep"), row.points.get(kind="email")
    write(client, row)
    ContactPoint.objects.filter(pk=point.pk).update(opted_out_at=NOW)
    jobs.run_waiting()
    assert "do not want mail" in shown(client, row)
    form = client.get(f"/customers/{row.pk}/compose/?kind=mail", headers=HTMX).content.decode()
    assert "do not want mail" in form
    assert 'value="send"' not in form
    ContactPoint.objects.filter(pk=point.pk).update(opted_out_at=None)
    purpose = ConsentPurpose.objects.first() or ConsentPurpose.objects.create(key="news", names={"en": "News"})
    Consent.objects.create(customer=row, purpose=purpose, channel="email", state="withdrawn", how="email", at=NOW)
    refused = write(client, row)
    assert (refused.status_code, "withdrew their consent" in refused.content.decode()) == (422, True)
    assert write(client, row, personal="on").status_code == 200
    with override_settings(EMAIL_BACKEND=mails.UNSENDABLE):
        assert "no mail server" in client.get(f"/customers/{row.pk}/?compose=mail").content.decode()
        noted = write(client, row, personal="on")
        assert Interaction.objects.order_by("-pk")[0].subject == "Your order"
    assert (noted.status_code, OutgoingMail.objects.count()) == (422, 2)
    masked = sign_in("agent").get(f"/customers/{row.pk}/?compose=mail").content.decode()
    assert "does not see" in masked
    assert "ada@example.com" not in masked
    jobs.run_waiting()
    assert len(outbox.outbox) == 1


def save(client: Client, row: Customer, text: str, generation: int = 0, kind: str = "note") -> str:
    fields = {"kind": kind, "text": text, "generation": generation}
    return client.post(f"/customers/{row.pk}/draft/", fields, headers=HTMX).content.decode()


def test_drafts_are_kept_for_their_writer_alone(cast: Cast, sign_in: SignIn, row: Customer) -> None:
    """On every machine, thrown away on sending; a page that comes too late brings nothing back."""
    client, page = sign_in("rep"), f"/customers/{row.pk}/"
    assert "Draft saved" in save(client, row, "kitedraft half a")
    assert "kitedraft half a" in sign_in("rep").get(page).content.decode()
    assert "kitedraft" not in sign_in("manager").get(page).content.decode()
    save(client, row, "of a call", kind="call")
    assert "of a call" in client.get(page).content.decode()  # the latest stands open
    assert "kitedraft" in client.get(f"{page}?compose=note").content.decode()
    write(client, row, "note", text="kitedraft half a sentence.")
    assert "sent or discarded" in save(client, row, "kitedraft half a sent")
    assert Draft.objects.get(kind="note").values == {}
    discarded = client.post(
        f"{page}draft/discard/", {"kind": "call", "text": "of a call", "generation": 0}, headers=HTMX
    )
    assert "of a call" not in discarded.content.decode()
    assert f"{page}draft/call/restore/" in discarded.headers["HX-Trigger"]
    assert client.post(f"{page}draft/call/restore/", headers=HTMX).status_code == 204
    assert "of a call" in client.get(page).content.decode()
    assert sign_in("rival").post(f"{page}draft/", {"kind": "note", "text": "x"}).status_code == 404
    assert "customers.Draft" not in {
        copies._key(model) for model, _rows in copies.tables_of(erasing.subject_of("customer", row.pk))
    }
    erasing.erase_now(kind="customer", pk=row.pk, reason="asked", now=NOW)
    assert not Draft.objects.exists()


def test_empty_drafts_go_after_a_day(cast: Cast, row: Customer) -> None:
    user = cast.users["rep"]
    for kind, text in (("note", ""), ("call", "kept")):
        drafts.save_draft(user=user, customer_id=row.pk, kind=kind, values={"text": text}, generation=0, now=NOW)
    add_interaction(user=user, values={"customer": row.pk, "kind": "note", "text": "x"}, now=NOW)
    assert drafts.tidy_drafts(now=NOW + timedelta(days=2)) == 1
    assert Draft.objects.get().kind == "call"
