"""Settings: profile, users, teams, API keys, workspace."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import people, preferences
from crm.accounts.authentication import key_digest
from crm.accounts.forms import ApiKeyForm, ProfileForm, TeamForm, UserForm, zones
from crm.accounts.models import ApiKey, Membership, Team, User
from crm.accounts.selectors import teams_of
from crm.kit import jobs, palette
from crm.kit.errors import Refused
from crm.kit.views import Action, FormPage, Page, back_to
from crm.kit.workspace import load_workspace, workspace

CLEAR_SAMPLE = "clear_sample"
SECTIONS: list[tuple[str, Any, str, str, tuple[str, str]]] = [
    ("profile", gettext_lazy("Profile and appearance"), "settings-profile", "user", ("self", "view")),
    ("notifications", gettext_lazy("Notifications"), "settings-notifications", "bell", ("self", "view")),
    ("tabs", gettext_lazy("My tabs"), "settings-tabs", "columns-3", ("self", "view")),
    ("users", gettext_lazy("Users"), "settings-users", "users", ("user", "view")),
    ("teams", gettext_lazy("Teams"), "settings-teams", "git-branch", ("team", "view")),
    ("api-keys", gettext_lazy("API keys"), "settings-api-keys", "key-round", ("apikey", "view")),
    ("fields", gettext_lazy("Fields"), "settings-fields", "list-checks", ("field", "view")),
    ("layout", gettext_lazy("Layout"), "settings-layout", "panel-left", ("setting", "view")),
    ("audit", gettext_lazy("Security trail"), "settings-audit", "shield-check", ("audit", "view")),
    ("workspace", gettext_lazy("Workspace"), "settings-workspace", "settings", ("setting", "view")),
]
"""Key, label, name of the address, icon, policy; apps above add theirs with ``settings_page``."""
for _key, _label, _name, _icon, _policy in SECTIONS:
    palette.offer("settings", _label, _name, icon=_icon, policy=_policy)


def settings_page(key: str, label: Any, url_name: str, icon: str, policy: tuple[str, str]) -> None:
    """Register a page of an app above among the sections of the settings; the workspace's own stays last."""
    if all(key != one[0] for one in SECTIONS):
        SECTIONS.insert(len(SECTIONS) - 1, (key, label, url_name, icon, policy))
        palette.offer("settings", label, url_name, icon=icon, policy=policy)


class Section:
    """Adds the list of sections beside every settings page."""

    section = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        sections = [
            (label, reverse(name), icon, key == self.section)
            for key, label, name, icon, policy in SECTIONS
            if policy[0] == "self" or user.access.can(*policy)
        ]
        return super().get_context_data(sections=sections, **kwargs)  # type: ignore[misc]


class Profile(Section, FormPage):
    """One's own name, language, time zone, theme, row height and shortcuts."""

    policy = ("self", "view")
    section = "profile"
    form_class = ProfileForm
    template_name = "settings/profile.html"
    success_message = gettext_lazy("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        return {"initial": {name: getattr(user, name) for name in ProfileForm.base_fields}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(zones=[name for name, _label in zones() if name], **kwargs)

    def save(self, form: Any) -> str:
        preferences.save_profile(user=self.request.user, **form.cleaned_data)
        return reverse("settings-profile")


def seen_users(user: Any) -> Any:
    """Colleagues whom the user may see: of the teams reached, or all."""
    teams = user.access.team_ids("user")
    rows = User.objects.all()
    return rows if teams is None else rows.filter(Q(memberships__team__in=teams) | Q(pk=user.pk)).distinct()


class Users(Section, FormPage):
    """Who works here, in which roles; administrators add and disable."""

    policy = ("user", "view")
    write_policy = ("user", "add")
    section = "users"
    form_class = UserForm
    template_name = "settings/users.html"
    success_message = gettext_lazy("User added.")
    most = 200

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"teams": list(teams_of(self.request.user, "user", "view").values_list("pk", "name")[:200])}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        memberships = Prefetch("memberships", Membership.objects.select_related("team").order_by("id"))
        text = self.request.GET.get("q", "").strip()[:80]
        rows = seen_users(self.request.user)
        if text:
            rows = rows.filter(
                Q(username__icontains=text) | Q(first_name__icontains=text) | Q(last_name__icontains=text)
            )
        rows = rows.prefetch_related(memberships).order_by("-is_active", "first_name", "last_name", "username")
        return super().get_context_data(
            people=list(rows[: self.most]), q=text, may_add=self.request.user.access.can("user", "add"),
            may_change=self.request.user.access.can("user", "change"), **kwargs,
        )  # fmt: skip

    def save(self, form: Any) -> str:
        people.add_user(by=self.request.user, **form.cleaned_data)
        return reverse("settings-users")


class SwitchUser(Action):
    """Disable or enable a colleague; it takes effect on their next request."""

    policy = ("user", "change")

    def act(self, request: HttpRequest) -> str:
        changed = people.set_active(
            by=request.user, user_id=self.kwargs["pk"], active=request.POST.get("active") == "1"
        )
        name = changed.display_name
        sentence = _("%(name)s may sign in again.") if changed.is_active else _("%(name)s may no longer sign in.")
        messages.success(request, sentence % {"name": name})
        return back_to(request, reverse("settings-users"))


class Teams(Section, FormPage):
    """The tree of teams."""

    policy = ("team", "view")
    write_policy = ("team", "add")
    section = "teams"
    form_class = TeamForm
    template_name = "settings/teams.html"
    success_message = gettext_lazy("Team added.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"teams": list(teams_of(self.request.user, "team").values_list("pk", "name")[:200])}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = teams_of(self.request.user, "team").annotate(people=Count("memberships__user", distinct=True))
        return super().get_context_data(
            tree=tree(list(rows.order_by("name"))), may_add=self.request.user.access.can("team", "add"),
            changeable=set(teams_of(self.request.user, "team", "change").values_list("pk", flat=True)), **kwargs,
        )  # fmt: skip

    def save(self, form: Any) -> str:
        people.add_team(by=self.request.user, **form.cleaned_data)
        return reverse("settings-teams")


class TeamPage(Section, FormPage):
    """One team: its name, and where it hangs."""

    policy = ("team", "change")
    section = "teams"
    template_name = "settings/team.html"
    success_message = gettext_lazy("Saved.")

    @cached_property
    def team(self) -> Team:
        """Which the address names; 404 beyond the reader's reach."""
        found = teams_of(self.request.user, "team", "change").filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_form(self, data: Any = None) -> TeamForm:
        """Without the team above where the reader may not move this one."""
        initial = {"name": self.team.name, "parent": self.team.parent_id or ""}
        form = TeamForm(data, teams=self.others(), initial=initial)
        if not people.may_move(self.request.user, self.team):
            del form.fields["parent"]
        return form

    def others(self) -> list[tuple[int, str]]:
        """The teams below which this one may hang: those in reach but itself and its own."""
        inside, found = {self.team.pk}, []
        for _depth, team in tree(list(teams_of(self.request.user, "team", "change").order_by("name"))):
            if team.pk in inside or team.parent_id in inside:
                inside.add(team.pk)
            else:
                found.append((team.pk, team.name))
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(team=self.team, **kwargs)

    def save(self, form: Any) -> str:
        people.change_team(by=self.request.user, team_id=self.team.pk, **form.cleaned_data)
        return reverse("settings-teams")


def tree(teams: list[Team]) -> list[tuple[int, Team]]:
    """Teams in tree order with their depth; those whose parent is out of reach stand at the root."""
    known = {team.pk for team in teams}
    below: dict[int | None, list[Team]] = defaultdict(list)
    for team in teams:
        below[team.parent_id if team.parent_id in known else None].append(team)
    found: list[tuple[int, Team]] = []

    def walk(parent: int | None, depth: int) -> None:
        for team in below[parent]:
            found.append((depth, team))
            walk(team.pk, depth + 1)

    walk(None, 0)
    return found


class ApiKeys(Section, FormPage):
    """Keys for programs; a new key is shown once."""

    policy = ("apikey", "view")
    write_policy = ("apikey", "add")
    section = "api-keys"
    form_class = ApiKeyForm
    template_name = "settings/api_keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        everyone = user.access.scope("apikey") == "all"
        keys = ApiKey.objects.select_related("user").order_by("revoked_at", "-created_at")
        keys = keys if everyone else keys.filter(user=user)
        return super().get_context_data(keys=keys[:200], everyone=everyone, now=timezone.now(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = self.get_form(request.POST)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            days = form.cleaned_data["days"]
            made, key = people.create_key(
                user=request.user, name=form.cleaned_data["name"], days=int(days) if days else None, now=timezone.now()
            )
            context = {"form": self.form_class(), "key": key, "made": made}
        return self.render_to_response(self.get_context_data(**context), status=422 if "key" not in context else 200)


class RevokeKey(Action):
    """Take a key back; programs that use it are refused from their next request."""

    policy = ("apikey", "delete")

    def act(self, request: HttpRequest) -> str:
        gone = people.revoke_key(by=request.user, key_id=self.kwargs["pk"], now=timezone.now())
        messages.success(request, _("Key “%(name)s” is revoked.") % {"name": gone.name})
        return reverse("settings-api-keys")


class WorkspaceSettings(Section, Page):
    """Facts of the workspace, and the danger zone."""

    policy = ("setting", "view")
    section = "workspace"
    template_name = "settings/workspace.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            ws=load_workspace(), may_clear=self.request.user.access.can("setting", "delete"), **kwargs
        )


class ClearSample(Action):
    """Take all sample data out, after the workspace's name was typed."""

    policy = ("setting", "delete")

    def act(self, request: HttpRequest) -> str:
        if not load_workspace().has_sample_data or CLEAR_SAMPLE not in jobs.handlers():
            raise Http404
        if request.POST.get("confirm", "").strip() != workspace().name:
            raise Refused(_("The name does not fit. Nothing was deleted; type the workspace's name to go on."))
        asking = key_digest(request.session.session_key or "")
        job = jobs.enqueue(CLEAR_SAMPLE, {"session": asking}, user=request.user)
        return reverse("job", args=[job.token])
