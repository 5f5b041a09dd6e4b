"""Verbs over thousands of customers at once; each does what its row-wise twin does to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from crm.kit.rows import check_fields
from crm.kit.sets import Swept, Target, differing_from
from customers.models import Contact, Customer
from customers.services.customers import checked_tag
from customers.services.parties import checked_party

CUSTOMERS = Target(Customer, "customer")
CONTACTS = Target(Contact, "contact")
SETTABLE = frozenset({
    "lifecycle", "kind", "owner", "team", "company", "title", "city", "region", "postcode", "country", "language", "gender",
})  # fmt: skip
"""Fields that many customers may share; names and ways to reach someone are each customer's own."""
TAGS = models.CharField(max_length=60)


def set_fields(*, user: User, ids: Collection[int], values: Mapping[str, Any], now: datetime) -> Swept:
    """Give fields of many customers the same values; refusals come back by row and reason."""
    if set(values) - SETTABLE:
        raise Invalid(_("This field cannot be changed for many at once."))
    check_fields(values, user=user, obj="customer")
    ready = checked_party(values, user=user, obj="customer", existing=Customer())
    return CUSTOMERS.put(user=user, ids=ids, changes=ready, differs=differing_from(ready), now=now)


def set_contact_fields(*, user: User, ids: Collection[int], values: Mapping[str, Any], now: datetime) -> Swept:
    """The same for contacts."""
    if set(values) - (SETTABLE - {"lifecycle", "kind"}):
        raise Invalid(_("This field cannot be changed for many at once."))
    check_fields(values, user=user, obj="contact")
    ready = checked_party(values, user=user, obj="contact", existing=Contact())
    return CONTACTS.put(user=user, ids=ids, changes=ready, differs=differing_from(ready), now=now)


def add_tag(*, user: User, ids: Collection[int], tag: str, now: datetime) -> Swept:
    """Tag many customers."""
    check_fields({"tags": [tag]}, user=user, obj="customer")
    more = {"tags": _array("array_append", checked_tag(tag))}
    return CUSTOMERS.put(user=user, ids=ids, changes=more, differs=~Q(tags__contains=[tag]), now=now)


def drop_tag(*, user: User, ids: Collection[int], tag: str, now: datetime) -> Swept:
    """Take a tag away from many customers."""
    check_fields({"tags": [tag]}, user=user, obj="customer")
    less = {"tags": _array("array_remove", tag)}
    return CUSTOMERS.put(user=user, ids=ids, changes=less, differs=Q(tags__contains=[tag]), now=now)


def _array(function: str, tag: str) -> Func:
    return Func(F("tags"), Value(tag, output_field=TAGS), function=function, output_field=Customer._meta.get_field("tags"))  # fmt: skip


@transaction.atomic
def trash(*, user: User, ids: Collection[int], now: datetime) -> Swept:
    """Move many customers to the trash."""
    allowed, refused = CUSTOMERS.locked(user, ids, action="delete")
    CUSTOMERS.write(allowed, {"deleted_at": now}, now)
    return Swept(len(allowed), 0, refused)


def restore(*, user: User, ids: Collection[int], events: QuerySet[Any], now: datetime) -> Swept:
    """Take many customers out of the trash again, if nothing happened to them since the events put them there."""
    gone = Customer.objects.trashed().filter(user.access.rows("customer", "delete"))
    then = Subquery(events.filter(pgh_obj_id=OuterRef("pk")).order_by("-pgh_id").values("version")[:1])
    return CUSTOMERS.back(
        user=user, ids=ids, changes={"deleted_at": None}, still=Q(version=then + Value(1)), now=now,
        action="delete", rows=gone,
    )  # fmt: skip
