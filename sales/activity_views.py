"""Tasks: the list, one of them, its form, and the steps that it takes."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.accounts.models import User
from crm.kit import records
from crm.kit.changes import changes_of
from crm.kit.errors import Invalid, Refused
from crm.kit.lists import ListView, Preset
from crm.kit.palette import Hit
from crm.kit.rows import tag
from crm.kit.views import FormPage, Policed, RecordPage, back_to, undo_toast
from customers.views import find_customer
from sales import services
from sales.activity_bulk import ACTIONS, EDITOR
from sales.activity_forms import ActivityForm, as_typed
from sales.filters import ActivityFilters
from sales.models import Activity
from sales.services.activities import ABOUT, last_change, seen
from sales.services.due import next_monday
from sales.tables import ACTIVITIES, ACTIVITY_SORTS, ACTIVITY_TONES, PRIORITY_TONES
from sales.words import due_words


class ActivityList(ListView):
    """Tasks of the reader's teams and the reader's own."""

    policy = ("activity", "view")
    key = "sales.activity"
    object = "activity"
    model = Activity
    table = ACTIVITIES
    filterset_class = ActivityFilters
    filter_names = ("when", "state", "owner", "kind", "priority", "team", "due_after", "due_before")
    own_orderings = ACTIVITY_SORTS
    default_ordering = "-due_at"
    title = gettext_lazy("Tasks")
    all_label = gettext_lazy("All tasks")
    search_label = gettext_lazy("Title")
    create_url = "/sales/activities/new/"
    create_label = gettext_lazy("New task")
    create_policy = ("activity", "add")
    presets = (
        Preset(
            "mine",
            gettext_lazy("My open tasks"),
            "state=open&owner={user}&ordering=due_at",
            opens=True,
            empty=gettext_lazy("Nothing is left to do. Make a task here, or with T on a customer's page."),
        ),
        Preset("overdue", pgettext_lazy("task", "Overdue"), "when=overdue&ordering=due_at"),
        Preset("today", gettext_lazy("Today"), "when=today&ordering=due_at"),
        Preset("week", gettext_lazy("This week"), "when=week&ordering=due_at"),
        Preset("done", pgettext_lazy("task", "Done"), "state=done"),
    )
    empty_text = gettext_lazy("No tasks yet. Make one here, or with T on a customer's page.")
    actions = ACTIONS
    editor = EDITOR
    group_names = ("state", "kind", "priority", "owner", "team")

    def get_queryset(self) -> QuerySet[Activity]:
        return super().get_queryset().select_related("customer", "deal", "owner").only(
            "title", "kind", "state", "priority", "due_on", "due_at", "timed", "remind_at", "done_at", "note",
            "created_at", "updated_at", "customer__name", "deal__title", "owner__first_name", "owner__last_name",
            "owner__username",
        )  # fmt: skip


class ActivityPage(RecordPage):
    """One task."""

    policy = ("activity", "view")
    model = Activity
    record_name = "activity"
    template_name = "sales/activity.html"

    def get_queryset(self) -> QuerySet[Activity]:
        return super().get_queryset().select_related("customer", "deal", "contact", "owner", "team", "done_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        row, access = context["activity"], self.request.user.access
        levels = access.restricted_fields("activity")
        fields = ["title", "state", "due_on", "owner", "priority", "kind", "remind_at", "repeat", "note"]
        return {
            **context,
            "tone": ACTIVITY_TONES[row.state],
            "priority_tone": PRIORITY_TONES[row.priority],
            "late": row.is_late(timezone.now()),
            "changes": changes_of(row, fields, levels),
            "levels": levels,
            "ticket": self.ticket(row),
            "may_change": access.can("activity", "change"),
            "may_delete": access.can("activity", "delete"),
        }

    def ticket(self, row: Activity) -> Hit | None:
        """The ticket it is about, as far as the reader may see it."""
        asked = [("ticket", row.ticket_id)] if row.ticket_id else []
        return next(iter(records.hits(self.request.user, asked)), None)


class ActivityFormPage(FormPage):
    """The form as a page of its own, or in a dialog over the page from which it was opened."""

    form_class = ActivityForm

    @cached_property
    def row(self) -> Activity | None:
        """The task that is changed; none where one is made."""
        return None

    def get_template_names(self) -> list[str]:
        dialog = self.request.headers.get("HX-Target") == "dialog"
        return ["sales/activity_dialog.html" if dialog else "sales/activity_form.html"]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user, "row": self.row, "initial": self.initial()}

    def initial(self) -> dict[str, Any]:
        """What the form holds before anyone types."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        days = [(_("Today"), today), (_("Tomorrow"), today + timedelta(days=1)), (_("Next week"), next_monday(today))]
        return super().get_context_data(activity=self.row, days=days, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.told: HttpResponse | None = None
        answer = super().post(request, *args, **kwargs)
        return self.told or answer

    def owner_of(self, form: ActivityForm) -> User | None:
        """Whose day and morning count for reminders."""
        return User.objects.filter(pk=form.cleaned_data["owner"]).first() if form.cleaned_data.get("owner") else None


class NewActivity(ActivityFormPage):
    """A new task, about the customer, deal, contact or ticket that the address names."""

    policy = ("activity", "add")

    def asked(self, name: str) -> int | None:
        """A key of the address or of the sent form."""
        raw = self.request.POST.get(name) or self.request.GET.get(name) or ""
        return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None

    @cached_property
    def about(self) -> dict[str, Any]:
        """The deal, contact and ticket that the address names, within reach."""
        keys = {name: pk for name in ABOUT if (pk := self.asked(name))}
        found = {name: seen(name, pk, user=self.request.user) for name, pk in keys.items()}
        return {name: row for name, row in found.items() if row is not None}

    def initial(self) -> dict[str, Any]:
        pk, asked = self.asked("customer"), self.request.GET
        above = self.about.get("deal") or self.about.get("ticket")
        customer = find_customer(self.request.user, pk) if pk else above.customer if above else None
        return {
            "title": asked.get("title", "")[:200], "kind": asked.get("kind", "task"), "priority": "normal", "every": 1,
            "owner": self.request.user.pk, "customer": customer.pk if customer else None,
        }  # fmt: skip

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.about, **kwargs)

    def save(self, form: ActivityForm) -> str:
        values = form.values(self.owner_of(form))
        values |= {name: row.pk for name, row in self.about.items()}
        made = services.create_activity(user=self.request.user, values=values, now=timezone.now())
        href = reverse("activity", args=[made.pk])
        self.told = done(self.request, _("Task “%(task)s” is noted.") % {"task": made.title}, href=href, back=False)
        return href


class EditActivity(ActivityFormPage):
    """Change a task."""

    policy = ("activity", "change")

    @cached_property
    def row(self) -> Activity | None:
        """The task of the address, or 404."""
        rows = Activity.objects.visible_to(self.request.user).select_related("owner", "customer")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def initial(self) -> dict[str, Any]:
        assert self.row is not None
        return as_typed(self.row) | {"expected": tag(self.row)}

    def save(self, form: ActivityForm) -> str:
        assert self.row is not None
        values, before = form.values(self.owner_of(form)), last_change(self.row.pk)
        changed = services.update_activity(
            user=self.request.user, activity_id=self.row.pk, values=values, now=timezone.now(),
            expected=form.cleaned_data.get("expected") or None,
        )  # fmt: skip
        href, newest = reverse("activity", args=[changed.pk]), last_change(changed.pk)
        undo = reverse("activity-undo", args=[changed.pk, newest]) if newest != before else ""
        self.told = done(self.request, _("Saved."), href=href, undo=undo, back=False)
        return href


class Step(Policed):
    """A POST that moves a task on; told with Undo, and open parts of the page refresh themselves."""

    policy = ("activity", "change")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row, sentence = self.act(request, pk)
        undo = reverse("activity-undo", args=[pk, last_change(pk)])
        sentence %= {"task": row.title, "when": due_words(row)}
        return done(request, sentence, href=reverse("activity", args=[pk]), undo=undo)

    def act(self, request: HttpRequest, pk: int) -> tuple[Activity, str]:
        """Do it; the task and the sentence that says so."""
        raise NotImplementedError


class Complete(Step):
    """Done."""

    def act(self, request: HttpRequest, pk: int) -> tuple[Activity, str]:
        row = services.complete_activity(user=request.user, activity_id=pk, now=timezone.now())
        return row, _("“%(task)s” is done; the next one is made.") if row.repeat else _("“%(task)s” is done.")


class Reopen(Step):
    """Open again."""

    def act(self, request: HttpRequest, pk: int) -> tuple[Activity, str]:
        row = services.reopen_activity(user=request.user, activity_id=pk, now=timezone.now())
        return row, _("“%(task)s” is open again.")


class Cancel(Step):
    """Given up."""

    def act(self, request: HttpRequest, pk: int) -> tuple[Activity, str]:
        row = services.cancel_activity(user=request.user, activity_id=pk, now=timezone.now())
        return row, _("“%(task)s” is cancelled.")


class Snooze(Step):
    """Put off: by an hour, to tomorrow, to next week, or to a day."""

    def act(self, request: HttpRequest, pk: int) -> tuple[Activity, str]:
        until = self.until(request.POST.get("until", ""))
        row = services.snooze_activity(user=request.user, activity_id=pk, until=until, now=timezone.now())
        return row, _("“%(task)s” is put off to %(when)s.")

    def until(self, word: str) -> date | datetime:
        """What was chosen, in the reader's days."""
        today = timezone.localdate()
        if word == "hour":
            return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=1)
        known = {"tomorrow": today + timedelta(days=1), "week": next_monday(today)}
        if word in known:
            return known[word]
        try:
            day = date.fromisoformat(word)
        except ValueError:
            day = None
        if day is None or not 1800 <= day.year <= 2200:
            raise Invalid(_("Choose a day."))
        return day


class Delete(Step):
    """Removed; Undo brings it back."""

    policy = ("activity", "delete")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = services.delete_activity(user=request.user, activity_id=pk)
        undo = reverse("activity-undo", args=[pk, last_change(pk)])
        sentence = _("“%(task)s” is deleted.") % {"task": row.title}
        return done(request, sentence, href=reverse("activities"), undo=undo, back=False)


class Undo(Policed):
    """Take the last change of a task back."""

    policy = ("activity", "change")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, event: int) -> HttpResponse:
        try:
            row = services.undo_activity(user=request.user, activity_id=pk, change=event, now=timezone.now())
        except Refused as refused:
            if refused.status == 404 or not request.headers.get("HX-Request"):
                raise
            return told({"text": refused.message, "tone": "bad"})
        sentence = _("“%(task)s” is as it was.") % {"task": row.title}
        return done(request, sentence, href=reverse("activity", args=[pk]))


def done(request: HttpRequest, sentence: str, *, href: str, undo: str = "", back: bool = True) -> HttpResponse:
    """Say what was done: a script gets a toast and its page looks again, others go on to a page."""
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return told({"text": sentence, "undo": undo} if undo else {"text": sentence, "href": href, "action": _("Open")})
    if undo:
        undo_toast(request, sentence, undo)
    else:
        messages.success(request, sentence)
    return HttpResponseRedirect(back_to(request, href) if back else href, status=303)


def told(toast: dict[str, Any]) -> HttpResponse:
    """A toast; the dialog closes, lists of tasks look again."""
    events = {"toast": toast, "dialog-close": {}, "live:activities": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
