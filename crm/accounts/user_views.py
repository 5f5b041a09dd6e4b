"""Settings of one colleague: who they are, their roles, their sign-in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import people
from crm.accounts.forms import GrantForm, PasswordForm, PersonForm
from crm.accounts.models import Membership, Role, User
from crm.accounts.selectors import teams_of
from crm.accounts.settings_views import Section, seen_users
from crm.kit.views import Action, FormPage, undo_toast


class UserPage(Section, FormPage):
    """One colleague; each form of the page has its own address and comes back here when it is refused."""

    policy = ("user", "view")
    write_policy = ("user", "change")
    section = "users"
    template_name = "settings/user.html"
    success_message: ClassVar[Any] = gettext_lazy("Saved.")
    form_name = "person_form"

    @cached_property
    def person(self) -> User:
        """Whom the address names; 404 beyond the reader's reach."""
        found = seen_users(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def roles(self) -> dict[str, Any]:
        """The roles that the reader may give and take, with their names."""
        within = people.roles_within(self.request.user)
        return {value: label for value, label in Role.choices if value in within}

    @cached_property
    def teams(self) -> dict[int, str]:
        """The teams in which the reader may do so."""
        return dict(teams_of(self.request.user, "user", "change").values_list("pk", "name"))

    def make(self, name: str, data: Any = None) -> Any:
        """One of the page's forms, as it is before anyone types, or bound to what was sent."""
        match name:
            case "person_form":
                known = {field: getattr(self.person, field) for field in PersonForm.base_fields}
                return PersonForm(data, initial=known)
            case "grant_form":
                return GrantForm(data, roles=self.roles, teams=self.teams)
        return PasswordForm(data)

    def get_form(self, data: Any = None) -> Any:
        return self.make(self.form_name, data)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reader, person, form = self.request.user, self.person, kwargs.pop("form")
        names = ("person_form", "grant_form", "password_form")
        forms = {name: form if name == self.form_name else self.make(name) for name in names}
        itself, may_change = person == reader, people.reaches(reader, person.pk)
        return super().get_context_data(
            **forms, person=person, held=self.held(), itself=itself, may_change=may_change,
            may_act_for=may_change and (itself or people.stands_above(reader, person)), **kwargs,
        )  # fmt: skip

    def held(self) -> list[tuple[Membership, bool]]:
        """The colleague's roles, each with whether the reader may take it away."""
        rows = list(self.person.memberships.select_related("team").order_by("team__name", "role"))
        within = people.roles_by_team(self.request.user, {one.team_id for one in rows})
        return [(one, one.team_id in self.teams and one.role in within[one.team_id]) for one in rows]

    def save(self, form: Any) -> str:
        people.change_user(by=self.request.user, user_id=self.person.pk, **form.cleaned_data)
        return reverse("settings-user", args=[self.person.pk])


class GrantRole(UserPage):
    """Give the colleague a role in a team."""

    form_name = "grant_form"
    success_message = ""

    def save(self, form: Any) -> str:
        made = people.grant_role(by=self.request.user, user_id=self.person.pk, **form.cleaned_data)
        messages.success(self.request, told(_("%(name)s is now %(role)s in %(team)s."), made))
        return reverse("settings-user", args=[self.person.pk])


class NewPassword(UserPage):
    """Give the colleague another password."""

    form_name = "password_form"
    success_message = gettext_lazy("The new password is set, and their sessions ended.")

    def save(self, form: Any) -> str:
        people.set_password(by=self.request.user, user_id=self.person.pk, **form.cleaned_data)
        return reverse("settings-user", args=[self.person.pk])


class RevokeRole(Action):
    """Take a role away, with Undo; whoever takes their own may lose the right to undo it, so the page asks first."""

    policy = ("user", "change")

    def act(self, request: HttpRequest) -> str:
        gone, entry = people.revoke_role(by=request.user, membership_id=self.kwargs["pk"])
        sentence = told(_("%(name)s is no longer %(role)s in %(team)s."), gone)
        reader = User.objects.get(pk=request.user.pk)  # with the rights that are left
        if reader.access.can("user", "change"):
            undo_toast(request, sentence, reverse("settings-role-restore", args=[entry.pk]))
        else:
            messages.success(request, sentence)
        return address_for(reader, gone.user)


class RestoreRole(Action):
    """Undo: give the role back that was just taken away."""

    policy = ("user", "change")

    def act(self, request: HttpRequest) -> str:
        back = people.restore_role(by=request.user, entry_id=self.kwargs["pk"], now=timezone.now())
        messages.success(request, told(_("%(name)s is %(role)s in %(team)s again."), back))
        return address_for(request.user, back.user)


def told(sentence: str, membership: Membership) -> str:
    """A sentence about someone's role in a team."""
    return sentence % {
        "name": membership.user.display_name,
        "role": membership.get_role_display(),
        "team": membership.team.name,
    }


def address_for(reader: User, person: User) -> str:
    """The colleague's page, or what is left to see of it."""
    if not reader.access.can("user", "view"):
        return "/"
    if seen_users(reader).filter(pk=person.pk).exists():
        return reverse("settings-user", args=[person.pk])
    return reverse("settings-users")
