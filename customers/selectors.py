"""Questions about customers that several callers ask."""

from __future__ import annotations

import re

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from crm.accounts.models import User
from crm.kit.search import Typed
from customers.models import Customer, ExternalId

MOST_DOUBLES = 5
LEAST_DIGITS = 6


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
    ways: list[Q] = []
    if email and "email" not in levels:
        ways.append(Q(email=email.strip().lower()) & ~Q(email=""))
    digits = re.sub(r"\D", "", phone)
    if len(digits) >= LEAST_DIGITS and "phone" not in levels:
        ways.append(Q(search__kit_matches=Typed(digits, "p").written))
    if name.strip():
        ways.append(Q(sort_name=name.strip().lower()))
    if not ways:
        return []
    seen = Customer.objects.visible_to(user).exclude(pk=besides or 0).order_by()
    # One index per branch; joined by OR the planner would walk the whole name index instead.
    keys = [seen.filter(way).values_list("pk")[:MOST_DOUBLES] for way in ways]
    found = keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]
    wanted = [pk for (pk,) in found][:MOST_DOUBLES]
    return sorted(Customer.objects.filter(pk__in=wanted), key=lambda row: (row.sort_name, row.pk)) if wanted else []
