"""Drafts: kept while their writer types, thrown away when sent, discarded with Undo, shown to nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from customers.composer.models import Draft
from customers.models import Customer

LONGEST = 20_000
EMPTY_KEPT = dt.timedelta(days=1)
BROUGHT = ("kind", "generation", "values", "saved_at")
SIGNS = ("text", "subject", "minutes", "occurred_at")
"""Fields that begin empty: a draft in which none of them is filled is nothing worth keeping."""


def own_drafts(user: User) -> ArraySubquery:
    """A person's own drafts about each customer of a query, which then brings them along as ``own_drafts``."""
    rows = Draft.objects.filter(user=user, customer=OuterRef("pk")).order_by("saved_at")
    return ArraySubquery(rows.values(row=JSONObject(**{name: name for name in BROUGHT})))


def drafts_of(user: User, customer: Customer) -> dict[str, Draft]:
    """A person's own drafts about a customer, by kind, the latest last; those sent or discarded are empty."""
    brought = getattr(customer, "own_drafts", None)
    if brought is None:
        rows = Draft.objects.filter(user=user, customer=customer.pk).order_by("saved_at")
        return {one.kind: one for one in rows}
    whole = [Draft(**{**one, "saved_at": dt.datetime.fromisoformat(one["saved_at"])}) for one in brought]
    return {one.kind: one for one in whole}


@transaction.atomic
def save_draft(
    *, user: User, customer_id: int, kind: str, values: Mapping[str, str], generation: int, now: dt.datetime
) -> Draft:
    """Keep what was typed so far; Refused (409) when the draft was sent or discarded meanwhile, elsewhere."""
    _check_reach(user, customer_id)
    kept = {name: value.replace("\0", "")[:LONGEST] for name, value in values.items()}
    if not any(kept.get(name, "").strip() for name in SIGNS):
        kept = {}
    row = _locked(user, customer_id, kind, now)
    if row.generation != generation:
        raise Refused(_("This draft was sent or discarded on another page. Reload to go on."), code="stale")
    row.values, row.saved_at = kept, now
    row.save(update_fields=["values", "saved_at"])
    return row


def close_draft(*, user: User, customer_id: int, kind: str, generation: int | None, now: dt.datetime) -> None:
    """Throw a draft away because it is sent; part of the caller's transaction.

    Raises Invalid when it was sent or discarded since the page was drawn: a button that is pressed twice sends once.
    """
    row = _locked(user, customer_id, kind, now)
    if generation is not None and row.generation != generation:
        raise Invalid(_("This was sent already, or discarded on another page. To send what stands here, press again."))
    row.generation, row.values, row.discarded, row.saved_at = row.generation + 1, {}, {}, now
    row.save(update_fields=["generation", "values", "discarded", "saved_at"])


@transaction.atomic
def discard_draft(*, user: User, customer_id: int, kind: str, now: dt.datetime) -> Draft:
    """Empty a draft; it can be put back until something else is written."""
    _check_reach(user, customer_id)
    row = _locked(user, customer_id, kind, now)
    row.generation, row.discarded, row.values, row.saved_at = row.generation + 1, row.values, {}, now
    row.save(update_fields=["generation", "discarded", "values", "saved_at"])
    return row


@transaction.atomic
def put_back_draft(*, user: User, customer_id: int, kind: str, now: dt.datetime) -> Draft:
    """Undo of ``discard_draft``; Refused (404) where nothing was discarded."""
    _check_reach(user, customer_id)
    row = _locked(user, customer_id, kind, now)
    if not row.discarded or row.values:
        raise Refused(_("There is no discarded draft to bring back."), status=404, code="not_found")
    row.generation, row.values, row.discarded, row.saved_at = row.generation + 1, row.discarded, {}, now
    row.save(update_fields=["generation", "values", "discarded", "saved_at"])
    return row


def _check_reach(user: User, customer_id: int) -> None:
    """Also for their own words people need to see the customer."""
    if not Customer.objects.visible_to(user).filter(pk=customer_id).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")


def _locked(user: User, customer_id: int, kind: str, now: dt.datetime) -> Draft:
    row, _made = Draft.objects.select_for_update().get_or_create(
        user=user, customer_id=customer_id, kind=kind, defaults={"saved_at": now}
    )
    return row


def tidy_drafts(*, now: dt.datetime) -> int:
    """Empty drafts of yesterday go: no page that knew them is waiting to save."""
    gone: int = Draft.objects.filter(values={}, saved_at__lt=now - EMPTY_KEPT).delete()[0]
    return gone
