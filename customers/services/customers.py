"""Making, changing and putting away customers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import assign, check_fields, check_tag, locked, tidy
from customers.following.services import tell
from customers.models import Customer, ExternalId
from customers.services.edits import Edit, reconciled
from customers.services.hierarchy import checked_parent
from customers.services.parties import API_SOURCE, PARTY_FIELDS, checked_party, keep_points, source_named, taken

FIELDS = frozenset({*PARTY_FIELDS, "kind", "name", "parent", "lifecycle", "time_zone", "owner", "team"})
LONGEST_TAG = 60


@transaction.atomic
def create_customer(*, user: User, values: Mapping[str, Any], now: datetime) -> Customer:
    """Make a customer from named values, ``external_id`` and ``source`` among them.

    ``owner`` and ``team`` may be ids or names. Raises Invalid for what does not fit and Refused (409)
    when the outside id is taken.
    """
    check_fields(values, user=user, obj="customer")
    ready = checked_party(values, user=user, obj="customer")
    _check(ready, user=user, existing=None)
    row = Customer(**{name: value for name, value in ready.items() if name in FIELDS and value is not None})
    row.created_at = now
    row.save(force_insert=True)
    keep_points(row, ready, is_new=True)
    if ready.get("external_id"):
        add_external_id(customer=row, source=ready.get("source") or API_SOURCE, external_id=ready["external_id"])
    return row


@transaction.atomic
def update_customer(
    *, user: User, customer_id: int, values: Mapping[str, Any], expected: str | None = None, edit: Edit | None = None
) -> Customer:
    """Change the given fields; ``expected`` is the version that was read (409 when it is no longer so).

    With ``edit`` what others changed since is joined field by field, and Conflict raised for fields of both.
    """
    row = locked(Customer, customer_id, user=user, obj="customer", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="customer")
    ready = checked_party(values, user=user, obj="customer", existing=row)
    _check(ready, user=user, existing=row)
    ready = reconciled(row, ready, edit)
    _write(row, {name: value for name, value in ready.items() if name in FIELDS}, user)
    if ready.get("external_id"):
        _keep_external_id(row, ready.get("source") or API_SOURCE, ready["external_id"])
    return row


@transaction.atomic
def tag_customer(*, user: User, customer_id: int, add: str = "", remove: str = "") -> Customer:
    """Add a tag and take one away; what is so already stays, and ``was_changed`` says whether anything did."""
    row = locked(Customer, customer_id, user=user, obj="customer", action="change")
    left = [tag for tag in row.tags if tag not in (remove, tidy({"tag": remove})["tag"])]
    wanted = [*dict.fromkeys([*left, checked_tag(add)] if add.strip() else left)]
    check_fields({"tags": wanted}, user=user, obj="customer")
    _write(row, {"tags": wanted}, user)
    return row


def checked_tag(typed: str) -> str:
    """A tag as it is kept; raises Invalid for none, a long one, and control characters."""
    tag: str = tidy({"tag": typed})["tag"]
    if not tag or len(tag) > LONGEST_TAG or any(ord(char) < 32 for char in tag):
        sentence = _("Type a tag of at most %(most)s letters first.") % {"most": LONGEST_TAG}
        raise Invalid(sentence, fields={"tags": sentence})
    return tag


@transaction.atomic
def trash_customer(*, user: User, customer_id: int, now: datetime, expected: str | None = None) -> Customer:
    """Move a customer to the trash, where restoring finds it."""
    row = locked(Customer, customer_id, user=user, obj="customer", action="delete")
    check_tag(row, expected)
    row.deleted_at = now
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    return row


@transaction.atomic
def restore_customer(*, user: User, customer_id: int) -> Customer:
    """Take a customer back out of the trash; raises Refused (404) when it is not there."""
    rows = Customer.objects.trashed().filter(user.access.rows("customer", "delete"))
    row = rows.select_for_update(of=("self",)).filter(pk=customer_id).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    row.deleted_at = None
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    return row


def add_external_id(*, customer: Customer, source: str, external_id: str) -> ExternalId:
    """Name a customer in an outside system; raises Refused (409) when the name is another's."""
    try:
        with transaction.atomic():
            return ExternalId.objects.create(customer=customer, source=source_named(source), external_id=external_id)
    except IntegrityError as error:
        raise taken(external_id) from error


def _write(row: Customer, values: Mapping[str, Any], user: User) -> None:
    """Save what differs as a new version and tell followers; ``was_changed`` says whether anything did."""
    changed = assign(row, values)
    row.was_changed = bool(changed)  # type: ignore[attr-defined]
    if changed:
        row.version += 1
        row.save(update_fields=[*changed, "version", "updated_at"])
        keep_points(row, changed)
        tell(user=user, obj="customer", pk=row.pk, event="changed", model="customers.customer", fields=changed)


def _keep_external_id(row: Customer, source: str, external_id: str) -> None:
    known = ExternalId.objects.filter(source__name=source, external_id=external_id).first()
    if known is None:
        add_external_id(customer=row, source=source, external_id=external_id)
    elif known.customer_id != row.pk:
        raise taken(external_id)


def _check(ready: dict[str, Any], *, user: User, existing: Customer | None) -> None:
    """The rules between a customer's own values."""
    zone = ready.get("time_zone")
    if zone and zone not in available_timezones():
        raise Invalid(_("Unknown time zone."), fields={"time_zone": _("Use a name such as Europe/Berlin.")})
    if ready.get("parent"):
        ready["parent"] = checked_parent(ready["parent"], user=user, existing=existing)
