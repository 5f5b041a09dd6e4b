"""The form of a task."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField
from crm.accounts.models import User
from crm.kit.values import check_year
from crm.kit.views import PlainForm
from customers.picks import CustomerField
from sales.models import Activity
from sales.services.due import morning_of, zone_of

REMINDERS = (
    ("", _("No reminder")),
    ("due", _("When it is due (at 9:00 where no time is given)")),
    ("15", _("15 minutes before")),
    ("60", _("1 hour before")),
    ("eve", _("The day before at 9:00")),
)
KEPT_IN = {"due_time": "due_on", "remind": "remind_at"}
"""Fields of the form whose column has another name: field rules know the column."""


class ActivityForm(PlainForm):
    """What is to be done, by whom, until when."""

    title = forms.CharField(
        label=_("Task"), max_length=200, widget=forms.TextInput(attrs={"data-focus": True, "autocomplete": "off"})
    )
    due_on = forms.DateField(
        label=_("Due"), required=False, validators=[check_year],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    due_time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Activity.Kind.choices)
    priority = forms.ChoiceField(label=_("Priority"), choices=Activity.Priority.choices)
    owner = PersonField(label=_("Owner"), required=False, help_text="")
    customer = CustomerField(label=_("Customer"), required=False)
    remind = forms.ChoiceField(label=_("Reminder"), required=False)
    repeat = forms.ChoiceField(label=_("Repeats"), choices=Activity.Repeat.choices, required=False)
    every = forms.IntegerField(
        label=_("Every"), min_value=1, max_value=365, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}), help_text=_("2 with “Weekly” is every second week."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, user: User, row: Activity | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        action = "change" if row else "add"
        self.user, self.row = user, row
        fields: dict[str, Any] = self.fields
        fields["owner"].offer(user, "activity", action, kept=row.owner_id if row else None)
        fields["customer"].offer(user, "customer", "view", kept=row.customer_id if row else None)
        kept = [("own", _("As set"))] if row and row.remind_at and reminder_of(row) == "own" else []
        self.offer("remind", [*REMINDERS, *kept])
        for name in [one for one in fields if user.access.field_level("activity", KEPT_IN.get(one, one)) != "write"]:
            del fields[name]

    def values(self, owner: User | None) -> dict[str, Any]:
        """As the service takes them; times are the reader's own."""
        given = dict(self.cleaned_data)
        given.pop("expected", None)
        at = self._moment(given.pop("due_time", None))
        remind = given.pop("remind", "own")
        if "every" in given:
            given["every"] = given["every"] or 1
        if at is not None:
            given |= {"due_at": at}
        if remind != "own":
            given["remind_at"] = self._reminder(remind, at, owner)
        return given

    def clean(self) -> dict[str, Any]:
        """A time and a reminder need a day."""
        given = super().clean() or {}
        if "due_on" in self.errors or given.get("due_on"):
            return given
        for name in ("due_time", "remind"):
            if given.get(name) and given[name] != "own":
                self.add_error(name, _("Choose a day first."))
        return given

    def _moment(self, clock: Any) -> datetime | None:
        if not (clock and self.cleaned_data.get("due_on")):
            return None
        return datetime.combine(self.cleaned_data["due_on"], clock, timezone.get_current_timezone())  # type: ignore[arg-type]

    def _reminder(self, choice: str, at: datetime | None, owner: User | None) -> datetime | None:
        day = self.cleaned_data.get("due_on")
        if not choice or not day:
            return None
        morning = morning_of(day, zone_of(owner or self.user))
        if choice == "eve":
            return morning - timedelta(days=1)
        start = at or morning
        return start if choice == "due" else start - timedelta(minutes=int(choice))


def reminder_of(row: Activity) -> str:
    """Which of the offered reminders a task has."""
    if row.remind_at is None or row.due_on is None or row.due_at is None:
        return "own" if row.remind_at else ""
    morning = morning_of(row.due_on, zone_of(row.owner))
    start = row.due_at if row.timed else morning
    distances = {start: "due", start - timedelta(minutes=15): "15", start - timedelta(hours=1): "60"}
    return distances.get(row.remind_at) or ("eve" if row.remind_at == morning - timedelta(days=1) else "own")


def as_typed(row: Activity) -> dict[str, Any]:
    """What the form holds of a task."""
    clock = timezone.localtime(row.due_at).time() if row.timed and row.due_at else None
    day = timezone.localtime(row.due_at).date() if row.timed and row.due_at else row.due_on
    return {
        "title": row.title, "kind": row.kind, "note": row.note, "priority": row.priority, "due_on": day,
        "due_time": clock, "owner": row.owner_id, "customer": row.customer_id, "remind": reminder_of(row),
        "repeat": row.repeat, "every": row.every,
    }  # fmt: skip
