"""Verbs over thousands of tasks at once; each does what its row-wise twin does to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import check_fields
from crm.kit.sets import Swept, Target, before, differing_from
from sales.models import Activity
from sales.services.due import end_of, zone_of
from sales.services.steps import complete_activity
from sales.services.told import tell_many

ACTIVITIES = Target(Activity, "activity")
SETTABLE = frozenset({"owner", "due_on", "priority"})
RUN = timedelta(hours=6)  # the longest that a bulk job takes
OPEN, DONE = Activity.State.OPEN, Activity.State.DONE


@transaction.atomic
def set_fields(*, user: User, ids: Collection[int], values: Mapping[str, Any], now: datetime) -> Swept:
    """Give a field of many tasks the same value; a day ends where the person who asks is."""
    if set(values) - SETTABLE:
        raise Invalid(_("This field cannot be changed for many at once."))
    check_fields(values, user=user, obj="activity")
    ready = dict(values)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="activity", action="change")
    differs = differing_from(ready)
    if "due_on" in ready:
        differs &= Q() if ready["due_on"] else Q(repeat="")
        ready |= _due(ready["due_on"], user, now)
    done = ACTIVITIES.put(user=user, ids=ids, changes=ready, differs=differs, now=now)
    if ready.get("owner") and ready["owner"] != user and done.changed:
        tell_many(ready["owner"], by=user, now=now)
    return done


def _due(day: date | None, user: User, now: datetime) -> dict[str, Any]:
    """The columns that follow from a day; reminders keep their distance, and those that come again are given again."""
    if day is None:
        return {"due_at": None, "timed": False}
    at = end_of(day, zone_of(user))
    reminder = Coalesce(F("remind_at") + (at - F("due_at")), F("remind_at"), output_field=DateTimeField())
    return {
        "due_at": at, "timed": False, "remind_at": reminder,
        "reminded_at": Case(When(GreaterThan(reminder, now), then=None), default=F("reminded_at")),
    }  # fmt: skip


@transaction.atomic
def complete_many(*, user: User, ids: Collection[int], now: datetime) -> Swept:
    """Mark many as done: one statement, and one by one those of a series.

    The next of a series that the same run made matches what was asked for again: it stays open.
    """
    fresh = set(Activity.objects.filter(pk__in=ids, follows__done_at__gt=now - RUN).values_list("pk", flat=True))
    wanted = Activity.objects.filter(pk__in=ids, state=OPEN).exclude(pk__in=fresh)
    series = list(wanted.exclude(repeat="").values_list("pk", flat=True))
    plain = [pk for pk in ids if pk not in {*series, *fresh}]
    changes = {"state": DONE, "done_at": now, "done_by": user}
    done = ACTIVITIES.put(user=user, ids=plain, changes=changes, differs=Q(state=OPEN), now=now)
    for pk in series:
        try:
            complete_activity(user=user, activity_id=pk, now=now)
        except Refused as refused:
            done.refused.append((pk, refused.message))
        else:
            done.changed += 1
    done.same += len(fresh)
    return done


@transaction.atomic
def reopen_many(*, user: User, ids: Collection[int], events: QuerySet[Any], now: datetime) -> Swept:
    """Put back the state that the history holds; the next one of a series that nobody touched goes away."""
    changes = {name: before(events, name) for name in ("state", "done_at", "done_by_id")}
    done = ACTIVITIES.back(user=user, ids=ids, changes=changes, still=Q(state=DONE), now=now)
    touched = Activity.events.rel.related_model.objects.filter(pgh_obj_id=OuterRef("pk"))  # type: ignore[attr-defined]
    later = Activity.objects.filter(follows__in=ids, follows__state=OPEN, state=OPEN)
    later.filter(~Exists(touched)).delete()
    return done
