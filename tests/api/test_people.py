import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crm.accounts.models import ApiKey, Grant, Membership, Team, User
from crm.accounts.people import (
    add_user,
    change_user,
    create_key,
    grant_role,
    revoke_key,
    revoke_role,
    set_active,
    set_password,
)
from crm.kit.errors import Invalid, Refused
from tests.cast import PASSWORD, make_user

URL = "/api/v1/customers/"


def fresh(user):
    return User.objects.get(pk=user.pk)


def new_user(by, team, **values):
    given = {
        "username": "new",
        "first_name": "",
        "last_name": "",
        "email": "",
        "role": "rep",
        "password": PASSWORD,
        **values,
    }
    return add_user(by=by, team=str(team.pk), **given)


def test_an_administrator_makes_a_user_who_can_sign_in(cast):
    new_user(cast.users["admin"], cast.teams["north"])
    assert Client().post("/accounts/login/", {"login": "new", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("password", ["short", "password12", "new-new-new", "1234567890"])
def test_weak_passwords_are_refused(cast, password):
    with pytest.raises(Invalid) as refused:
        new_user(cast.users["admin"], cast.teams["north"], username="new-new-new", password=password)
    assert "password" in refused.value.fields


def test_a_manager_grants_nothing_at_all_by_default(cast):
    with pytest.raises(Refused):
        new_user(cast.users["manager"], cast.teams["north"])
    assert not User.objects.filter(username="new").exists()


def test_nobody_grants_more_than_they_have(cast):
    from crm.accounts.models import Grant

    for action in ("view", "add", "change"):
        Grant.objects.update_or_create(role="manager", object="user", action=action, defaults={"scope": "subtree"})
    manager = fresh(cast.users["manager"])
    with pytest.raises(Refused):
        grant_role(by=manager, user_id=cast.users["rep"].pk, role="admin", team=cast.teams["north"].pk)
    with pytest.raises(Invalid):
        grant_role(by=manager, user_id=cast.users["rep"].pk, role="rep", team=cast.teams["south"].pk)
    with pytest.raises(Refused) as refused:
        grant_role(by=manager, user_id=cast.users["rival"].pk, role="rep", team=cast.teams["north"].pk)
    assert refused.value.status == 404


def test_the_last_administrator_stays(cast):
    admin = cast.users["admin"]
    own = Membership.objects.get(user=admin, role="admin")
    others = Membership.objects.filter(role="admin").exclude(pk=own.pk)
    others.delete()
    with pytest.raises(Refused, match="last administrator"):
        revoke_role(by=admin, membership_id=own.pk)
    with pytest.raises(Refused):
        set_active(by=admin, user_id=admin.pk, active=False)
    grant_role(by=admin, user_id=cast.users["rep"].pk, role="admin", team=cast.teams["root"].pk)
    revoke_role(by=admin, membership_id=own.pk)
    assert Membership.objects.filter(role="admin").count() == 1


def test_a_lowered_role_counts_from_the_next_request(call, cast):
    assert call("rep", "get", URL).status_code == 200
    Membership.objects.filter(user=cast.users["rep"]).delete()
    assert call("rep", "get", URL).status_code == 403


def test_disabling_ends_sessions_and_keys_at_once(call, cast):
    signed_in = Client()
    signed_in.force_login(cast.users["rep"])
    assert signed_in.get(URL).status_code == 200
    set_active(by=cast.users["admin"], user_id=cast.users["rep"].pk, active=False)
    assert signed_in.get(URL).status_code == 401
    assert call("rep", "get", URL).status_code == 401
    set_active(by=cast.users["admin"], user_id=cast.users["rep"].pk, active=True)
    assert signed_in.get(URL).status_code == 401
    assert call("rep", "get", URL).status_code == 401


def test_a_session_writes_only_with_its_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["rep"])
    answer = client.post(URL, {"name": "x"}, content_type="application/json", headers={"HX-Request": "true"})
    assert answer.status_code == 403


def test_the_key_command_prints_a_key_that_works(client, cast, capsys):
    call_command("apikey", "create", "--user", "cast-rep", "--name", "shop", "--scopes", "customers:read")
    key = capsys.readouterr().out.strip()
    assert client.get(URL, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert ApiKey.objects.get(name="shop").scopes == ["customers:read"]
    for wrong in (["--user", "nobody", "--name", "x"], ["--user", "cast-rep", "--name", "x", "--scopes", "root"]):
        with pytest.raises(CommandError):
            call_command("apikey", "create", *wrong)


def test_a_key_is_taken_back_by_its_owner_or_an_administrator_only(cast):
    made, _key = create_key(user=cast.users["rep"], name="x", days=None, now=timezone.now())
    with pytest.raises(Refused):
        revoke_key(by=cast.users["rival"], key_id=made.pk, now=timezone.now())
    assert revoke_key(by=cast.users["admin"], key_id=made.pk, now=timezone.now()).revoked_at


def test_a_wide_role_in_one_team_grants_nothing_in_another(db, cast):
    """Whoever manages the north and may only change people in the south makes no managers there."""
    north, south = cast.teams["north"], cast.teams["south"]
    by = make_user("two-hats", "manager", north)
    Grant.objects.create(role="agent", object="user", action="change", scope="team")
    Grant.objects.create(role="manager", object="user", action="change", scope="subtree")
    Membership.objects.create(user=by, team=south, role="agent")
    by = User.objects.get(pk=by.pk)
    colleague = make_user("colleague", "rep", south)
    with pytest.raises(Refused):
        grant_role(by=by, user_id=colleague.pk, role="manager", team=south.pk)
    assert list(colleague.memberships.values_list("role", flat=True)) == ["rep"]


def test_a_subtree_role_needs_every_team_below(cast):
    """Who holds "own team and below" elsewhere, and only the team itself here, gives nobody the teams below it."""
    north, south = cast.teams["north"], cast.teams["south"]
    Team.objects.create(name="Far south", parent=south)
    by = make_user("two-hats", "manager", north)
    Grant.objects.create(role="manager", object="user", action="change", scope="subtree")
    Grant.objects.filter(role="agent").delete()
    for obj, action, scope in Grant.objects.filter(role="manager").values_list("object", "action", "scope"):
        narrow = "team" if scope == "subtree" else scope
        Grant.objects.create(role="agent", object=obj, action=action, scope=narrow)
    Membership.objects.create(user=by, team=south, role="agent")
    by = User.objects.get(pk=by.pk)
    colleague = make_user("colleague", "rep", south)
    with pytest.raises(Refused):
        grant_role(by=by, user_id=colleague.pk, role="manager", team=south.pk)


def test_nobody_takes_over_a_colleague_whose_role_they_hold_in_another_team_only(cast):
    """Their password opens what they may do in their team, which is not that of whoever changes it."""
    north, south = cast.teams["north"], cast.teams["south"]
    by = make_user("two-hats", "rep", north)
    Grant.objects.create(role="agent", object="user", action="change", scope="team")
    Membership.objects.create(user=by, team=south, role="agent")
    by = User.objects.get(pk=by.pk)
    colleague = make_user("colleague", "rep", south)
    before = colleague.password
    with pytest.raises(Refused):
        set_password(by=by, user_id=colleague.pk, password="quite another secret")
    with pytest.raises(Refused):
        change_user(by=by, user_id=colleague.pk, first_name="", last_name="", email="mine@vantage.test")
    assert User.objects.get(pk=colleague.pk).password == before
