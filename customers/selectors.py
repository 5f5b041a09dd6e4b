"""Questions about customers that several callers ask."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from crm.accounts.models import User
from crm.kit.search import query
from customers.models import Customer, ExternalId

MOST_DOUBLES = 5


def with_external_ids(queryset: QuerySet[Customer]) -> QuerySet[Customer]:
    """Add ``outside``: every (source, external_id) of a customer, oldest first, in the list's own query."""
    ids = ExternalId.objects.filter(customer=OuterRef("pk")).order_by("pk")
    pair = JSONObject(source=F("source__name"), external_id=F("external_id"))
    return queryset.annotate(outside=ArraySubquery(ids.values_list(pair)))


def possible_doubles(
    *, user: User, name: str = "", email: str = "", phone: str = "", besides: int | None = None
) -> list[Customer]:
    """Visible customers with the same e-mail, phone or name, at most five: a hint, not a verdict."""
    levels = user.access.restricted_fields("customer")
    same = Q(pk__in=[])
    if email and "email" not in levels:
        same |= Q(email=email.strip().lower())
    digits = re.sub(r"\D", "", phone)
    if len(digits) >= 6 and "phone" not in levels:
        same |= Q(search__kit_matches=query(digits))
    if name.strip():
        same |= Q(sort_name=name.strip().lower())
    found = Customer.objects.visible_to(user).filter(same)
    if besides:
        found = found.exclude(pk=besides)
    return list(found.order_by("sort_name", "pk")[:MOST_DOUBLES])


