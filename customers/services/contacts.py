"""Making, changing and putting away contacts, and linking them to customers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import assign, check_fields, check_tag, locked
from customers.following.services import tell
from customers.imports import pending
from customers.models import Contact, ContactRole, Customer
from customers.services.customers import checked_tag
from customers.services.edits import Edit, reconciled
from customers.services.parties import API_SOURCE, PARTY_FIELDS, checked_party, keep_points, source_named, taken

FIELDS = frozenset({*PARTY_FIELDS, "name", "owner", "team", "external_id", "source"})


@transaction.atomic
def create_contact(*, user: User, values: Mapping[str, Any], now: datetime) -> Contact:
    """Make a contact; ``customer`` (an id within reach) and ``role`` link it to a customer."""
    check_fields(values, user=user, obj="contact")
    ready = checked_party(values, user=user, obj="contact")
    _source(ready)
    row = Contact(**{name: value for name, value in ready.items() if name in FIELDS and value is not None})
    row.created_at = now
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise taken(row.external_id) from error
    keep_points(row, ready, is_new=True)
    _link(row, ready, user=user)
    if row.external_id:
        pending.resolve("contact", now=now)
    return row


@transaction.atomic
def update_contact(
    *, user: User, contact_id: int, values: Mapping[str, Any], expected: str | None = None, edit: Edit | None = None
) -> Contact:
    """Change the given fields; ``expected`` and ``edit`` as for customers."""
    row = locked(Contact, contact_id, user=user, obj="contact", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="contact")
    ready = checked_party(values, user=user, obj="contact", existing=row)
    _source(ready)
    ready = reconciled(row, ready, edit)
    changed = assign(row, {name: value for name, value in ready.items() if name in FIELDS})
    row.was_changed = bool(changed)  # type: ignore[attr-defined]
    if changed:
        row.version += 1
        try:
            with transaction.atomic():
                row.save(update_fields=[*changed, "version", "updated_at"])
        except IntegrityError as error:
            raise taken(row.external_id) from error
        keep_points(row, changed)
        tell(user=user, obj="contact", pk=row.pk, event="changed", model="customers.contact", fields=changed)
    _link(row, ready, user=user)
    return row


@transaction.atomic
def trash_contact(*, user: User, contact_id: int, now: datetime) -> Contact:
    """Move a contact to the trash."""
    row = locked(Contact, contact_id, user=user, obj="contact", action="delete")
    row.deleted_at = now
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    return row


@transaction.atomic
def restore_contact(*, user: User, contact_id: int) -> Contact:
    """Take a contact back out of the trash; raises Refused (404) when it is not there."""
    rows = Contact.objects.filter(user.access.rows("contact", "delete")).exclude(deleted_at=None)
    row = rows.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    row.deleted_at = None
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    return row


@transaction.atomic
def tag_contact(*, user: User, contact_id: int, add: str = "", remove: str = "") -> Contact:
    """Add a tag and take one away; ``was_changed`` says whether anything did."""
    row = locked(Contact, contact_id, user=user, obj="contact", action="change")
    left = [tag for tag in row.tags if tag != remove]
    wanted = [*dict.fromkeys([*left, checked_tag(add)] if add.strip() else left)]
    check_fields({"tags": wanted}, user=user, obj="contact")
    changed = assign(row, {"tags": wanted})
    row.was_changed = bool(changed)  # type: ignore[attr-defined]
    if changed:
        row.version += 1
        row.save(update_fields=[*changed, "version", "updated_at"])
    return row


def _source(ready: dict[str, Any]) -> None:
    if ready.get("external_id"):
        ready["source"] = source_named(ready.get("source") or API_SOURCE)
    else:
        ready.pop("source", None)
        ready.pop("external_id", None)


def _link(row: Contact, ready: Mapping[str, Any], *, user: User) -> None:
    """Link to the customer that the values name, once per role."""
    wanted = ready.get("customer")
    if not wanted:
        return
    customer = Customer.objects.visible_to(user).filter(pk=wanted).first()
    if customer is None:
        sentence = _("There is no such customer among yours.")
        raise Invalid(sentence, fields={"customer": sentence})
    ContactRole.objects.get_or_create(contact=row, customer=customer, role=ready.get("role") or "")
