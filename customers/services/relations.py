"""Relationships between customers, and the kinds of them that a workspace keeps."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import locked, tidy
from customers.models import Customer, Relationship, RelationType

BACK = "back"


@transaction.atomic
def relate(
    *, user: User, customer_id: int, other_id: int, type_id: int, backwards: bool = False, note: str = ""
) -> Relationship:
    """Say how a customer stands to another within reach; ``backwards`` says it from the other's side."""
    customer = locked(Customer, customer_id, user=user, obj="customer", action="change")
    other = Customer.objects.visible_to(user).filter(pk=other_id).first()
    if other is None or other.pk == customer.pk:
        sentence = _("Choose another customer of yours.")
        raise Invalid(sentence, fields={"other": sentence})
    kind = RelationType.objects.filter(pk=type_id, retired_at=None).first()
    if kind is None:
        sentence = _("There is no such kind of relationship.")
        raise Invalid(sentence, fields={"type": sentence})
    first, second = (other, customer) if backwards else (customer, other)
    if kind.is_mutual and Relationship.objects.filter(customer=second, other=first, type=kind).exists():
        raise _twice()
    try:
        with transaction.atomic():
            return Relationship.objects.create(
                customer=first, other=second, type=kind, note=tidy({"note": note})["note"][:200]
            )
    except IntegrityError as error:
        raise _twice() from error


@transaction.atomic
def unrelate(*, user: User, customer_id: int, relationship_id: int) -> Relationship:
    """Take a relationship away, from either side."""
    customer = locked(Customer, customer_id, user=user, obj="customer", action="change")
    row = Relationship.objects.select_related("type").filter(pk=relationship_id).first()
    if row is None or customer.pk not in (row.customer_id, row.other_id):
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    row.delete()
    row.pk = relationship_id
    return row


@transaction.atomic
def keep_type(*, user: User, words: str, inverse: str = "", type_id: int | None = None) -> RelationType:
    """Add a kind, or word one anew; without an inverse both sides say the same."""
    _may(user)
    ready = tidy({"words": words, "inverse": inverse or words})
    if not ready["words"] or max(len(ready["words"]), len(ready["inverse"])) > 80:
        sentence = _("Type at most 80 letters, such as “is advisor of”.")
        raise Invalid(sentence, fields={"words": sentence})
    row = RelationType.objects.select_for_update().filter(pk=type_id).first() if type_id else RelationType()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if row.pk and (row.forward, row.backward) == (ready["words"], ready["inverse"]):
        return row
    row.code, row.words, row.inverse, row.retired_at = "", ready["words"], ready["inverse"], None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        sentence = _("There is a kind with these words already.")
        raise Invalid(sentence, fields={"words": sentence}) from error
    return row


@transaction.atomic
def retire_type(*, user: User, type_id: int, now: datetime) -> RelationType:
    """Offer a kind no longer: an unused one goes, one in use stays on the records that have it."""
    _may(user)
    row = RelationType.objects.select_for_update().filter(pk=type_id, retired_at=None).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if row.relationships.exists():
        row.retired_at = now
        row.save(update_fields=["retired_at", "updated_at"])
    else:
        row.delete()
    return row


@transaction.atomic
def offer_type_again(*, user: User, type_id: int) -> RelationType:
    """Offer a retired kind again."""
    _may(user)
    row = RelationType.objects.select_for_update().filter(pk=type_id).exclude(retired_at=None).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    row.retired_at = None
    row.save(update_fields=["retired_at", "updated_at"])
    return row


def _may(user: User) -> None:
    if not user.access.can("setting", "change"):
        raise Refused(_("Your role does not reach this. Nothing was changed."), status=403, code="forbidden")


def _twice() -> Invalid:
    sentence = _("These two are related so already.")
    return Invalid(sentence, fields={"type": sentence})
