"""Settings → Layout: what the record page shows, for everyone and for each role; and each person's own tabs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts import preferences
from crm.accounts.audit import record_request
from crm.accounts.layouts import AREA_WORDS, PAGE, Line, audience, by_strength, changes, lines
from crm.accounts.models import Role
from crm.accounts.settings_views import Section
from crm.kit.errors import Refused
from crm.kit.layout import services
from crm.kit.layout.arrangement import AREAS, COLUMNS
from crm.kit.layout.parts import parts_for, settled
from crm.kit.models import PageLayout
from crm.kit.views import Action, Page, undo_toast


class LayoutSettings(Section, Page):
    """The four areas of the customer page; every press of a button is saved at once and can be undone."""

    policy = ("setting", "view")
    write_policy = ("setting", "change")
    section = "layout"
    template_name = "settings/layout.html"

    @property
    def role(self) -> str:
        """Whose layout is open; nothing for everyone's."""
        asked = self.request.POST.get("for") or self.request.GET.get("for", "")
        return asked if asked in Role.values else services.EVERYONE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, role = self.request.user, self.role
        row = services.row_of(PAGE, role)
        parts = parts_for(PAGE, user)
        made = settled(PAGE, user, (row.parts if row else None) or services.layout_for(PAGE, []))
        areas = [(area, *AREA_WORDS[area], lines(made, parts, area)) for area in AREAS]
        return super().get_context_data(
            role=role, audience=audience(role), areas=areas, version=row.version if row else 0,
            own=bool(row and row.parts), may_change=user.access.can("setting", "change"),
            audiences=[(audience(one), address(one), one == role) for one in ("", *Role.values)],
            changes=changes(row, parts) if row else [], **kwargs,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do, part, role = request.POST.get("do", ""), request.POST.get("part", ""), self.role
        version = request.POST.get("version", "")
        given: dict[str, Any] = {
            "user": request.user, "page": PAGE, "role": role, "version": int(version) if version.isdigit() else -1,
            "now": timezone.now(),
        }  # fmt: skip
        if do == "reset":
            row = services.reset_layout(**given)
            told = _("The layout for “%(audience)s” is the default again.") % {"audience": audience(role)}
        else:
            row, _made = services.change_layout(**given, part=part, do=do)
            title = parts_for(PAGE, request.user)[part].title
            told = _("“%(part)s” is hidden.") % {"part": title} if do == "hide" else ""
        record_request(request, "layout", f"page {PAGE}", {"for": role, "part": part, "do": do})
        back = undo_address(row)
        if request.headers.get("HX-Target") != "layout":
            if told:
                undo_toast(request, told, back)
            return HttpResponseRedirect(address(role), status=303)
        answer = render(request, "settings/layout_parts.html", self.get_context_data(focus=part, focus_do=opposite(do)))
        if told:
            answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": told, "undo": back}})
        return answer

    def refused(self, refused: Refused) -> HttpResponse:
        """The layout as it stands now, with the sentence."""
        if self.request.headers.get("HX-Target") != "layout":
            return super().refused(refused)
        here = {"focus": self.request.POST.get("part", ""), "focus_do": [self.request.POST.get("do", "")]}
        answer = render(self.request, "settings/layout_parts.html", self.get_context_data(**here))
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": refused.message, "tone": "bad"}})
        return answer


class UndoLayout(Action):
    """Take the latest change of a layout back."""

    policy = ("setting", "change")

    def act(self, request: HttpRequest) -> str:
        role, version = request.GET.get("for", ""), request.GET.get("version", "")
        row = services.undo_layout(
            user=request.user, page=PAGE, role=role if role in Role.values else services.EVERYONE,
            version=int(version) if version.isdigit() else -1, now=timezone.now(),
        )  # fmt: skip
        record_request(request, "layout", f"page {PAGE}", {"for": row.role, "do": "undo"})
        return address(row.role)


class OwnTabs(Section, Page):
    """Which parts of the two columns stand as tabs of their own, for the reader alone."""

    policy = ("self", "view")
    section = "tabs"
    template_name = "settings/tabs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        made = settled(PAGE, user, services.layout_for(PAGE, by_strength(user.access.roles)))
        parts = {
            key: one for key, one in parts_for(PAGE, user).items()
            if made.where(key) in COLUMNS and key not in made.hidden and not one.fixed
        }  # fmt: skip
        own = [key for key in user.own_tabs.get(PAGE, []) if key in parts]
        tabs = [Line(key, parts[key].title, False, False, at == 0, at == len(own) - 1, True, True)
                for at, key in enumerate(own)]  # fmt: skip
        rest = [line for area in COLUMNS for line in lines(made, parts, area) if line.key not in own]
        return super().get_context_data(tabs=tabs, rest=rest, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do, part = request.POST.get("do", ""), request.POST.get("part", "")
        if part not in parts_for(PAGE, request.user):
            raise Refused(_("There is no such part of the page. Nothing was changed."), status=404, code="not_found")
        preferences.set_own_tab(user=request.user, page=PAGE, part=part, do=do)
        if request.headers.get("HX-Target") != "layout":
            return HttpResponseRedirect(reverse("settings-tabs"), status=303)
        return render(request, "settings/tabs_parts.html", self.get_context_data(focus=part, focus_do=opposite(do)))


def opposite(do: str) -> list[str]:
    """Which button of a part takes the focus after a press: the same, else the one that takes it back."""
    return {"hide": ["show"], "show": ["hide"], "tab": ["column"], "column": ["tab"]}.get(do, [do])


def address(role: str) -> str:
    """The editor of a role's layout."""
    return f"{reverse('settings-layout')}?{urlencode({'for': role})}" if role else reverse("settings-layout")


def undo_address(row: PageLayout) -> str:
    """Where the change that made this row is taken back."""
    return f"{reverse('settings-layout-undo')}?{urlencode({'for': row.role, 'version': row.version})}"
