"""The list of what a person was told, the bell, and how they want to hear of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from crm.accounts import bell, notifications
from crm.accounts.models import Notification, NotificationChoice
from crm.accounts.settings_views import Section
from crm.kit import keyset, nav
from crm.kit.errors import Invalid
from crm.kit.views import Action, FormPage, Page, PlainForm, Policed, back_to, go_to


class Notifications(Page):
    """What one was told, the newest first; the part that refreshes itself comes from the same address."""

    policy = ("self", "view")
    template_name = "notifications/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            context = self.get_context_data(**kwargs)
        except Invalid:  # a cursor that nobody gave out
            return HttpResponseRedirect(request.path)
        if request.headers.get("HX-Target") == "notifications":
            return TemplateResponse(request, "notifications/list.html", context, headers={"Vary": "HX-Target"})
        return self.render_to_response(context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, user = self.request.GET, self.request.user
        unread = asked.get("show") == "unread"
        ordering = keyset.resolve("", model=Notification, allowed={"at": "at"}, default="-at")
        page = keyset.page(
            notifications.listed(user, unread=unread), ordering=ordering, cursor=asked.get("cursor", ""), size=50
        )
        known = notifications.kinds()
        parts = bell.parts(user)
        waiting = next((one.count for one in parts if one.key == "own"), 0)
        return super().get_context_data(
            page=page,
            lines=[(row, known.get(row.kind)) for row in page.rows],
            unread=unread,
            waiting=waiting,
            parts=[one for one in parts if one.key != "own" and one.count],
            switch=[(_("All"), self._address(False), not unread), (_("Unread"), self._address(True), unread)],
            following=self._address(unread, page.next) if page.next else "",
            previous=self._address(unread, page.previous) if page.previous else "",
            **kwargs,
        )

    def _address(self, unread: bool, cursor: str = "") -> str:
        asked = {"show": "unread" if unread else "", "cursor": cursor}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.request.path}?{query}" if query else self.request.path


class MarkNotification(Policed):
    """Mark one as read, or as unread again; with ``next`` on the way to what it is about."""

    policy = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        read = request.POST.get("unread") != "1"
        row = notifications.mark(user=request.user, pk=pk, read=read, now=timezone.now())
        if "follow" in request.POST:
            safe = url_has_allowed_host_and_scheme(row.href, {request.get_host()}, request.is_secure())
            return go_to(request, row.href if safe and row.href else reverse("notifications"))
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Trigger": "notifications-changed"})
        return go_to(request, back_to(request, reverse("notifications")))


class MarkAll(Action):
    """Mark everything as read."""

    policy = ("self", "view")

    def act(self, request: HttpRequest) -> str:
        marked = notifications.mark_all(user=request.user, now=timezone.now())
        told = ngettext("%(n)s notification marked as read.", "%(n)s notifications marked as read.", marked)
        messages.success(request, told % {"n": marked} if marked else _("Everything was read already."))
        return reverse("notifications")


def drawing(parts: Sequence[bell.Part]) -> dict[str, Any]:
    """What the template of the bell is told."""
    full = [one for one in parts if one.count]
    return {
        "count": sum(one.count for one in full),
        "said": ", ".join(one.said for one in full),
        "tone": "bad" if any(one.tone == "bad" for one in full) else "accent",
        "seen": urlencode({one.key: one.newest for one in parts}),
    }


@nav.late
def first_bell(request: HttpRequest) -> str:
    """The bell comes with the numbers of the sidebar once a page stands; later it asks for itself."""
    if "first" not in request.GET:
        return ""
    return render_to_string("notifications/bell.html", {**drawing(bell.parts(request.user)), "swapped": True}, request)


class Bell(Policed):
    """The bell of the top bar; 304 while nothing changed. What came since the last look comes with a toast."""

    policy = ("self", "view")

    def get(self, request: HttpRequest) -> HttpResponse:
        parts, seen = bell.parts(request.user), request.GET.dict()
        said = [request.user.pk, get_language(), parts, sorted(seen.items())]
        headers = {
            "ETag": f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"',
            "Cache-Control": "private, no-cache",
        }
        if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
            return HttpResponseNotModified(headers=headers)
        context = drawing(parts)
        answer = render(request, "notifications/bell.html", context)
        for name, value in headers.items():
            answer[name] = value
        news = [one for one in parts if one.count and one.toast and one.newest > _number(seen.get(one.key))]
        if news and news[-1].toast:
            answer["HX-Trigger"] = json.dumps({"toast": news[-1].toast()})
        return answer


def _number(text: str | None) -> int:
    """What a page has seen; a page that has seen nothing yet is told nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else keyset.MAX_ID


class ChoicesForm(PlainForm):
    """One field for each kind of notification."""

    def __init__(self, data: Any = None, *, ways: dict[str, str]) -> None:
        super().__init__(data)
        for key, one in notifications.kinds().items():
            self.fields[key] = forms.ChoiceField(
                label=str(one.title), choices=NotificationChoice.Way.choices, initial=ways[key]
            )


class NotificationSettings(Section, FormPage):
    """How one hears of each kind."""

    policy = ("self", "view")
    section = "notifications"
    form_class = ChoicesForm
    template_name = "settings/notifications.html"
    success_message: ClassVar[Any] = gettext_lazy("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"ways": notifications.chosen_by(self.request.user)}

    def save(self, form: Any) -> str:
        notifications.choose(user=self.request.user, ways=form.cleaned_data)
        return reverse("settings-notifications")
