"""What the bulk bar of the task list offers, and its cells; every row goes through the services."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.fields import PersonField
from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.lists import Action, Input, Setting, one_of, read_day
from crm.kit.lists.cells import Editor
from crm.kit.sets import Swept
from crm.kit.values import check_year
from sales.models import Activity
from sales.services.activities import update_activity
from sales.services.activity_sets import ACTIVITIES, complete_many, reopen_many, set_fields

CHANGE = ("activity", "change")


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Activity:
    """As the service takes it."""
    return update_activity(user=user, activity_id=pk, values=values, now=now)


class Completing(Setting):
    """Done, and back again: many rows at once but for those of a series, each of which makes its next one."""

    def act_on(self, *, user: Any, ids: Collection[int], value: Any, now: datetime) -> Swept:
        """Mark many as done."""
        return complete_many(user=user, ids=ids, now=now)

    def take_back(self, *, user: Any, ids: Collection[int], events: QuerySet[Any], value: Any, now: datetime) -> Swept:
        """Open those again that were open before."""
        return reopen_many(user=user, ids=ids, events=events, now=now)

    @transaction.atomic
    def act(self, *, user: Any, pk: int, value: Any, now: datetime) -> dict[str, Any] | None:
        """Mark one as done; a cancelled one stays as it is."""
        if Activity.objects.visible_to(user).filter(pk=pk, state=Activity.State.CANCELLED).exists():
            return None
        return super().act(user=user, pk=pk, value=Activity.State.DONE.value, now=now)

    @transaction.atomic
    def back(self, *, user: Any, pk: int, value: Any, before: dict[str, Any], now: datetime) -> None:
        """As it was."""
        super().back(user=user, pk=pk, value=Activity.State.DONE.value, before=before, now=now)


DONE = Completing(ACTIVITIES, "state", update, many=set_fields)
OWNER = Setting(ACTIVITIES, "owner", update, many=set_fields)
DUE = Setting(ACTIVITIES, "due_on", update, many=set_fields, also=("due_at", "timed", "remind_at"))
PRIORITY = Setting(ACTIVITIES, "priority", update, many=set_fields)
ACTIONS = (
    Action(
        "complete", pgettext_lazy("to do", "Done"), "check", CHANGE, DONE.act, DONE.back, sweep=DONE, model=Activity
    ),
    Action(
        "assign", _("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back, person_of("activity"),
        Input(_("Owner"), picker=PEOPLE.of("activity", "change")), sweep=OWNER, model=Activity,
    ),
    Action(
        "edit-due_on", _("Due"), "calendar", CHANGE, DUE.act, DUE.back, read_day, Input(_("Due"), kind="date"),
        sweep=DUE, model=Activity, edits=True,
    ),
    Action(
        "edit-priority", _("Priority"), "flag", CHANGE, PRIORITY.act, PRIORITY.back, one_of(Activity.Priority.values),
        Input(_("Priority"), choices=Activity.Priority.choices), sweep=PRIORITY, model=Activity, edits=True,
    ),
)  # fmt: skip


def _title(_user: User, row: Activity) -> forms.Field:
    return forms.CharField(label=_("Task"), max_length=200, initial=row.title)


def _due(_user: User, row: Activity) -> forms.Field:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=_("Due"), required=False, initial=row.due_on, widget=widget, validators=[check_year])


def _owner(user: User, row: Activity) -> forms.Field:
    made = PersonField(label=_("Owner"), required=False, initial=row.owner_id, help_text="")
    made.offer(user, "activity", "change", kept=row.owner_id)
    return made


def _kind(_user: User, row: Activity) -> forms.Field:
    return forms.ChoiceField(label=_("Kind"), choices=Activity.Kind.choices, initial=row.kind)


def _priority(_user: User, row: Activity) -> forms.Field:
    return forms.ChoiceField(label=_("Priority"), choices=Activity.Priority.choices, initial=row.priority)


def _state(_user: User, row: Activity) -> forms.Field:
    return forms.ChoiceField(label=_("State"), choices=Activity.State.choices, initial=row.state)


def save(*, user: User, pk: int, values: dict[str, Any], expected: str | None, now: datetime) -> Activity:
    """As the service takes it."""
    return update_activity(user=user, activity_id=pk, values=values, now=now, expected=expected)


EDITOR = Editor(
    Activity, "activity",
    {"title": _title, "due_on": _due, "owner": _owner, "kind": _kind, "priority": _priority, "state": _state},
    save, CHANGE,
)  # fmt: skip
