"""What customers and contacts share when they are written: names, contact points, owner, team, own fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner, named_team
from crm.kit.customfields import merged
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Source
from crm.kit.rows import tidy
from customers.models import Contact, ContactPoint, Customer

POINTS = ("email", "phone", "address")
PARTY_FIELDS = (
    "first_name", "last_name", "company", "title", "email", "phone", "birth_date", "gender", "address", "city",
    "region", "postcode", "country", "language", "tags", "note", "custom",
)  # fmt: skip
API_SOURCE = "api"


def checked_party(values: Mapping[str, Any], *, user: User, obj: str, existing: Any = None) -> dict[str, Any]:
    """Values ready for the row: tidy text, a name, an owner and a team within reach, typed own fields."""
    ready = tidy(values)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj=obj, action="change" if existing else "add")
    if "team" in ready or existing is None:
        ready["team"] = named_team(ready.get("team"), user=user, obj=obj, action="change" if existing else "add")
    if ready.get("email"):
        ready["email"] = checked_email(ready["email"])
    if "custom" in ready:
        ready["custom"] = merged(ready["custom"], obj=obj, user=user, before=existing.custom if existing else None)
    _name(ready, existing)
    return ready


def _name(ready: dict[str, Any], existing: Any) -> None:
    """A record is named by its name, else by first and last name, company, e-mail or outside id."""
    if ready.get("name") or (existing is not None and "name" not in ready):
        return
    person = " ".join(part for part in (ready.get("first_name"), ready.get("last_name")) if part)
    name = person or ready.get("company") or ready.get("email") or ready.get("external_id") or ""
    if not name:
        sentence = _("Give it a name.")
        raise Invalid(sentence, fields={"name": sentence})
    ready["name"] = str(name)[:200]


def checked_email(email: str) -> str:
    """The address in lower case; raises Invalid unless it has the form of one."""
    try:
        validate_email(email)
    except ValidationError as error:
        sentence = _("This is not an e-mail address.")
        raise Invalid(sentence, fields={"email": sentence}) from error
    return email.lower()


def normalised(kind: str, value: str, country: str = "") -> str:
    """How a contact point is compared: lower-case mail, E.164 phone, folded address."""
    if kind == ContactPoint.Kind.EMAIL:
        return value.lower()
    if kind == ContactPoint.Kind.PHONE:
        return e164(value, country)
    return re.sub(r"\s+", " ", value).strip().lower()


def e164(value: str, country: str = "") -> str:
    """A phone number with its country code; the bare digits where no country fits."""
    region = country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else None
    try:
        number = phonenumbers.parse(value, region)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return re.sub(r"[^0-9+]", "", value)


def keep_points(row: Customer | Contact, changed: Iterable[str], *, is_new: bool = False) -> None:
    """Bring the primary contact points in line with the row's own e-mail, phone and address."""
    named = set(changed)
    kinds = [kind for kind in POINTS if kind in named]
    if not kinds:
        return
    holder = {"customer": row} if isinstance(row, Customer) else {"contact": row}
    known = [] if is_new else list(ContactPoint.objects.filter(**holder, kind__in=kinds).order_by("pk"))
    fresh = []
    for kind in kinds:
        value = getattr(row, kind)[:300]
        key = normalised(kind, value, row.country)[:300]
        if value and not _follow([one for one in known if one.kind == kind], value, key):
            fresh.append(ContactPoint(**holder, kind=kind, value=value, primary=True, normalised=key))
    gone = [one.pk for one in known if one.primary and not getattr(row, one.kind)]
    ContactPoint.objects.filter(pk__in=gone).delete()
    ContactPoint.objects.bulk_create(fresh)


def _follow(known: list[ContactPoint], value: str, key: str) -> bool:
    """Whether a point was there to take the row's value: one that holds it already becomes the primary one."""
    first = next((one for one in known if one.primary), None)
    same = next((one for one in known if one.normalised == key or one.value == value), None)
    if same is not None and same is not first:
        if first is not None:
            first.primary = False
            first.save(update_fields=["primary"])
        same.value, same.normalised, same.primary = value, key, True
        same.save(update_fields=["value", "normalised", "primary"])
        return True
    if first is None:
        return False
    if first.value != value or first.normalised != key:
        if first.normalised != key:
            first.valid = first.bounced_at = first.opted_out_at = None  # told of the value that was
        first.value, first.normalised = value, key
        first.save(update_fields=["value", "normalised", "valid", "bounced_at", "opted_out_at"])
    return True


def source_named(name: str) -> Source:
    """The outside system of this name, made at first sight."""
    found = Source.objects.filter(name=name).first()
    return found or Source.objects.get_or_create(name=name, defaults={"kind": Source.Kind.API})[0]


def taken(external_id: str) -> Refused:
    """The refusal of a second record with the same outside id."""
    sentence = _("The external id “%(id)s” of this source is taken. Nothing was changed.") % {"id": external_id[:60]}
    return Refused(sentence, code="exists")
