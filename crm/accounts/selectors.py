"""Whom and which teams a person may name: in filters, as owner, as team of a record."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import Grant, Membership, Team, User
from crm.kit.errors import Invalid


def teams_of(user: User, obj: str = "customer", action: str = "view") -> QuerySet[Team]:
    """The teams whose records of a kind the user reaches."""
    if not user.access.can(obj, action):
        return Team.objects.none()
    ids = user.access.team_ids(obj, action)
    return Team.objects.all() if ids is None else Team.objects.filter(pk__in=ids)


def people_of(user: User, obj: str = "customer", action: str = "view") -> QuerySet[User]:
    """Active users who belong to a reached team, and the user."""
    active = User.objects.filter(is_active=True)
    if not user.access.can(obj, action):
        return active.filter(pk=user.pk)
    ids = user.access.team_ids(obj, action)
    if ids is None:
        return active
    mates = Membership.objects.filter(user=OuterRef("pk"), team__in=ids)
    return active.filter(Exists(mates) | Exists(User.objects.filter(pk=user.pk, id=OuterRef("pk"))))


def people_who_reach(obj: str, *, team: Team, owner_id: int | None, action: str = "view") -> QuerySet[User]:
    """Active users whose grants reach a row of a team and an owner: the other way round than ``Access.rows``."""
    above, chain = team, [team.pk]
    while above.parent is not None and above.parent_id not in chain:
        above = above.parent
        chain.append(above.pk)
    granted = Grant.objects.filter(role=OuterRef("role"), object=obj, action=action)
    held = Membership.objects.filter(user=OuterRef("pk"))
    reaching = held.filter(
        Exists(granted.filter(scope="all"))
        | Q(team=team.pk) & Exists(granted.filter(scope__in=["team", "subtree"]))
        | Q(team__in=chain) & Exists(granted.filter(scope="subtree"))
    )
    own = Q(pk=owner_id) & Exists(held.filter(Exists(granted))) if owner_id else Q(pk__in=[])
    return User.objects.filter(Q(Exists(reaching)) | own, is_active=True)


def named_owner(value: Any, *, user: User, obj: str, action: str) -> User | None:
    """The owner that a body names by id or sign-in name; raises Invalid, the same for absent and not reached."""
    if value in (None, ""):
        return None
    found = _named(people_of(user, obj, action), value, "username")
    if found is None:
        sentence = _("There is no such person in your teams.")
        raise Invalid(sentence, fields={"owner": sentence})
    return found


def named_team(value: Any, *, user: User, obj: str, action: str) -> Team:
    """The team that a body names by id or name; the user's own, or the root, when none is named."""
    reached = teams_of(user, obj, action)
    if value in (None, ""):
        return _own_team(user, reached)
    found = _named(reached, value, "name")
    if found is None:
        sentence = _("There is no such team among yours.")
        raise Invalid(sentence, fields={"team": sentence})
    return found


def _named(rows: QuerySet[Any], value: Any, name: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return rows.filter(pk=value).first()
    return rows.filter(**{name: str(value)}).order_by("pk").first()


def _own_team(user: User, reached: QuerySet[Team]) -> Team:
    own = [team for _role, team in user.access.memberships]
    teams = {team.pk: team for team in reached.filter(pk__in=own)}
    for pk in own:
        if pk in teams:
            return teams[pk]
    found = reached.order_by("parent_id", "pk").first()
    if found is None:
        sentence = _("You have no team that such a record can belong to.")
        raise Invalid(sentence, fields={"team": sentence})
    return found
