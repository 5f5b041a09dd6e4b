"""What one user may reach: the union of the grants of all memberships, read once per request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from crm.accounts.models import User

Rules = dict[tuple[str, str], dict[str, str]]
SCOPE_ORDER = {"own": 1, "team": 2, "subtree": 3, "all": 4}
LEVEL_ORDER = {"hidden": 1, "masked": 2, "read": 3, "write": 4}
RIGHTS = """
WITH held AS (SELECT id, role, team_id FROM accounts_membership WHERE user_id = %(user)s),
     granted AS (SELECT role, object, action, scope FROM accounts_grant WHERE role IN (SELECT role FROM held))
SELECT 'held', role, team_id, NULL::bigint, '', '', '' FROM (SELECT * FROM held ORDER BY id) h
UNION ALL SELECT 'grant', role, NULL, NULL, object, action, scope FROM granted
UNION ALL SELECT 'field', role, NULL, NULL, object, field, level FROM accounts_fieldrule WHERE role IN (SELECT role FROM held)
UNION ALL SELECT 'team', '', id, parent_id, '', '', '' FROM accounts_team
          WHERE EXISTS (SELECT 1 FROM granted WHERE scope = 'subtree')
"""


@dataclass
class _Rights:
    """What the database says of one user."""

    memberships: list[tuple[str, int]] = field(default_factory=list)
    grants: Rules = field(default_factory=lambda: defaultdict(dict))  # (object, action) → role → scope
    fields: Rules = field(default_factory=lambda: defaultdict(dict))  # (object, field) → role → level
    children: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))  # where needed


def _read(user_id: int) -> _Rights:
    """In plain SQL and in one go: every request waits for it."""
    found = _Rights()
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS, {"user": user_id})
        for kind, role, team, parent, obj, name, value in cursor.fetchall():
            if kind == "held":
                found.memberships.append((role, team))
            elif kind == "team":
                found.children[parent].append(team)
            else:
                (found.grants if kind == "grant" else found.fields)[obj, name][role] = value
    return found


class Access:
    """Answers "may this user …" and "within which rows"; one small query, then memory."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def _rights(self) -> _Rights:
        """Nothing for a disabled user."""
        return _read(self.user.pk) if self.user.is_active else _Rights()

    @property
    def memberships(self) -> list[tuple[str, int]]:
        """(role, team id) pairs."""
        return self._rights.memberships

    @cached_property
    def roles(self) -> list[str]:
        """Roles held, strongest last seen first in menus."""
        return list(dict.fromkeys(role for role, _team in self.memberships))

    def subtree(self, team: int) -> set[int]:
        """A team and those below it; known where the user holds something for a subtree."""
        found, queue = set(), [team]
        while queue:
            current = queue.pop()
            if current not in found:
                found.add(current)
                queue.extend(self._rights.children[current])
        return found

    def can(self, obj: str, action: str = "view") -> bool:
        """Whether any membership grants the action on the object."""
        return bool(self._rights.grants.get((obj, action)))

    def scope(self, obj: str, action: str = "view") -> str | None:
        """The widest scope granted (own, team, subtree, all), or None."""
        scopes = self._rights.grants.get((obj, action), {}).values()
        return max(scopes, key=SCOPE_ORDER.__getitem__, default=None)

    @cached_property
    def reach(self) -> tuple[object, ...]:
        """Everything that decides which rows this user may view: equal reach, equal answer."""
        objects = sorted(obj for obj, action in self._rights.grants if action == "view")
        teams = ((obj, self.team_ids(obj)) for obj in objects)
        return (self.user.pk, *((obj, None if ids is None else tuple(ids)) for obj, ids in teams))

    def team_ids(self, obj: str, action: str = "view") -> list[int] | None:
        """Ids of the teams whose rows the user reaches; None means all rows."""
        granted = self._rights.grants.get((obj, action), {})
        teams: set[int] = set()
        for role, team in self.memberships:
            match granted.get(role):
                case "all":
                    return None
                case "subtree":
                    if self._rights.children[None] == [team]:
                        return None  # the tree hangs on this team; naming every team would cost each query
                    teams |= self.subtree(team)
                case "team":
                    teams.add(team)
        return sorted(teams)

    def rows(self, obj: str, action: str = "view", *, team: str = "team", owner: str | None = "owner") -> Q:
        """A filter for the rows reached: by team column, and rows that the user owns.

        ``team`` and ``owner`` are lookup paths from the filtered model. Raises nothing; without any
        grant the filter matches no row.
        """
        scope = self.scope(obj, action)
        if scope is None:
            return Q(pk__in=[])
        teams = self.team_ids(obj, action)
        if teams is None:
            return Q()
        reach = Q(**{f"{team}__in": teams}) if teams else Q(pk__in=[])
        return reach | Q(**{owner: self.user.pk}) if owner else reach

    def field_level(self, obj: str, field: str) -> str:
        """``hidden``, ``masked``, ``read`` or ``write``: the most generous among the roles that reach the object."""
        rules = self._rights.fields.get((obj, field))
        if not rules:
            return "write"
        roles = self._rights.grants.get((obj, "view"), {})
        levels = [rules.get(role, "write") for role in roles] or ["hidden"]
        return max(levels, key=LEVEL_ORDER.__getitem__)

    def restricted_fields(self, obj: str) -> dict[str, str]:
        """Fields of an object that this user does not see whole: name → hidden or masked."""
        levels = {field: self.field_level(obj, field) for o, field in self._rights.fields if o == obj}
        return {field: level for field, level in levels.items() if level in ("hidden", "masked")}


class NoAccess:
    """The reach of a visitor who is not signed in: nothing."""

    memberships: list[tuple[str, int]] = []
    roles: list[str] = []

    def can(self, obj: str, action: str = "view") -> bool:
        """Never."""
        return False
