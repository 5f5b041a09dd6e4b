"""Verbs about users, teams and API keys."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.audit import record
from crm.accounts.authentication import key_digest
from crm.accounts.models import ApiKey, Membership, Role, Team, User
from crm.accounts.selectors import teams_of
from crm.kit.errors import Invalid, Refused

MOST_KEYS = 50


@transaction.atomic
def add_user(
    *, by: User, username: str, first_name: str, last_name: str, email: str, role: str, team: str, password: str
) -> User:
    """Make a user with one membership; raises Invalid for a name that is taken or a weak password."""
    place = teams_of(by, "user", "add").filter(pk=team).first() if team.isdigit() else None
    if place is None:
        raise Invalid(_("There is no such team among yours."), fields={"team": _("Choose one of the list.")})
    if role not in Role.values:
        raise Invalid(_("There is no such role."), fields={"role": _("Choose one of the list.")})
    made = User(username=username, first_name=first_name, last_name=last_name, email=email)
    try:
        validate_password(password, made)
    except ValidationError as error:
        raise Invalid(_("The password is too weak."), fields={"password": " ".join(error.messages)}) from error
    made.set_password(password)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        sentence = _("This sign-in name is taken.")
        raise Invalid(sentence, fields={"username": sentence}) from error
    Membership.objects.create(user=made, team=place, role=role)
    _note(by, "user.add", f"user {made.pk}", {"role": role, "team": place.pk})
    return made


@transaction.atomic
def set_active(*, by: User, user_id: int, active: bool) -> User:
    """Let a user sign in or not; the last administrator stays, and nobody locks themselves out."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None:
        raise Refused(_("There is no such user."), status=404)
    if not active and found.pk == by.pk:
        raise Refused(_("You cannot disable yourself. Ask another administrator."))
    others = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(pk=found.pk)
    if not active and not others.exists():
        raise Refused(_("This is the last administrator. Make someone else one first."))
    found.is_active = active
    found.save(update_fields=["is_active"])
    _note(by, "user.enable" if active else "user.disable", f"user {found.pk}", {})
    return found


@transaction.atomic
def add_team(*, by: User, name: str, parent: str) -> Team:
    """Make a team below one that the user reaches; only who reaches all may make a root."""
    above = teams_of(by, "team", "add").filter(pk=parent).first() if parent.isdigit() else None
    if above is None and (parent or by.access.team_ids("team", "add") is not None):
        raise Invalid(_("There is no such team among yours."), fields={"parent": _("Choose one of the list.")})
    try:
        with transaction.atomic():
            made = Team.objects.create(name=name.strip(), parent=above)
    except IntegrityError as error:
        sentence = _("There is a team of this name already.")
        raise Invalid(sentence, fields={"name": sentence}) from error
    _note(by, "team.add", f"team {made.pk}", {"name": made.name})
    return made


@transaction.atomic
def create_key(*, user: User, name: str, days: int | None, now: datetime, scopes: list[str] | None = None) -> tuple[ApiKey, str]:
    """Make an API key; the second part of the answer is the key itself, which is kept nowhere."""
    if ApiKey.objects.filter(user=user, revoked_at=None).count() >= MOST_KEYS:
        raise Refused(_("You have %(n)s keys, which is the most. Revoke one first.") % {"n": MOST_KEYS})
    key = f"vk_{secrets.token_urlsafe(32)}"
    made = ApiKey.objects.create(
        user=user, name=name.strip()[:80], prefix=key[:12], digest=key_digest(key), scopes=scopes or [],
        expires_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip
    _note(user, "apikey.create", f"apikey {made.pk}", {"prefix": made.prefix})
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
        _note(by, "apikey.revoke", f"apikey {found.pk}", {"prefix": found.prefix})
    return found


def _note(by: User, action: str, obj: str, detail: dict[str, object]) -> None:
    record(action=action, obj=obj, user_id=by.pk, detail=detail, address=None, at=timezone.now())
