"""Verbs of campaigns and their touches; each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner, named_team
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import assign, check_fields, check_tag, locked, save_changes, tidy
from customers.imports import pending
from customers.models import Customer
from customers.services.parties import API_SOURCE, source_named
from marketing.models import Campaign, Touch

FIELDS = frozenset({
    "name", "channel", "state", "starts_at", "ends_at", "budget", "currency", "owner", "team", "source", "external_id",
})  # fmt: skip
TOUCH_FIELDS = ("sent_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "status")


@transaction.atomic
def create_campaign(*, user: User, values: Mapping[str, Any]) -> Campaign:
    """Make a campaign; owner and team must be within reach."""
    check_fields(values, user=user, obj="campaign")
    ready = _checked(values, user=user, existing=None)
    row = Campaign(**{name: value for name, value in ready.items() if name in FIELDS})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _taken() from error
    if row.external_id:
        pending.resolve("campaign", now=row.created_at)
    return row


@transaction.atomic
def update_campaign(
    *, user: User, campaign_id: int, values: Mapping[str, Any], expected: str | None = None
) -> Campaign:
    """Change the given fields."""
    row = locked(Campaign, campaign_id, user=user, obj="campaign", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="campaign")
    ready = _checked(values, user=user, existing=row)
    try:
        with transaction.atomic():
            save_changes(row, {name: value for name, value in ready.items() if name in FIELDS})
    except IntegrityError as error:
        raise _taken() from error
    return row


@transaction.atomic
def delete_campaign(*, user: User, campaign_id: int, expected: str | None = None) -> None:
    """Remove a campaign with its touches; the history keeps what it was."""
    row = locked(Campaign, campaign_id, user=user, obj="campaign", action="delete")
    check_tag(row, expected)
    row.delete()


@transaction.atomic
def keep_touches(*, user: User, campaign_id: int, touches: Sequence[Mapping[str, Any]]) -> list[Touch]:
    """Make or change the touches of a campaign, one per customer; customers must be within reach.

    Raises Invalid, naming the row, when a customer is not; then nothing is written.
    """
    row = locked(Campaign, campaign_id, user=user, obj="campaign", action="change")
    wanted = [touch["customer"] for touch in touches]
    seen = set(Customer.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    missing = [place for place, pk in enumerate(wanted) if pk not in seen]
    if missing:
        sentence = _("There is no such customer among yours.")
        raise Invalid(sentence, fields={f"{place}.customer": sentence for place in missing[:20]})
    found = {touch.customer_id: touch for touch in Touch.objects.filter(campaign=row, customer__in=wanted)}
    for values in touches:
        touch = found.setdefault(values["customer"], Touch(campaign=row, customer_id=values["customer"]))
        assign(touch, {name: values[name] for name in TOUCH_FIELDS if name in values})
    fresh = [touch for touch in found.values() if touch.pk is None]
    Touch.objects.bulk_update([touch for touch in found.values() if touch.pk], TOUCH_FIELDS, batch_size=500)
    Touch.objects.bulk_create(fresh)
    return [found[pk] for pk in dict.fromkeys(wanted)]


def _checked(values: Mapping[str, Any], *, user: User, existing: Campaign | None) -> dict[str, Any]:
    ready = tidy(values)
    action = "change" if existing else "add"
    if ready.get("external_id"):
        ready["source"] = source_named(ready.get("source") or API_SOURCE)
    else:
        ready.pop("source", None)
        ready.pop("external_id", None)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="campaign", action=action)
    if "team" in ready or existing is None:
        ready["team"] = named_team(ready.get("team"), user=user, obj="campaign", action=action)
    if ready.get("currency"):
        ready["currency"] = ready["currency"].upper()
    starts = ready.get("starts_at", existing.starts_at if existing else None)
    ends = ready.get("ends_at", existing.ends_at if existing else None)
    if starts and ends and ends < starts:
        sentence = _("A campaign ends after it starts.")
        raise Invalid(sentence, fields={"ends_at": sentence})
    return ready


def _taken() -> Refused:
    return Refused(_("A campaign with this external id exists already."), code="exists")
