"""Which person does what at which customer, and since when."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import assign, locked, tidy
from customers.models import Contact, ContactRole, Customer


@transaction.atomic
def add_role(
    *, user: User, contact_id: int, customer_id: int, role: str = "", primary: bool = False, since: date | None = None
) -> ContactRole:
    """Link a contact to a customer within reach, in one role once."""
    contact = locked(Contact, contact_id, user=user, obj="contact", action="change")
    customer = Customer.objects.visible_to(user).filter(pk=customer_id).first()
    if customer is None:
        sentence = _("There is no such customer among yours.")
        raise Invalid(sentence, fields={"customer": sentence})
    made = ContactRole(contact=contact, customer=customer, role=tidy({"role": role})["role"][:80], since=since)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("This person has that role there already.")
        raise Invalid(sentence, fields={"role": sentence}) from error
    if primary:
        _make_primary(made)
    return made


@transaction.atomic
def change_role(*, user: User, role_id: int, values: dict[str, Any]) -> ContactRole:
    """Change role, since, until or primary: one person per customer is the primary one."""
    row = _locked(user, role_id)
    ready = tidy({name: values[name] for name in ("role", "since", "until") if name in values})
    since, until = ready.get("since", row.since), ready.get("until", row.until)
    if since and until and until < since:
        sentence = _("It cannot end before it begins.")
        raise Invalid(sentence, fields={"until": sentence})
    changed = assign(row, ready)
    if row.until and row.primary:
        row.primary = False
        changed.append("primary")
    try:
        with transaction.atomic():
            if changed:
                row.save(update_fields=changed)
    except IntegrityError as error:
        sentence = _("This person has that role there already.")
        raise Invalid(sentence, fields={"role": sentence}) from error
    if values.get("primary"):
        _make_primary(row)
    return row


@transaction.atomic
def remove_role(*, user: User, role_id: int) -> dict[str, Any]:
    """Take a role away; what it was, for Undo."""
    row = _locked(user, role_id)
    told = {
        "contact_id": row.contact_id,
        "customer_id": row.customer_id,
        "role": row.role,
        "primary": row.primary,
        "since": row.since,
    }
    row.delete()
    return told


def _make_primary(row: ContactRole) -> None:
    ContactRole.objects.filter(customer=row.customer_id, primary=True).exclude(pk=row.pk).update(primary=False)
    row.primary, row.until = True, None
    row.save(update_fields=["primary", "until"])


def _locked(user: User, role_id: int) -> ContactRole:
    row = ContactRole.objects.select_related("contact").filter(pk=role_id).first()
    seen = row is not None and Customer.objects.visible_to(user).filter(pk=row.customer_id).exists()
    if row is None or not seen:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    locked(Contact, row.contact_id, user=user, obj="contact", action="change")
    return row
