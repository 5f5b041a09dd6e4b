"""Verbs about users, their roles, teams and API keys; every one leaves its mark in the audit trail."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.access import SCOPE_ORDER
from crm.accounts.audit import record
from crm.accounts.authentication import key_digest
from crm.accounts.models import ApiKey, AuditEntry, Grant, Membership, Role, Team, User
from crm.accounts.selectors import teams_of
from crm.kit.errors import Invalid, Refused
from crm.kit.live import SESSION, announce

MOST_KEYS = 50
UNDO_WITHIN = timedelta(minutes=5)  # the toast is gone sooner; without scripts it stays on the page
SCOPE = re.compile(r"\*|(?:\*|[a-z]{2,20}):(?:read|write)")
USERNAME = re.compile(r"[\w.@+-]{1,150}")


@transaction.atomic
def add_user(
    *, by: User, username: str, first_name: str, last_name: str, email: str, role: str, team: str, password: str
) -> User:
    """Make a user with one membership; raises Invalid for a name that is taken or a weak password."""
    if not USERNAME.fullmatch(username):
        sentence = _("A sign-in name holds letters, digits and . @ + - _ only.")
        raise Invalid(sentence, fields={"username": sentence})
    made = User(username=username, first_name=first_name, last_name=last_name, email=email)
    made.set_password(checked_password(password, made))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        sentence = _("This sign-in name is taken.")
        raise Invalid(sentence, fields={"username": sentence}) from error
    note(by, "user.add", f"user {made.pk}", {"username": username})
    grant_role(by=by, user_id=made.pk, role=role, team=team, action="add")
    return made


def checked_password(password: str, user: User) -> str:
    """The password; raises Invalid with the sentences of the password rules."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(_("The password is too weak."), fields={"password": " ".join(error.messages)}) from error
    return password


@transaction.atomic
def change_user(*, by: User, user_id: int, first_name: str, last_name: str, email: str) -> User:
    """Change someone's names and e-mail address; only of those who may do no more than oneself.

    The address opens the account (sign-in, reset by mail), so it is guarded like the password.
    """
    found = _user(by, user_id)
    _check_stands_above(by, found)
    given = {"first_name": first_name, "last_name": last_name, "email": email}
    changed = [name for name, value in given.items() if getattr(found, name) != value]
    for name in changed:
        setattr(found, name, given[name])
    if changed:
        found.save(update_fields=changed)
        note(by, "user.change", f"user {found.pk}", {"fields": changed})
    if "email" in changed:
        EmailAddress.objects.filter(user=found).delete()  # a reset by mail goes to the new address only
    return found


@transaction.atomic
def set_password(*, by: User, user_id: int, password: str) -> User:
    """Give someone else another password and end their sessions; one's own is changed with the old one."""
    found = _user(by, user_id)
    if found.pk == by.pk:
        raise Refused(_("Your own password is changed on its own page, which asks for the current one."))
    _check_stands_above(by, found)
    found.set_password(checked_password(password, found))
    found.save(update_fields=["password"])
    end_sessions(user=found)
    note(by, "user.password", f"user {found.pk}", {})
    return found


@transaction.atomic
def grant_role(*, by: User, user_id: int, role: str, team: str | int, action: str = "change") -> Membership:
    """Give a user a role in a team; nobody grants more than they have, nor outside their own reach."""
    place = teams_of(by, "user", action).filter(pk=team).first() if str(team).isdecimal() else None
    if place is None:
        raise Invalid(_("There is no such team among yours."), fields={"team": _("Choose one of the list.")})
    if role not in Role.values:
        raise Invalid(_("There is no such role."), fields={"role": _("Choose one of the list.")})
    _check_covers(by, role, place)
    found = _user(by, user_id) if action == "change" else User.objects.get(pk=user_id)
    return _give(by, found, role, place)


def _give(by: User, user: User, role: str, team: Team) -> Membership:
    made, created = Membership.objects.get_or_create(user=user, team=team, role=role)
    if not created:
        sentence = _("%(name)s has this role in this team already. Nothing was changed.")
        raise Refused(sentence % {"name": user.display_name})
    note(by, "role.grant", f"user {user.pk}", {"role": role, "team": team.pk})
    return made


@transaction.atomic
def revoke_role(*, by: User, membership_id: int) -> tuple[Membership, AuditEntry]:
    """Take a role away; the last administrator keeps theirs. It takes effect on the next request.

    Returns what was taken, and the entry of the audit trail by which ``restore_role`` gives it back.
    """
    _lock_rights()
    teams = teams_of(by, "user", "change")
    found = Membership.objects.select_related("user", "team").filter(pk=membership_id, team__in=teams).first()
    if found is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if not covers_role(by, found.role, found.team_id):
        raise Refused(_("You cannot take away a role that may do more than you."), status=403, code="forbidden")
    if found.role == Role.ADMIN:
        _keep_an_administrator(besides_membership=found.pk)
    found.delete()
    announce(SESSION, user=found.user)  # open pages hear only what the remaining roles may
    return found, note(by, "role.revoke", f"user {found.user_id}", {"role": found.role, "team": found.team_id})


@transaction.atomic
def restore_role(*, by: User, entry_id: int, now: datetime) -> Membership:
    """Undo ``revoke_role``, shortly after and by the same person, also for someone no longer within their reach."""
    entry = AuditEntry.objects.filter(pk=entry_id, user=by, action="role.revoke").first()
    place = teams_of(by, "user", "change").filter(pk=entry.detail["team"]).first() if entry else None
    user = User.objects.filter(pk=entry.object.removeprefix("user ")).first() if entry else None
    if entry is None or place is None or user is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if entry.at < now - UNDO_WITHIN:
        raise Refused(_("It is too late to undo this. Grant the role again."))
    _check_covers(by, entry.detail["role"], place)
    return _give(by, user, entry.detail["role"], place)


def roles_within(by: User, team: int | None = None) -> set[str]:
    """The roles of which everything is within what a user may do: somewhere, or in a given team."""
    return roles_by_team(by, [team])[team]


def roles_by_team(by: User, teams: Iterable[int | None]) -> dict[int | None, set[str]]:
    """The same for several teams, in one query."""
    grants = list(Grant.objects.values_list("role", "object", "action", "scope"))
    return {
        team: set(Role.values) - {role for role, obj, act, scope in grants if not _within(by, obj, act, scope, team)}
        for team in teams
    }


def _within(by: User, obj: str, action: str, scope: str, team: int | None) -> bool:
    own = by.access.scope(obj, action)
    if own is None or SCOPE_ORDER[own] < SCOPE_ORDER[scope]:
        return False
    reached = by.access.team_ids(obj, action)
    if reached is None or team is None or scope == "own":
        return True
    return (by.access.subtree(team) if scope == "subtree" else {team}) <= set(reached)


def covers_role(by: User, role: str, team: int) -> bool:
    """Whether everything that a role may do in a team is within what a user may do there."""
    return role in roles_within(by, team)


def reaches(by: User, user_id: int) -> bool:
    """Whether someone belongs to the teams whose people the user may change."""
    if not by.access.can("user", "change"):
        return False
    teams = by.access.team_ids("user", "change")
    return teams is None or Membership.objects.filter(user=user_id, team__in=teams).exists()


def stands_above(by: User, user: User) -> bool:
    """Whether another may do nothing, and nowhere, that the user may not: who holds their sign-in holds their rights."""
    held: dict[int, set[str]] = defaultdict(set)
    for role, team in user.memberships.values_list("role", "team_id"):
        held[team].add(role)
    teams = by.access.team_ids("user", "change")
    inside = teams is None or held.keys() <= set(teams)
    within = roles_by_team(by, held)
    return inside and all(roles <= within[team] for team, roles in held.items())


@transaction.atomic
def set_active(*, by: User, user_id: int, active: bool) -> User:
    """Let a user sign in or not; disabling ends sessions and keys at once. The last administrator stays."""
    _lock_rights()
    found = _user(by, user_id)
    if not active and found.pk == by.pk:
        raise Refused(_("You cannot disable yourself. Ask another administrator."))
    if not active and found.memberships.filter(role=Role.ADMIN).exists():
        _keep_an_administrator(besides_user=found.pk)
    _check_stands_above(by, found)
    found.is_active = active
    found.save(update_fields=["is_active"])
    if not active:
        ApiKey.objects.filter(user=found, revoked_at=None).update(revoked_at=timezone.now())
        end_sessions(user=found)
    note(by, "user.enable" if active else "user.disable", f"user {found.pk}", {})
    return found


def end_sessions(*, user: User, besides: str | None = None) -> int:
    """Sign a user out everywhere, or everywhere but in one session; how many sessions ended."""
    own = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
        if session.pk != besides and session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=own).delete()
    announce(SESSION, user=user)  # open pages lose their stream now, not at the next look
    return len(own)


@transaction.atomic
def add_team(*, by: User, name: str, parent: str) -> Team:
    """Make a team below one that the user reaches; only who reaches all may make a root."""
    above = teams_of(by, "team", "add").filter(pk=parent).first() if parent.isdecimal() else None
    if above is None and (parent or by.access.team_ids("team", "add") is not None):
        raise Invalid(_("There is no such team among yours."), fields={"parent": _("Choose one of the list.")})
    try:
        with transaction.atomic():
            made = Team.objects.create(name=name.strip(), parent=above)
    except IntegrityError as error:
        sentence = _("There is a team of this name already.")
        raise Invalid(sentence, fields={"name": sentence}) from error
    note(by, "team.add", f"team {made.pk}", {"name": made.name})
    return made


@transaction.atomic
def change_team(*, by: User, team_id: int, name: str, parent: str | None = None) -> Team:
    """Rename a team and hang it below another; None leaves it where it is, an empty parent makes it a root."""
    parents = _lock_tree()
    found = teams_of(by, "team", "change").filter(pk=team_id).first()
    if found is None:
        raise Refused(_("There is no such team."), status=404, code="not_found")
    before = found.name, found.parent_id
    found.name = name.strip()
    if parent is not None and parent != str(found.parent_id or ""):
        found.parent = _new_parent(by, found, parent, parents)
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "parent", "updated_at"])
    except IntegrityError as error:
        sentence = _("There is a team of this name already.")
        raise Invalid(sentence, fields={"name": sentence}) from error
    if found.name != before[0]:
        note(by, "team.rename", f"team {found.pk}", {"from": before[0], "to": found.name})
    if found.parent_id != before[1]:
        note(by, "team.move", f"team {found.pk}", {"from": before[1], "to": found.parent_id})
    return found


def may_move(by: User, team: Team) -> bool:
    """Whether a user reaches the team above as well: whoever is above must not lose a team to someone below."""
    reached = by.access.team_ids("team", "change")
    return reached is None or team.parent_id in reached


def _new_parent(by: User, team: Team, parent: str, parents: dict[int, int | None]) -> Team | None:
    """The team to hang another below; raises Invalid out of reach, and where the tree would become a ring."""
    reached = teams_of(by, "team", "change").filter(pk__in=parents)
    above = reached.filter(pk=parent).first() if parent.isdecimal() else None
    if above is None and (parent or by.access.team_ids("team", "change") is not None):
        raise Invalid(_("There is no such team among yours."), fields={"parent": _("Choose one of the list.")})
    if not may_move(by, team):
        sentence = _("You cannot move this team: it hangs below one that is not yours.")
        raise Invalid(sentence, fields={"parent": sentence})
    step = above.pk if above else None
    while step is not None:
        if step == team.pk:
            sentence = _("A team cannot hang below itself or below one of its own teams.")
            raise Invalid(sentence, fields={"parent": sentence})
        step = parents[step]
    return above


def _lock_tree() -> dict[int, int | None]:
    """Every team's parent; one move at a time, so that two together cannot make a ring."""
    rows = Team.objects.select_for_update(no_key=True).order_by("pk")
    return dict(rows.values_list("pk", "parent_id"))


@transaction.atomic
def create_key(
    *, user: User, name: str, days: int | None, now: datetime, scopes: Sequence[str] | None = None
) -> tuple[ApiKey, str]:
    """Make an API key; the second part of the answer is the key itself, which is kept nowhere.

    ``scopes`` are ``*``, ``customers:read``, ``deals:write``, ``*:read`` and the like; none given means ``*``.
    """
    wrong = [scope for scope in scopes or () if not SCOPE.fullmatch(scope)]
    if wrong:
        sentence = _("“%(scope)s” is not a scope; write customers:read, customers:write or *.") % {
            "scope": wrong[0][:40]
        }
        raise Invalid(sentence, fields={"scopes": sentence})
    label = name.strip()[:80]
    if not label:
        raise Invalid(_("A key needs a label."), fields={"name": _("Say what the key is for.")})
    if ApiKey.objects.filter(user=user, revoked_at=None).count() >= MOST_KEYS:
        raise Refused(_("You have %(n)s keys, which is the most. Revoke one first.") % {"n": MOST_KEYS})
    key = f"vk_{secrets.token_urlsafe(32)}"
    made = ApiKey.objects.create(
        user=user, name=label, prefix=key[:12], digest=key_digest(key), scopes=list(scopes or ["*"]),
        expires_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip
    note(user, "apikey.create", f"apikey {made.pk}", {"prefix": made.prefix, "scopes": made.scopes})
    return made, key


@transaction.atomic
def revoke_key(*, by: User, key_id: int, now: datetime) -> ApiKey:
    """Take a key back: one's own, or anyone's for who reaches all keys."""
    keys = ApiKey.objects.select_for_update().filter(pk=key_id)
    if by.access.scope("apikey", "delete") != "all":
        keys = keys.filter(user=by)
    found = keys.first()
    if found is None:
        raise Refused(_("There is no such key."), status=404)
    if found.revoked_at is None:
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
        note(by, "apikey.revoke", f"apikey {found.pk}", {"prefix": found.prefix})
    return found


def note(by: User, action: str, obj: str, detail: dict[str, object]) -> AuditEntry:
    """Write what someone did to the audit trail."""
    return record(action=action, obj=obj, user_id=by.pk, detail=detail, address=None, at=timezone.now())


def _user(by: User, user_id: int) -> User:
    """Someone of the teams that the user may change; 404 for anyone else, as for nobody."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None or not reaches(by, user_id):
        raise Refused(_("There is no such user."), status=404, code="not_found")
    return found


def _check_covers(by: User, role: str, team: Team) -> None:
    if not covers_role(by, role, team.pk):
        raise Refused(_("You cannot grant a role that may do more than you."), status=403, code="forbidden")


def _check_stands_above(by: User, user: User) -> None:
    if user.pk != by.pk and not stands_above(by, user):
        raise Refused(_("You cannot change someone who may do more than you."), status=403, code="forbidden")


def _lock_rights() -> None:
    """One change of administrators at a time, so that two cannot remove each other."""
    list(Membership.objects.select_for_update().filter(role=Role.ADMIN).order_by("pk").values_list("pk"))


def _keep_an_administrator(*, besides_user: int = 0, besides_membership: int = 0) -> None:
    others = Membership.objects.filter(role=Role.ADMIN, user__is_active=True)
    if not others.exclude(user=besides_user).exclude(pk=besides_membership).exists():
        raise Refused(_("This is the last administrator. Make someone else one first."))
