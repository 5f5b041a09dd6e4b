"""Opening deals, moving them through their stages, changing and removing them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner, named_team
from crm.kit.customfields import merged
from crm.kit.errors import Invalid, Refused
from crm.kit.money import in_home
from crm.kit.rows import check_fields, check_tag, locked, save_changes, tidy
from customers.files.services import reassign
from customers.following.services import tell
from sales.models import Deal, Pipeline, Stage, StageChange
from sales.services.orders import seen_customer
from sales.services.products import named_product, with_source

FIELDS = frozenset({
    "title", "customer", "stage", "product", "amount", "currency", "home_amount", "owner", "team", "opened_at",
    "expected_on", "closed_at", "lost_reason", "custom", "source", "external_id",
})  # fmt: skip

WORKED_OUT = frozenset({"home_amount", "closed_at", "opened_at", "source", "external_id"})


@transaction.atomic
def open_deal(*, user: User, values: Mapping[str, Any], now: datetime) -> Deal:
    """Open a deal; without a stage it begins in the first of its pipeline, the default one.

    ``stage`` and ``pipeline`` may be ids or names; customer, owner and team must be within reach.
    """
    check_fields(values, user=user, obj="deal")
    ready = _checked(values, user=user, existing=None, now=now)
    row = Deal(**{name: value for name, value in ready.items() if name in FIELDS})
    _save(row)
    StageChange.objects.create(deal=row, stage=row.stage, at=row.opened_at, user=user)
    if row.closed_at:
        StageChange.objects.create(deal=row, stage=row.stage, at=row.closed_at, user=user)
    if row.customer_id:
        tell(user=user, obj="customer", pk=row.customer_id, event="opened", about=["deal", row.pk])
    return row


@transaction.atomic
def update_deal(
    *, user: User, deal_id: int, values: Mapping[str, Any], now: datetime, expected: str | None = None
) -> Deal:
    """Change the given fields; another stage is a move, with its entry in the deal's history."""
    row = locked(Deal, deal_id, user=user, obj="deal", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="deal")
    ready = _checked(values, user=user, existing=row, now=now)
    before = row.stage_id
    try:
        with transaction.atomic():
            save_changes(row, {name: value for name, value in ready.items() if name in FIELDS})
    except IntegrityError as error:
        raise _taken() from error
    if row.stage_id != before:
        StageChange.objects.create(deal=row, stage=row.stage, at=now, user=user)
    _tell(row, user)
    return row


def _tell(row: Deal, user: User) -> None:
    """Followers hear of the stage, or of the fields; files stay with whom the deal is about."""
    changed = [name for name in row.changed_names if name not in WORKED_OUT]  # type: ignore[attr-defined]
    if "customer" in changed:
        reassign("deal", row.pk, row.customer_id)
    if "stage" in changed:
        tell(user=user, obj="deal", pk=row.pk, event="deal.moved", stage=row.stage_id)
    elif changed:
        tell(user=user, obj="deal", pk=row.pk, event="changed", model="sales.deal", fields=changed)


@transaction.atomic
def move_deal(
    *,
    user: User,
    deal_id: int,
    stage_id: int,
    now: datetime,
    lost_reason: str = "",
    expected: str | None = None,
) -> Deal:
    """Move a deal to another stage of its pipeline; moving it where it stands is refused (409)."""
    row = locked(Deal, deal_id, user=user, obj="deal", action="change")
    if row.stage_id == stage_id:
        raise Refused(_("The deal is in this stage already."), code="same_stage")
    values: dict[str, Any] = {"stage": stage_id}
    if lost_reason:
        values["lost_reason"] = lost_reason
    return update_deal(user=user, deal_id=deal_id, values=values, now=now, expected=expected)


@transaction.atomic
def delete_deal(*, user: User, deal_id: int, expected: str | None = None) -> None:
    """Remove a deal; the history keeps what it was."""
    row = locked(Deal, deal_id, user=user, obj="deal", action="delete")
    check_tag(row, expected)
    row.delete()


def _checked(values: Mapping[str, Any], *, user: User, existing: Deal | None, now: datetime) -> dict[str, Any]:
    ready = with_source(tidy(values))
    action = "change" if existing else "add"
    if ready.get("customer"):
        ready["customer"] = seen_customer(ready["customer"], user=user)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="deal", action=action)
    elif existing is None:
        ready["owner"] = user
    if "team" in ready or existing is None:
        customer = ready.get("customer")
        wanted = ready.get("team") or (customer.team_id if customer else None)
        ready["team"] = named_team(wanted, user=user, obj="deal", action=action)
    if ready.get("product"):
        ready["product"] = named_product(ready["product"])
    if "custom" in ready:
        ready["custom"] = merged(ready["custom"], obj="deal", user=user, before=existing.custom if existing else None)
    if existing is None:
        ready["opened_at"] = ready.get("opened_at") or now
    _stage(ready, existing, now)
    _money(ready, existing)
    return ready


def _stage(ready: dict[str, Any], existing: Deal | None, now: datetime) -> None:
    """The stage by id or name, and the closing time that follows from it."""
    pipeline = _pipeline(ready.pop("pipeline", None), existing)
    wanted = ready.get("stage")
    if wanted in (None, "") and existing is not None and pipeline.pk == existing.stage.pipeline_id:
        ready.pop("stage", None)
        return
    stages = list(Stage.objects.filter(pipeline=pipeline).order_by("position", "pk"))
    if wanted in (None, ""):
        found = stages[0] if stages else None
    elif isinstance(wanted, int):
        found = next((stage for stage in stages if stage.pk == wanted), None)
    else:
        found = next((stage for stage in stages if stage.name.lower() == str(wanted).lower()), None)
    if found is None:
        sentence = _("There is no such stage in this pipeline.")
        raise Invalid(sentence, fields={"stage": sentence})
    ready["stage"] = found
    if existing is not None and existing.stage_id == found.pk:
        return
    if found.state == Stage.State.OPEN:
        ready["closed_at"] = None
    elif not ready.get("closed_at"):
        ready["closed_at"] = now


def _pipeline(value: Any, existing: Deal | None) -> Pipeline:
    if value in (None, ""):
        found = existing.stage.pipeline if existing else Pipeline.objects.order_by("-is_default", "pk").first()
    elif isinstance(value, int):
        found = Pipeline.objects.filter(pk=value).first()
    else:
        found = Pipeline.objects.filter(name__iexact=str(value)).first()
    if found is None:
        sentence = _("There is no such pipeline.")
        raise Invalid(sentence, fields={"pipeline": sentence})
    return found


def _money(ready: dict[str, Any], existing: Deal | None) -> None:
    if ready.get("currency"):
        ready["currency"] = ready["currency"].upper()
    if not {"amount", "currency"} & set(ready):
        return
    amount = ready.get("amount", existing.amount if existing else None)
    currency = ready.get("currency", existing.currency if existing else "")
    opened = ready.get("opened_at") or (existing.opened_at if existing else None)
    ready["home_amount"] = in_home(amount, currency, opened.date()) if opened else None


def _taken() -> Refused:
    return Refused(_("A deal with this external id exists already."), code="exists")


def _save(row: Deal) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _taken() from error
