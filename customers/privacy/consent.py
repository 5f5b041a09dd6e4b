"""Consent: what people agreed to, by which channel, to which words, with the proof; the ledger only grows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import locked
from customers.models import Channel, Consent, ConsentPurpose, ConsentText, Contact, ContactPoint, Customer

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
POINT_OF_CHANNEL = {"email": ("email",), "phone": ("phone",), "sms": ("phone",), "post": ("address",)}
HOLDERS: dict[str, type[Customer] | type[Contact]] = {"customer": Customer, "contact": Contact}


@dataclass(frozen=True)
class Proof:
    """How it is known: the way it was said, where, and what shows it."""

    how: str
    place: str = ""
    url: str = ""
    ip: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """What a person says now about one purpose, by channel."""

    purpose: ConsentPurpose
    by_channel: list[tuple[str, Consent | None]] = field(default_factory=list)


@transaction.atomic
def record_consent(
    *, user: User, holder: str, pk: int, purpose: str, channel: str, state: str, proof: Proof, now: datetime,
    at: datetime | None = None, text_id: int | None = None,
) -> Consent:  # fmt: skip
    """Add a line to the ledger of a customer or contact; raises Invalid or Refused with a sentence.

    Consent that is given names the words agreed to: the given text, else the newest of the person's language.
    """
    row = locked(HOLDERS[holder], pk, user=user, obj=holder, action="change")
    found = ConsentPurpose.objects.filter(key=purpose, active=True).first()
    if found is None:
        raise _wrong("purpose", _("There is no such purpose."))
    _check_choice("channel", channel, Channel.values)
    _check_choice("state", state, Consent.State.values)
    _check_choice("how", proof.how, Consent.How.values)
    moment = at or now
    if moment > now:
        raise _wrong("at", _("Consent cannot be dated after today."))
    text = _text(found, row.language, text_id) if state == Consent.State.GIVEN else None
    return Consent.objects.create(
        **{holder: row}, purpose=found, channel=channel, state=state, text=text, how=proof.how,
        place=proof.place[:200], url=proof.url[:500], ip=proof.ip, note=proof.note[:500], by=user, at=moment,
    )  # fmt: skip


def _wrong(name: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={name: sentence})


def _check_choice(name: str, value: str, allowed: Iterable[str]) -> None:
    known = list(allowed)
    if value not in known:
        raise _wrong(name, _("Choose one of: %(choices)s.") % {"choices": ", ".join(known)})


def _text(purpose: ConsentPurpose, language: str, text_id: int | None) -> ConsentText | None:
    """The words that were agreed to."""
    texts = ConsentText.objects.filter(purpose=purpose)
    if text_id is not None:
        found = texts.filter(pk=text_id).first()
        if found is None:
            raise _wrong("text", _("There is no such text of this purpose."))
        return found
    wanted = "zh-hans" if language.lower().startswith("zh") else language.lower().split("-")[0]
    newest = list(texts.order_by("language", "-version"))
    for tongue in (wanted, settings.LANGUAGE_CODE, "en"):
        found = next((one for one in newest if one.language == tongue), None)
        if found is not None:
            return found
    return newest[0] if newest else None


def standings(row: Customer | Contact) -> list[Standing]:
    """What a person says now, purpose by purpose; two queries."""
    lines = Consent.objects.filter(**{row._meta.model_name or "": row})
    last = lines.order_by("purpose_id", "channel", "-at", "-id").distinct("purpose_id", "channel")
    known = {(one.purpose_id, one.channel): one for one in last.select_related("text")}
    said = {purpose for purpose, _channel in known}
    return [
        Standing(purpose, [(channel, known.get((purpose.pk, channel))) for channel in Channel.values])
        for purpose in ConsentPurpose.objects.order_by("id")
        if purpose.active or purpose.pk in said
    ]


def allowed(customer_ids: Collection[int] | QuerySet[Any], *, purpose: str, channel: str) -> set[int]:
    """Of some customers, those to whom something may be sent for a purpose by a channel."""
    return set(
        allowed_customers(purpose=purpose, channel=channel).filter(pk__in=customer_ids).values_list("pk", flat=True)
    )


def allowed_customers(*, purpose: str, channel: str) -> QuerySet[Customer]:
    """Customers who agreed, have not withdrawn, are not in the trash and did not opt out of that channel.

    One query of joins, so a campaign filters a million customers by it.
    """
    agreed = Consent.objects.given(purpose, channel).filter(customer=OuterRef("pk"))
    closed = ContactPoint.objects.filter(
        customer=OuterRef("pk"), kind__in=POINT_OF_CHANNEL.get(channel, ()), primary=True
    )
    closed = closed.filter(Q(opted_out_at__isnull=False) | Q(bounced_at__isnull=False))
    return Customer.objects.present().filter(Exists(agreed), ~Exists(closed))


@transaction.atomic
def add_purpose(*, user: User, key: str, names: dict[str, str]) -> ConsentPurpose:
    """A new purpose that people can be asked about."""
    require_rules(user)
    given = {code: _tidy(name)[:80] for code, name in names.items() if _tidy(name)}
    if not KEY.fullmatch(key):
        raise _wrong("key", _("A key holds small letters, digits, - and _ only."))
    if not given:
        raise _wrong("name", _("Give the purpose a name."))
    try:
        with transaction.atomic():
            return ConsentPurpose.objects.create(key=key, names=given)
    except IntegrityError as error:
        raise _wrong("key", _("There is a purpose with this key already.")) from error


@transaction.atomic
def set_purpose_active(*, user: User, purpose_id: int, active: bool) -> ConsentPurpose:
    """Ask about a purpose, or no longer; what was said about it stays in the ledger."""
    require_rules(user)
    found = _purpose(purpose_id)
    found.active = active
    found.save(update_fields=["active"])
    return found


@transaction.atomic
def add_text(*, user: User, purpose_id: int, language: str, text: str) -> ConsentText:
    """The next version of the words of a purpose in one language; earlier versions stay as they were agreed to."""
    require_rules(user)
    found = _purpose(purpose_id)
    _check_choice("language", language, [code for code, _name in settings.LANGUAGES])
    words = _tidy(text)
    if not words or len(words) > 10_000:
        raise _wrong("text", _("Write the text, at most 10,000 characters."))
    texts = ConsentText.objects.filter(purpose=found, language=language)
    last = texts.order_by("-version").first()
    if last is not None and last.text == words:
        raise _wrong("text", _("This is word for word the current version. Nothing was changed."))
    version = (texts.aggregate(most=Max("version"))["most"] or 0) + 1
    return ConsentText.objects.create(purpose=found, language=language, version=version, text=words, created_by=user)


def require_rules(user: User) -> None:
    """Only who rules the privacy of the workspace may go on."""
    if not user.access.can("privacy", "approve"):
        raise Refused(_("Your role does not reach this. Nothing was changed."), status=403, code="forbidden")


def _purpose(pk: int) -> ConsentPurpose:
    found = ConsentPurpose.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return found


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).replace("\0", "").strip()
