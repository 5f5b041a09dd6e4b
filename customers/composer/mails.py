"""E-mails of people to customers: written with their interaction in one transaction, sent by a worker.

The row is locked while the mail server is spoken to, so that two workers never send the same; a worker that dies
leaves it waiting, and its job is given to another. Only a worker that dies after the mail server said yes and
before the row is marked sends twice: both carry the same Message-ID.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr, parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.kit import jobs, live
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job
from customers.composer.models import OutgoingMail
from customers.models import Channel, Consent, ContactPoint, Customer, Interaction
from customers.services.interactions import add_interaction

JOB = "mail.send"
TOPIC = "mails"
UNSENDABLE = "django.core.mail.backends.console.EmailBackend"
BREAKS = re.compile("[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]|=\\?.*\\?=")
"""What ends a line of a mail's head, as it stands or once it is decoded."""
OVER = (Job.State.FAILED, Job.State.DEAD, Job.State.CANCELLED)
WAITING, SENT, FAILED = "waiting", "sent", "failed"
OPTED_OUT = gettext_lazy("They do not want mail at this address. Nothing was sent.")
CAME_BACK = gettext_lazy("Mail to this address came back. Nothing was sent; correct the address first.")


@dataclass(frozen=True)
class Address:
    """One e-mail address of a customer; ``closed`` says why nothing is sent there."""

    key: str
    value: str
    label: str = ""
    closed: str = ""


def can_send() -> bool:
    """Whether this installation has a mail server: otherwise mail would only be printed to a log."""
    return settings.EMAIL_BACKEND != UNSENDABLE


def addresses(customer: Customer) -> list[Address]:
    """Where a customer gets mail, the primary address first."""
    points = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.EMAIL).order_by("-primary", "pk")
    found = [Address(str(one.pk), one.value, one.label, _closed(one)) for one in points]
    if customer.email and customer.email not in {one.value for one in found}:
        found.insert(0, Address("0", customer.email))
    return found


def _closed(point: ContactPoint) -> str:
    return str(OPTED_OUT) if point.opted_out_at else str(CAME_BACK) if point.bounced_at else ""


def withdrawn(customer: Customer) -> list[str]:
    """The purposes for which the customer wants no e-mail any more."""
    lines = Consent.objects.filter(customer=customer, channel=Channel.EMAIL)
    last = lines.order_by("purpose_id", "-at", "-id").distinct("purpose_id").select_related("purpose")
    return [one.purpose.name for one in last if one.state == Consent.State.WITHDRAWN]


@transaction.atomic
def queue_mail(*, user: User, customer: Customer, values: Mapping[str, Any], now: datetime) -> Interaction:
    """Write an e-mail to one of a customer's addresses; a worker sends it after the transaction.

    ``values``: to (the key of an address), subject, text, sign, personal. Raises Invalid with the sentence of a field.
    """
    if not can_send():
        raise _wrong(
            "how", _("This installation has no mail server. Nothing was sent; an administrator sets CRM_EMAIL_URL.")
        )
    if user.access.restricted_fields("customer").get("email"):
        raise Refused(_("Your role does not see this customer's e-mail address."), status=403, code="forbidden")
    to = _checked_address(customer, str(values.get("to") or ""))
    subject = _checked_subject(str(values.get("subject") or ""))
    text = str(values.get("text") or "")
    if not text.strip():
        raise _wrong("text", _("Write a few words first."))
    if withdrawn(customer) and not values.get("personal"):
        sentence = _("They withdrew their consent to e-mail. Say that this mail is no advertising, or do not send it.")
        raise _wrong("personal", sentence)
    if values.get("sign") and user.signature:
        text = f"{text}\n\n-- \n{user.signature}"
    row = add_interaction(
        user=user, now=now,
        values={
            **values.get("besides", {}), "customer": customer.pk, "kind": "mail", "direction": "out", "channel": "email",
            "subject": subject, "text": text,
        },
    )  # fmt: skip
    mail = OutgoingMail.objects.create(interaction=row, to=to, sender=user)
    _ring(mail)
    return row


def _ring(mail: OutgoingMail) -> None:
    mail.job = jobs.enqueue(JOB, {"mail": mail.pk})
    mail.save(update_fields=["job"])


def _wrong(name: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={name: sentence})


def _checked_address(customer: Customer, key: str) -> str:
    found = next((one for one in addresses(customer) if one.key == key), None)
    if found is None:
        raise _wrong("to", _("Choose one of the customer's addresses."))
    if found.closed:
        raise _wrong("to", found.closed)
    try:
        validate_email(found.value)
    except ValidationError as error:
        raise _wrong("to", _("This is not an e-mail address. Nothing was sent; correct it first.")) from error
    return found.value


def _checked_subject(typed: str) -> str:
    subject = typed.strip()
    if not subject:
        raise _wrong("subject", _("Give the e-mail a subject."))
    if len(subject) > 300 or BREAKS.search(typed):
        raise _wrong("subject", _("A subject is one line of at most 300 plain characters. Nothing was sent."))
    return subject


def deliver(*, mail_id: int, now: datetime, last_try: bool) -> str:
    """Send a waiting mail; returns what became of it. What may pass is raised again, for the job to repeat."""
    with transaction.atomic():
        rows = OutgoingMail.objects.select_related("sender", "interaction__customer")
        mail = rows.select_for_update(of=("self",)).filter(pk=mail_id, sent_at=None, failed_at=None).first()
        if mail is None:
            return ""
        refusal = _refusal(mail)
        try:
            if not refusal:
                message(mail).send()
        except (OSError, SMTPException, BadHeaderError, ValueError) as error:
            if not last_try and _may_pass(error):
                raise
            refusal = _reason(error)
        mail.sent_at, mail.failed_at, mail.error = (None, now, refusal[:300]) if refusal else (now, None, "")
        mail.save(update_fields=["sent_at", "failed_at", "error"])
        if mail.sender is not None:
            live.announce(TOPIC, user=mail.sender)
    return FAILED if refusal else SENT


def _refusal(mail: OutgoingMail) -> str:
    """Why a mail that waited is not sent any more."""
    if mail.sender is None or not mail.sender.is_active:
        return _("Its sender has no account any more.")
    customer = mail.interaction.customer
    if customer.deleted_at is not None:
        return _("The customer is in the trash.")
    closed = [_closed(one) for one in ContactPoint.objects.filter(customer=customer, kind="email", value=mail.to)]
    return next((one for one in closed if one), "")


def _may_pass(error: Exception) -> bool:
    """Whether trying again can help: not for a head that cannot be, nor for what the server refuses for good."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _text in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError | SMTPException)


def _reason(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _told(code, text)
    if isinstance(error, SMTPResponseException):
        return _told(error.smtp_code, error.smtp_error)
    if isinstance(error, BadHeaderError | ValueError):
        return _("The head of the mail cannot be written.")
    return _("The mail server could not be reached (%(what)s).") % {"what": type(error).__name__}


def _told(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _("The mail server refused it: %(code)s %(text)s") % {"code": code, "text": " ".join(said.split())[:200]}


def message(mail: OutgoingMail) -> EmailMessage:
    """The mail as it leaves: from our own address in the sender's name, answers to the sender."""
    row, sender = mail.interaction, mail.sender
    own = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name = " ".join(BREAKS.sub(" ", sender.display_name).split()) if sender else ""
    head = {"Message-ID": f"<{mail.token}@{own.rpartition('@')[2]}>"}
    answers = [sender.email] if sender and sender.email else None
    return EmailMessage(row.subject, row.text, formataddr((name, own)), [mail.to], reply_to=answers, headers=head)


def state_of(data: Mapping[str, Any]) -> str:
    """Waiting, sent or failed, as a timeline's row tells it; "" for what is no mail of ours."""
    if not data.get("mail"):
        return ""
    if data.get("mail_sent"):
        return SENT
    return FAILED if data.get("mail_failed") or data.get("mail_job") in OVER else WAITING


@transaction.atomic
def try_again(*, user: User, token: UUID) -> OutgoingMail:
    """Queue one's own failed mail again; Refused (404) for another's, 409 for one that is sent or waits."""
    seen = Interaction.objects.visible_to(user)
    mail = OutgoingMail.objects.select_for_update(of=("self",)).filter(
        token=token, sender=user, interaction__in=seen
    ).select_related("interaction", "job").first()  # fmt: skip
    if mail is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    given_up = mail.job is None or mail.job.state in OVER
    if mail.sent_at or not (mail.failed_at or given_up):
        raise Refused(_("This mail is sent, or on its way."), code="not_failed")
    mail.failed_at, mail.error = None, ""
    mail.save(update_fields=["failed_at", "error"])
    _ring(mail)
    return mail
