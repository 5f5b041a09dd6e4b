"""What a list answers to its bulk bar."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kit.errors import Invalid, Refused
from crm.kit.lists import bulk
from crm.kit.lists.declared import Action
from crm.kit.lists.export import Export
from crm.kit.lists.undo import undoable
from crm.kit.models import Job
from crm.kit.views import SAFE_METHODS, Policy, back_to, go_to, with_undo

EDIT = "edit"
"""The button beside the choice of fields; the field says which action it is."""


class Bulk(Export):
    """``POST`` to the list's own address: ``action``, and ``ids`` or ``every`` for all that the address matches."""

    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "options"]  # type: ignore[misc]

    def needed_policy(self, method: str) -> Policy:
        """That of the list, or of the action that is asked for."""
        action = None if method in SAFE_METHODS else self._asked()
        return action.policy if action else super().needed_policy(method)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.actions:
            return self.http_method_not_allowed(request)
        try:
            return self._do(request)
        except Refused as refused:
            messages.error(request, refused.message)
            return go_to(request, back_to(request, request.path))

    def _do(self, request: HttpRequest) -> HttpResponseBase:
        action = self._asked()
        if request.POST.get("action") == EDIT and (action is None or request.POST.get("do") == "show"):
            return self._choose(request, action)
        if action is None:
            raise Invalid(_("Choose what to do with the selected rows."))
        every = request.POST.get("every") == "1"
        value = action.read(request.user, request.POST.get("value" if action.edits else action.name, ""))
        order = bulk.Order(self, action, value, None if every else bulk.chosen(request.POST.getlist("ids")))
        keys = order.after(0, bulk.MOST_AT_ONCE + 1)
        if len(keys) <= bulk.MOST_AT_ONCE:
            tell(request, action, bulk.at_once(order, keys, now=timezone.now()))
            return go_to(request, back_to(request, request.path))
        if action.danger and action.sweep is None and "sure" not in request.POST:
            return self._ask(request, order)
        return go_to(request, reverse("job", args=[bulk.as_job(order).token]))

    def _asked(self) -> Action | None:
        name = self.request.POST.get("action", "")
        if name == EDIT:
            field = self.request.POST.get("field", "")
            return next((one for one in self.actions if one.edits and one.name == field), None)
        return next((one for one in self.actions if one.name == name), None)

    def _choose(self, request: HttpRequest, chosen: Action | None) -> HttpResponse:
        """Which field of the selected rows gets which value: a page of its own, so that it works without a script."""
        edits = [one for one in self.actions if one.edits and self.may(one.policy)]
        every = request.POST.get("every") == "1"
        ids = None if every else bulk.chosen(request.POST.getlist("ids"))
        if not edits:
            raise Invalid(_("Choose what to do with the selected rows."))
        order = bulk.Order(self, edits[0], None, ids)
        kept = [
            (name, one) for name, values in request.POST.lists() for one in values if name in ("ids", "every", "next")
        ]
        context = {"list": self, "edits": edits, "chosen": chosen or edits[0], "kept": kept, "count": order.left(0)}
        return render(request, "lists/edit.html", {**context, "back": back_to(request, request.path)})

    def _ask(self, request: HttpRequest, order: bulk.Order) -> HttpResponse:
        """A job has no Undo: before a dangerous one, a page that names the object and the count."""
        kept = [(name, one) for name, values in request.POST.lists() for one in values if name != "csrfmiddlewaretoken"]
        context = {"list": self, "action": order.action, "count": order.left(0), "kept": kept}
        return render(request, "lists/sure.html", {**context, "back": back_to(request, request.path)})


def tell(request: HttpRequest, action: Action, job: Job) -> None:
    """Say what became of the rows, with Undo where something changed and a link to the reasons of refusals."""
    tally = bulk.Tally.of(job)
    sentence = f"{bulk.spoken(action, job.args['value'])}: {outcome(tally)}"
    if tally.refused:
        link = '{} <a class="link" href="{}">{}</a>'
        sentence = format_html(link, sentence, reverse("job", args=[job.token]), _("See why"))
    if undoable(job):
        again = with_undo(request, sentence, reverse("job-undo", args=[job.token]))
        messages.add_message(request, level(tally), again, extra_tags="undo")
    else:
        messages.add_message(request, level(tally), sentence)


def level(tally: bulk.Tally) -> int:
    """A warning where something was refused."""
    return messages.WARNING if tally.refused else messages.SUCCESS


def outcome(tally: bulk.Tally) -> str:
    """The counts as one sentence each."""
    changed, same, refused = (f"{n:,}" for n in (tally.changed, tally.same, tally.refused))
    told = [ngettext("%(n)s record changed.", "%(n)s records changed.", tally.changed) % {"n": changed}]
    if tally.same:
        told.append(_("%(n)s needed no change.") % {"n": same})
    if tally.refused:
        told.append(ngettext("%(n)s was refused.", "%(n)s were refused.", tally.refused) % {"n": refused})
    return " ".join(told)
