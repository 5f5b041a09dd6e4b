"""Colleagues and teams in the settings: who may change whom, what comes back when refused, what can be undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.test import Client

from crm.accounts import people
from crm.accounts.models import AuditEntry, Grant, Membership, Team, User
from tests.cast import PASSWORD, Cast
from tests.pages.addresses import ABSENT
from tests.pages.looking import Seen

SignIn = Callable[[str], Client]
NEW = "quite another secret"


def page(cast: Cast, actor: str, part: str = "") -> str:
    """The settings page of one of the cast, or an address below it."""
    return f"/settings/users/{cast.users[actor].pk}/{part}"


def role_of(cast: Cast, actor: str) -> Membership:
    """The one role of one of the cast."""
    return Membership.objects.get(user=cast.users[actor])


def said(answer: Any) -> str:
    """The messages that a followed answer shows."""
    return " ".join(str(one) for one in answer.context["messages"])


def undo_of(answer: Any) -> str:
    """Where the Undo button of a followed answer posts to."""
    return re.findall(r'action="(/settings/roles/\d+/restore/)"', answer.content.decode())[0]


@pytest.fixture
def may_change_people(cast: Cast) -> None:
    """Managers may add to and change the people and teams of their own team and those below."""
    for obj in ("user", "team"):
        for action in ("view", "add", "change"):
            Grant.objects.update_or_create(role="manager", object=obj, action=action, defaults={"scope": "subtree"})


def test_the_list_leads_to_everyones_page(cast: Cast, sign_in: SignIn) -> None:
    """By a link on the name."""
    assert f'href="{page(cast, "rep")}"' in sign_in("admin").get("/settings/users/").content.decode()


def test_an_administrator_changes_names_and_mail_and_it_is_noted(cast: Cast, sign_in: SignIn) -> None:
    """An address that was confirmed before opens the account no more."""
    EmailAddress.objects.create(user=cast.users["rep"], email="old@example.com", verified=True)
    given = {"first_name": "Ren", "last_name": "Ito", "email": "ren@example.com"}
    answer = sign_in("admin").post(page(cast, "rep"), given, follow=True)
    user = User.objects.get(pk=cast.users["rep"].pk)
    assert (user.get_full_name(), user.email) == ("Ren Ito", "ren@example.com")
    assert said(answer) == "Saved."
    entry = AuditEntry.objects.get(action="user.change")
    assert (entry.user_id, entry.object) == (cast.users["admin"].pk, f"user {user.pk}")
    assert not EmailAddress.objects.filter(user=user).exists()


def test_a_mistyped_address_comes_back_with_everything_that_was_typed(cast: Cast, sign_in: SignIn) -> None:
    """U7: 422, the sentence, nothing written."""
    answer = sign_in("admin").post(page(cast, "rep"), {"first_name": "Ren", "email": "no address"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "no address" in body and 'value="Ren"' in body and "form-errors" in body
    assert User.objects.get(pk=cast.users["rep"].pk).first_name == ""


@pytest.mark.parametrize("part", ["", "roles/", "password/"])
def test_who_may_only_look_sees_no_form_and_changes_nothing(cast: Cast, sign_in: SignIn, part: str) -> None:
    """The manager sees the people of the north; those of the south are not there."""
    client = sign_in("manager")
    body = client.get(page(cast, "rep")).content.decode()
    assert "cast-rep@vantage.test" in body
    assert page(cast, "rep", "roles/") not in body and page(cast, "rep", "password/") not in body
    assert client.post(page(cast, "rep", part), {"password": NEW}).status_code == 403
    assert client.get(page(cast, "rival", part)).status_code == 404
    assert sign_in("rep").get(page(cast, "rep")).status_code == 403


@pytest.mark.usefixtures("may_change_people")
@pytest.mark.parametrize("part", ["", "roles/", "password/", "active/"])
def test_someone_out_of_reach_and_nobody_give_the_same_404(cast: Cast, sign_in: SignIn, part: str) -> None:
    """Also for a manager who may change people."""
    client = sign_in("manager")
    team = cast.teams["north"].pk
    given = {"first_name": "x", "role": "rep", "team": team, "password": NEW, "active": "0"}
    before = User.objects.values().get(pk=cast.users["rival"].pk)
    assert client.post(page(cast, "rival", part), given).status_code == 404
    assert client.post(f"/settings/users/{ABSENT}/{part}", given).status_code == 404
    assert User.objects.values().get(pk=cast.users["rival"].pk) == before


def test_a_role_is_granted_in_a_team(cast: Cast, sign_in: SignIn) -> None:
    """And the page says so."""
    given = {"role": "agent", "team": cast.teams["support"].pk}
    answer = sign_in("admin").post(page(cast, "rep", "roles/"), given, follow=True)
    assert said(answer) == "cast-rep is now Support agent in Support."
    assert Membership.objects.filter(user=cast.users["rep"], role="agent", team=cast.teams["support"]).exists()
    again = sign_in("admin").post(page(cast, "rep", "roles/"), given)
    assert again.status_code == 422
    assert "has this role in this team already" in again.content.decode()


@pytest.mark.parametrize("given", [{}, {"role": "owner", "team": "1"}, {"role": "rep", "team": "²"}, {"role": "rep"}])
def test_a_role_or_team_that_is_not_offered_is_refused(cast: Cast, sign_in: SignIn, given: dict[str, str]) -> None:
    """422 with a sentence, never an error of ours."""
    answer = sign_in("admin").post(page(cast, "rep", "roles/"), given)
    assert answer.status_code == 422
    assert "form-errors" in answer.content.decode()


@pytest.mark.usefixtures("may_change_people")
def test_a_manager_is_offered_only_what_they_may_grant(cast: Cast, sign_in: SignIn) -> None:
    """Roles within their own, teams within their reach; the rest is refused when sent all the same."""
    client = sign_in("manager")
    form = client.get(page(cast, "rep")).context["grant_form"]
    offered = {str(value) for name in ("role", "team") for value, _label in form.fields[name].choices}
    assert "rep" in offered and "admin" not in offered and "agent" not in offered
    assert str(cast.teams["south"].pk) not in offered
    for given in ({"role": "admin", "team": cast.teams["north"].pk}, {"role": "rep", "team": cast.teams["south"].pk}):
        assert client.post(page(cast, "rep", "roles/"), given).status_code == 422
    assert role_of(cast, "rep").role == "rep"


def test_a_role_is_taken_away_and_undo_gives_it_back(cast: Cast, sign_in: SignIn) -> None:
    """Both are noted."""
    client, held = sign_in("admin"), role_of(cast, "rep")
    answer = client.post(f"/settings/roles/{held.pk}/revoke/", follow=True)
    assert "cast-rep is no longer Sales rep in North." in said(answer)
    assert not Membership.objects.filter(user=cast.users["rep"]).exists()
    back = client.post(undo_of(answer), follow=True)
    assert said(back) == "cast-rep is Sales rep in North again."
    assert (role_of(cast, "rep").role, role_of(cast, "rep").team_id) == ("rep", cast.teams["north"].pk)
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True))[-2:] == [
        "role.revoke",
        "role.grant",
    ]
    assert "already" in said(client.post(undo_of(answer), follow=True))


@pytest.mark.usefixtures("may_change_people")
def test_undo_works_for_someone_who_left_the_reach_with_the_role(cast: Cast, sign_in: SignIn) -> None:
    """The manager sees the rep no more, and still may take the click back."""
    client, held = sign_in("manager"), role_of(cast, "rep")
    answer = client.post(f"/settings/roles/{held.pk}/revoke/", follow=True)
    assert answer.redirect_chain[-1][0] == "/settings/users/"
    assert client.get(page(cast, "rep")).status_code == 404
    assert client.post(undo_of(answer), follow=True).redirect_chain[-1][0] == page(cast, "rep")
    assert role_of(cast, "rep").role == "rep"


@pytest.mark.usefixtures("may_change_people")
def test_undo_is_for_whoever_took_the_role_away_and_not_for_long(cast: Cast, sign_in: SignIn) -> None:
    """Another's entry and none give the same 404; a late one a sentence."""
    undo = undo_of(sign_in("admin").post(f"/settings/roles/{role_of(cast, 'rep').pk}/revoke/", follow=True))
    assert sign_in("manager").post(undo).status_code == 404
    assert sign_in("admin").post(f"/settings/roles/{ABSENT}/restore/").status_code == 404
    signed_in = AuditEntry.objects.exclude(action="role.revoke").order_by("-id").first()
    assert signed_in is None or sign_in("admin").post(f"/settings/roles/{signed_in.pk}/restore/").status_code == 404
    entry = AuditEntry.objects.get(action="role.revoke")
    late = entry.at + people.UNDO_WITHIN + timedelta(seconds=1)
    with pytest.raises(people.Refused, match="too late"):
        people.restore_role(by=cast.users["admin"], entry_id=entry.pk, now=late)
    assert not Membership.objects.filter(user=cast.users["rep"]).exists()


@pytest.mark.usefixtures("may_change_people")
def test_roles_out_of_reach_are_not_taken_away(cast: Cast, sign_in: SignIn) -> None:
    """404 for another team's, a sentence for a stronger one's; their buttons are not drawn."""
    client = sign_in("manager")
    assert client.post(f"/settings/roles/{role_of(cast, 'rival').pk}/revoke/").status_code == 404
    strong = Membership.objects.create(user=cast.users["rep"], team=cast.teams["north"], role="admin")
    assert f"/settings/roles/{strong.pk}/revoke/" not in client.get(page(cast, "rep")).content.decode()
    answer = client.post(f"/settings/roles/{strong.pk}/revoke/")
    assert answer.status_code == 302
    assert Membership.objects.filter(pk=strong.pk).exists()


def test_the_last_administrator_keeps_the_role_and_is_told_why(cast: Cast, sign_in: SignIn) -> None:
    """With the way out."""
    own = role_of(cast, "admin")
    Membership.objects.filter(role="admin").exclude(pk=own.pk).delete()
    client, where = sign_in("admin"), page(cast, "admin")
    answer = client.post(f"/settings/roles/{own.pk}/revoke/", {"next": where}, follow=True)
    assert "last administrator" in said(answer)
    assert Membership.objects.filter(pk=own.pk).exists()


def test_who_takes_the_own_right_away_is_asked_first_and_leaves(cast: Cast, sign_in: SignIn) -> None:
    """It could not be undone, so there is no Undo to promise it."""
    people.grant_role(by=cast.users["admin"], user_id=cast.users["rep"].pk, role="admin", team=cast.teams["root"].pk)
    client = sign_in("admin")
    assert "You take this role from yourself." in client.get(page(cast, "admin")).content.decode()
    assert "You take this role from yourself." not in client.get(page(cast, "rep")).content.decode()
    answer = client.post(f"/settings/roles/{role_of(cast, 'admin').pk}/revoke/", follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert "/restore/" not in answer.content.decode()


def test_a_new_password_lets_in_and_ends_the_sessions(cast: Cast, sign_in: SignIn) -> None:
    """It is noted and never shown again."""
    theirs = sign_in("rep")
    answer = sign_in("admin").post(page(cast, "rep", "password/"), {"password": NEW}, follow=True)
    assert "The new password is set" in said(answer)
    assert NEW not in answer.content.decode()
    assert theirs.get("/customers/").headers["Location"].startswith("/accounts/login/")
    assert Client().post("/accounts/login/", {"login": "cast-rep", "password": NEW}).status_code == 302
    assert AuditEntry.objects.get(action="user.password").detail == {}


@pytest.mark.parametrize("password", ["", "short", "password12", "cast-rep12"])
def test_a_weak_password_is_refused_at_its_field(cast: Cast, sign_in: SignIn, password: str) -> None:
    """By the same rules as everywhere."""
    answer = sign_in("admin").post(page(cast, "rep", "password/"), {"password": password})
    assert answer.status_code == 422
    assert 'href="#id_password"' in answer.content.decode()
    assert User.objects.get(pk=cast.users["rep"].pk).check_password(PASSWORD)


def test_nobody_sets_the_own_password_without_the_old_one(cast: Cast, sign_in: SignIn) -> None:
    """A session left open is not enough to keep an account."""
    client = sign_in("admin")
    assert "/accounts/password/change/" in client.get(page(cast, "admin")).content.decode()
    answer = client.post(page(cast, "admin", "password/"), {"password": NEW})
    assert answer.status_code == 422
    assert "Your own password is changed on its own page" in answer.content.decode()
    assert User.objects.get(pk=cast.users["admin"].pk).check_password(PASSWORD)


@pytest.mark.usefixtures("may_change_people")
@pytest.mark.parametrize(("role", "team"), [("admin", "north"), ("rep", "south")])
@pytest.mark.parametrize(
    ("part", "given"),
    [("password/", {"password": NEW}), ("", {"email": "mine@example.com"}), ("active/", {"active": "0"})],
)
def test_the_sign_in_of_someone_who_may_do_more_is_out_of_reach(
    cast: Cast, sign_in: SignIn, role: str, team: str, part: str, given: dict[str, str]
) -> None:
    """A stronger role, or a role in a team beyond: who holds the password or its mail holds the rights."""
    Membership.objects.create(user=cast.users["rep"], team=cast.teams[team], role=role)
    client, before = sign_in("manager"), User.objects.values().get(pk=cast.users["rep"].pk)
    body = client.get(page(cast, "rep")).content.decode()
    assert "may do more than you" in body and page(cast, "rep", "password/") not in body
    answer = client.post(page(cast, "rep", part), given, follow=True)
    assert "You cannot change someone who may do more than you." in answer.content.decode()
    assert User.objects.values().get(pk=cast.users["rep"].pk) == before


@pytest.mark.usefixtures("may_change_people")
def test_a_manager_who_may_change_people_changes_those_of_the_own_team(cast: Cast, sign_in: SignIn) -> None:
    """Names, mail and password."""
    client = sign_in("manager")
    client.post(page(cast, "rep"), {"first_name": "Ren", "email": "ren@example.com"})
    client.post(page(cast, "rep", "password/"), {"password": NEW})
    user = User.objects.get(pk=cast.users["rep"].pk)
    assert (user.first_name, user.email, user.check_password(NEW)) == ("Ren", "ren@example.com", True)


def test_disabling_goes_back_to_the_page_it_was_asked_on(cast: Cast, sign_in: SignIn) -> None:
    """The list, or the colleague's page."""
    client, referer = sign_in("admin"), {"Referer": f"http://testserver{page(cast, 'rep')}"}
    answer = client.post(page(cast, "rep", "active/"), {"active": "0"}, headers=referer, follow=True)
    assert answer.redirect_chain[-1][0].endswith(page(cast, "rep"))
    assert "cast-rep may no longer sign in." in said(answer)
    assert client.post(page(cast, "rep", "active/"), {"active": "1"}).headers["Location"] == "/settings/users/"


def test_a_team_is_renamed_and_moved_and_both_are_noted(cast: Cast, sign_in: SignIn) -> None:
    """The managers above see its records from then on."""
    client, north, south = sign_in("admin"), cast.teams["north"], cast.teams["south"]
    assert f'href="/settings/teams/{south.pk}/"' in client.get("/settings/teams/").content.decode()
    answer = client.post(f"/settings/teams/{south.pk}/", {"name": "Far south", "parent": north.pk}, follow=True)
    moved = Team.objects.get(pk=south.pk)
    assert (moved.name, moved.parent_id) == ("Far south", north.pk)
    assert said(answer) == "Saved."
    assert sign_in("manager").get(f"/customers/{cast.rows['rival']['customer'].pk}/").status_code == 200
    noted = {one.action: one.detail for one in AuditEntry.objects.filter(object=f"team {south.pk}")}
    assert noted["team.rename"] == {"from": "South", "to": "Far south"}
    assert noted["team.move"] == {"from": cast.teams["root"].pk, "to": north.pk}


def test_a_team_never_hangs_below_itself_or_its_own(cast: Cast, sign_in: SignIn) -> None:
    """Such places are not offered, and refused when sent all the same."""
    root, north = cast.teams["root"], cast.teams["north"]
    below = Team.objects.create(name="North-west", parent=north)
    client = sign_in("admin")
    offered = [
        value for value, _label in client.get(f"/settings/teams/{north.pk}/").context["form"].fields["parent"].choices
    ]
    assert str(north.pk) not in offered and str(below.pk) not in offered and str(root.pk) in offered
    for parent in (north, below):
        assert client.post(f"/settings/teams/{north.pk}/", {"name": "N", "parent": parent.pk}).status_code == 422
        with pytest.raises(people.Invalid, match="below itself"):
            people.change_team(by=cast.users["admin"], team_id=north.pk, name="N", parent=str(parent.pk))
    north.refresh_from_db()
    assert (north.name, north.parent_id) == ("North", root.pk)


def test_a_name_that_is_taken_there_comes_back_with_the_input(cast: Cast, sign_in: SignIn) -> None:
    """Two teams below one have two names."""
    answer = sign_in("admin").post(
        f"/settings/teams/{cast.teams['south'].pk}/", {"name": "North", "parent": cast.teams["root"].pk}
    )
    assert answer.status_code == 422
    assert "There is a team of this name already." in answer.content.decode()
    assert 'value="North"' in answer.content.decode()


@pytest.mark.usefixtures("may_change_people")
def test_a_manager_renames_the_own_team_but_takes_it_from_nobody(cast: Cast, sign_in: SignIn) -> None:
    """What hangs below someone else's team stays there; teams below the own one move within it."""
    client, north, south = sign_in("manager"), cast.teams["north"], cast.teams["south"]
    east, west = (Team.objects.create(name=name, parent=north) for name in ("East", "West"))
    client.post(f"/settings/teams/{north.pk}/", {"name": "High north", "parent": ""})
    north.refresh_from_db()
    assert (north.name, north.parent_id) == ("High north", cast.teams["root"].pk)
    client.post(f"/settings/teams/{east.pk}/", {"name": "East", "parent": west.pk})
    east.refresh_from_db()
    assert east.parent_id == west.pk
    for parent in ("", str(south.pk)):
        assert client.post(f"/settings/teams/{west.pk}/", {"name": "West", "parent": parent}).status_code == 422
        with pytest.raises(people.Invalid):
            people.change_team(
                by=User.objects.get(pk=cast.users["manager"].pk), team_id=north.pk, name="x", parent=parent
            )
    assert client.get(f"/settings/teams/{south.pk}/").status_code == 404
    assert client.post(f"/settings/teams/{south.pk}/", {"name": "Mine"}).status_code == 404
    assert sign_in("rep").post(f"/settings/teams/{north.pk}/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("actor", ["rep", "admin", "outsider"])
def test_a_colleagues_page_keeps_the_rules_of_the_house(cast: Cast, sign_in: SignIn, actor: str) -> None:
    """Someone's, one's own, and of someone without a role."""
    seen = Seen(sign_in("admin").get(page(cast, actor)).content.decode())
    assert (seen.tags["h1"], seen.tags["main"], seen.primary) == (1, 1, 1)
    assert not (seen.faults or seen.outside or seen.twice)


def test_the_first_person_of_a_workspace_administers_all_of_it(client, db):
    call_command("createsuperuser", username="first", email="first@vantage.test", interactive=False)
    first = User.objects.get(username="first")
    assert first.access.scope("user", "change") == "all"
    client.force_login(first)
    first.set_password("a long enough one")
    first.save()
    client.force_login(first)
    assert client.get("/settings/users/").status_code == 200
