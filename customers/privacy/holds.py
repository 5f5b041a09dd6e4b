"""Legal holds: while one is on, nothing erases or purges a customer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from customers.models import Customer, LegalHold
from customers.privacy.erasing import find, hold_of


@transaction.atomic
def place_hold(*, user: User, customer_id: int, reason: str, now: datetime) -> LegalHold:
    """Keep a customer's data from now on; raises Invalid without a reason, Refused where a hold is on already."""
    row = _locked(user, customer_id)
    why = " ".join(reason.split())[:300]
    if not why:
        sentence = _("Say why the data must be kept.")
        raise Invalid(sentence, fields={"reason": sentence})
    if hold_of(row.pk) is not None:
        raise Refused(_("A legal hold is on already. Nothing was changed."))
    made = LegalHold.objects.create(customer=row, reason=why, placed_at=now, placed_by=user)
    audit.record(action="hold.place", obj=f"customer {row.pk}", user_id=user.pk, detail={}, address=None, at=now)
    return made


@transaction.atomic
def lift_hold(*, user: User, customer_id: int, now: datetime) -> LegalHold:
    """Take the hold off again; it stays in the customer's record of holds."""
    row = _locked(user, customer_id)
    found = hold_of(row.pk)
    if found is None:
        raise Refused(_("There is no legal hold on this customer. Nothing was changed."))
    found.lifted_at = now
    found.save(update_fields=["lifted_at"])
    audit.record(action="hold.lift", obj=f"customer {row.pk}", user_id=user.pk, detail={}, address=None, at=now)
    return found


def _locked(user: User, customer_id: int) -> Customer:
    """The customer, one change of holds at a time: an erasure waits for the same row."""
    row = find(user, "customer", customer_id, "change")
    return Customer._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
