"""Role homes, appearance, and the suggestions of comboboxes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import preferences
from crm.accounts.models import Role
from crm.accounts.picks import MOST_OFFERED, PEOPLE, TEAMS, Kind, Offer
from crm.accounts.policy import ACTIONS, OWNED
from crm.kit.errors import Invalid
from crm.kit.views import Page, Policed, back_to

STRONGEST = (Role.ADMIN, Role.MANAGER, Role.INTEGRATOR, Role.AGENT, Role.REP)
YEAR = 365 * 24 * 3600


class Home(Page):
    """The home of the role: what needs this person today, filled by the apps above."""

    policy = ("self", "view")
    template_name = "home/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        roles = [role for role in STRONGEST if role in user.access.roles]
        asked = self.request.GET.get("as", "")
        role = next((one for one in roles if one == asked), roles[0] if roles else "")
        switch = [(str(Role(one).label), f"?as={one.value}", one == role) for one in roles] if len(roles) > 1 else []
        return super().get_context_data(
            role=str(role), role_label=Role(role).label if role else "", greeting=greeting(user.first_name or user.display_name),
            switch=switch, figures=f"home.{role}.figures", main=f"home.{role}.main", side=f"home.{role}.side", **kwargs,
        )  # fmt: skip


def greeting(name: str) -> str:
    """By the hour where the reader is."""
    hour = timezone.localtime().hour
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


class Appearance(Policed):
    """Theme, language and row height: saved for the user; a visitor's language in a cookie."""

    policy = ("public", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        given = {name: request.POST[name] for name in ("theme", "language", "density") if name in request.POST}
        if request.user.is_authenticated:
            preferences.set_appearance(user=request.user, **given)
        elif given.get("language", "") not in preferences.LANGUAGES:
            raise Invalid(_("This setting is not offered."))
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204)
        else:
            response = HttpResponseRedirect(back_to(request, "/"), status=303)
        if given.get("language") in preferences.LANGUAGES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, given["language"], max_age=YEAR, samesite="Lax", httponly=True
            )
        return response


class Pick(Policed):
    """Suggestions of a combobox: at most twenty of those that the reader may name in ``for`` records."""

    policy = ("self", "view")
    kind: ClassVar[Kind]
    nobody: ClassVar[Any] = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        obj, action = request.GET.get("for", "customer"), request.GET.get("may", "view")
        if obj not in OWNED or action not in ACTIONS:
            raise Http404
        typed = request.GET.get("q", "").strip()
        rows = self.kind.found(self.kind.reached(request.user, obj, action), typed)
        options = [self.kind.offer(row) for row in rows[:MOST_OFFERED]]
        nobody = str(self.nobody)
        if nobody and "nobody" in request.GET and nobody.lower().startswith(typed.lower()):
            options.insert(0, Offer("none", nobody, nobody))
        return render(request, "ui/options.html", {"options": options[:MOST_OFFERED]})


class PickPeople(Pick):
    """People, as owners of records."""

    kind = PEOPLE
    nobody = gettext_lazy("Nobody")


class PickTeams(Pick):
    """Teams that records belong to."""

    kind = TEAMS
