"""Making, changing and removing tasks, and taking the last change of one back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from crm.accounts.selectors import named_owner, named_team
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import check_fields, check_tag, covers, locked, save_changes, tidy
from sales.models import Activity
from sales.services.due import end_of, moved, zone_of
from sales.services.orders import seen_customer
from sales.services.products import with_source
from sales.services.steps import set_state
from sales.services.told import tell_assigned

FIELDS = frozenset({
    "title", "kind", "note", "priority", "due_on", "due_at", "timed", "remind_at", "reminded_at", "repeat", "every",
    "repeat_day", "customer", "deal", "contact", "ticket", "owner", "team", "source", "external_id",
})  # fmt: skip
ABOUT = ("deal", "contact", "ticket")
BLANKS = re.compile("[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029\\s]+")


@transaction.atomic
def create_activity(*, user: User, values: Mapping[str, Any], now: datetime) -> Activity:
    """Make a task; it is the user's own where no owner is named, and of the customer's team where no team is.

    Customer, deal, contact, owner and team must be within reach.
    """
    check_fields(values, user=user, obj="activity")
    ready = _checked(values, user=user, existing=None)
    row = Activity(created_by=user, **{name: value for name, value in ready.items() if name in FIELDS})
    _save(row)
    if ready.get("state", Activity.State.OPEN) != Activity.State.OPEN:
        set_state(row, ready["state"], user=user, now=now)
    tell_assigned(row, by=user, now=now)
    return row


@transaction.atomic
def update_activity(
    *, user: User, activity_id: int, values: Mapping[str, Any], now: datetime, expected: str | None = None
) -> Activity:
    """Change the given fields; another state is the step that leads there. A new owner is told."""
    row = locked(Activity, activity_id, user=user, obj="activity", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="activity")
    ready = _checked(values, user=user, existing=row)
    before = row.owner_id
    try:
        with transaction.atomic():
            save_changes(row, {name: value for name, value in ready.items() if name in FIELDS})
    except IntegrityError as error:
        raise _taken() from error
    if ready.get("state", row.state) != row.state:
        set_state(row, ready["state"], user=user, now=now)
        row.was_changed = True  # type: ignore[attr-defined]
    if row.owner_id != before:
        tell_assigned(row, by=user, now=now)
    return row


@transaction.atomic
def assign_activity(*, user: User, activity_id: int, owner: int | str | None, now: datetime) -> Activity:
    """Give a task to somebody in the user's teams, or to nobody."""
    return update_activity(user=user, activity_id=activity_id, values={"owner": owner}, now=now)


@transaction.atomic
def delete_activity(*, user: User, activity_id: int, expected: str | None = None) -> Activity:
    """Remove a task; the history keeps what it was, so that it can be taken back."""
    row = locked(Activity, activity_id, user=user, obj="activity", action="delete")
    check_tag(row, expected)
    pk = row.pk
    row.delete()
    row.pk = pk
    return row


def last_change(activity_id: int) -> int:
    """The number of the newest entry in a task's history; 0 for none."""
    found = _history().filter(pgh_obj_id=activity_id).order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return found or 0


@transaction.atomic
def undo_activity(*, user: User, activity_id: int, change: int, now: datetime) -> Activity:
    """Take back a change of a task, the deletion too; raises Refused (409) where another one came after it."""
    event = _history().filter(pgh_obj_id=activity_id).order_by("-pgh_id").first()
    if event is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    names = [one.attname for one in Activity._meta.concrete_fields if one.name != "id" and hasattr(event, one.attname)]
    held = {name: getattr(event, name) for name in names}
    if event.pgh_label == "delete":
        return _restored(user, activity_id, held, newest=event.pgh_id == change)
    row = locked(Activity, activity_id, user=user, obj="activity", action="change")
    if event.pgh_id != change:
        raise Refused(_("Someone has changed it since; it stays as it is."), code="stale")
    if held["state"] != row.state:
        set_state(row, held["state"], user=user, now=now)
    for name in set(held) - {"created_at", "updated_at"}:
        setattr(row, name, held[name])
    row.reminded_at = None if row.remind_at and row.remind_at > now else row.reminded_at
    row.save()
    return row


def _restored(user: User, activity_id: int, held: Mapping[str, Any], *, newest: bool) -> Activity:
    row = Activity(pk=activity_id, **held)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            Activity.objects.filter(pk=row.pk).update(created_at=held["created_at"])
            connection.check_constraints()
    except IntegrityError as error:
        raise Refused(_("There is nothing to undo."), code="nothing") from error
    if not Activity.objects.visible_to(user).filter(pk=row.pk).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if not newest or not covers(row, user=user, obj="activity", action="delete"):
        raise Refused(_("You may see this record, but not change it."), status=403, code="forbidden")
    return row


def _history() -> Any:
    return apps.get_model("sales", "ActivityEvent").objects


def _checked(values: Mapping[str, Any], *, user: User, existing: Activity | None) -> dict[str, Any]:
    ready = with_source(tidy(values))
    action = "change" if existing else "add"
    if "title" in ready:
        ready["title"] = BLANKS.sub(" ", ready["title"]).strip()
        if not ready["title"]:
            raise Invalid(_("Say what is to be done."), fields={"title": _("Say what is to be done.")})
    _about(ready, user=user, existing=existing)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="activity", action=action)
    elif existing is None:
        ready["owner"] = user
    if "team" in ready or existing is None:
        ready["team"] = _team(ready, user=user, action=action)
    _due(ready, existing, ready.get("owner", existing.owner if existing else None))
    _repeat(ready, existing)
    return ready


def _about(ready: dict[str, Any], *, user: User, existing: Activity | None) -> None:
    """Whom and what it is about: within reach, and deal and ticket the customer's."""
    if ready.get("customer"):
        ready["customer"] = seen_customer(ready["customer"], user=user)
    for name in ABOUT:
        if ready.get(name):
            found = seen(name, ready[name], user=user)
            if found is None:
                sentence = _("There is no such record among yours.")
                raise Invalid(sentence, fields={name: sentence})
            ready[name] = found
    _one_customer(ready, existing, "deal", _("The deal belongs to another customer."))
    _one_customer(ready, existing, "ticket", _("The ticket belongs to another customer."))


def seen(name: str, pk: int, *, user: User) -> Any | None:
    """The deal, contact or ticket that a task may be about, within the user's reach."""
    model: Any = Activity._meta.get_field(name).related_model
    return model.objects.visible_to(user).filter(pk=pk).first()


def _one_customer(ready: dict[str, Any], existing: Activity | None, name: str, sentence: str) -> None:
    about = ready.get(name, getattr(existing, name, None))
    if about is None:
        return
    if not ready.get("customer") and (existing is None or existing.customer_id is None):
        ready["customer"] = about.customer
    customer = ready.get("customer", existing.customer if existing else None)
    if customer is not None and about.customer_id not in (None, customer.pk):
        raise Invalid(sentence, fields={name: sentence})


def _team(ready: Mapping[str, Any], *, user: User, action: str) -> Team:
    """The team that is named; else that of the deal or the customer, else the user's own."""
    if ready.get("team"):
        return named_team(ready["team"], user=user, obj="activity", action=action)
    above = ready.get("deal") or ready.get("customer")
    reached = user.access.team_ids("activity", action)
    own_only = user.access.scope("activity", action) == "own"
    if above is not None and (own_only or reached is None or above.team_id in reached):
        return above.team  # type: ignore[no-any-return]
    own = [team for _role, team in user.access.memberships]
    return Team.objects.filter(pk__in=own).order_by("pk").first() or Team.root()


def _due(ready: dict[str, Any], existing: Activity | None, owner: User | None) -> None:
    """Day and moment follow from each other; a reminder moves along unless it is given anew."""
    if "timed" not in ready and {"due_on", "due_at"} & set(ready):
        at, on = ready.get("due_at"), ready.get("due_on")
        zone = zone_of(owner)
        if at:
            ready |= {"due_at": at, "due_on": at.astimezone(zone).date(), "timed": True}
        else:
            ready |= {"due_at": end_of(on, zone) if on else None, "due_on": on or None, "timed": False}
    if existing is not None and "due_at" in ready and "remind_at" not in ready:
        ready["remind_at"] = moved(existing.remind_at, existing.due_at, ready["due_at"])
    if existing is not None and "remind_at" in ready and ready["remind_at"] != existing.remind_at:
        ready["reminded_at"] = None


def _repeat(ready: dict[str, Any], existing: Activity | None) -> None:
    repeat = ready.get("repeat", existing.repeat if existing else "")
    due = ready.get("due_on", existing.due_on if existing else None)
    if repeat and due is None:
        sentence = _("A task that repeats needs a day on which it is due.")
        raise Invalid(sentence, fields={"repeat": sentence})
    if repeat and ("due_on" in ready or "repeat" in ready):
        ready["repeat_day"] = due.day if due else None


def _taken() -> Refused:
    return Refused(_("A task with this external id exists already."), code="exists")


def _save(row: Activity) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _taken() from error
