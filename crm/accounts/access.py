"""What one user may reach: the union of the grants of all memberships, read once per request."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q, Value
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from crm.accounts.models import User

Rules = dict[tuple[str, str], dict[str, str]]
SCOPE_ORDER = {"own": 1, "team": 2, "subtree": 3, "all": 4}
LEVEL_ORDER = {"hidden": 1, "masked": 2, "read": 3, "write": 4}


class Access:
    """Answers "may this user …" and "within which rows"; two small queries, then memory."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def memberships(self) -> list[tuple[str, int]]:
        """(role, team id) pairs; none for a disabled user."""
        if not self.user.is_active:
            return []
        return list(self.user.memberships.order_by("id").values_list("role", "team_id"))

    @cached_property
    def roles(self) -> list[str]:
        """Roles held, strongest last seen first in menus."""
        return list(dict.fromkeys(role for role, _team in self.memberships))

    @cached_property
    def _rules(self) -> tuple[Rules, Rules]:
        """(object, action) → role → scope, and (object, field) → role → level; both in one query."""
        roles = self.roles
        grants = apps.get_model("accounts", "Grant").objects.filter(role__in=roles)
        fields = apps.get_model("accounts", "FieldRule").objects.filter(role__in=roles)
        rows = grants.values_list(Value("grant"), "role", "object", "action", "scope").union(
            fields.values_list(Value("field"), "role", "object", "field", "level"), all=True
        )
        found: dict[str, Rules] = {"grant": defaultdict(dict), "field": defaultdict(dict)}
        for kind, role, obj, name, value in rows:
            found[kind][obj, name][role] = value
        return found["grant"], found["field"]

    @property
    def _grants(self) -> Rules:
        return self._rules[0]

    @property
    def _field_rules(self) -> Rules:
        return self._rules[1]

    @cached_property
    def _children(self) -> dict[int | None, list[int]]:
        children: dict[int | None, list[int]] = defaultdict(list)
        for pk, parent in apps.get_model("accounts", "Team").objects.values_list("id", "parent_id"):
            children[parent].append(pk)
        return children

    def _subtree(self, team: int) -> set[int]:
        found, queue = set(), [team]
        while queue:
            current = queue.pop()
            if current not in found:
                found.add(current)
                queue.extend(self._children[current])
        return found

    def can(self, obj: str, action: str = "view") -> bool:
        """Whether any membership grants the action on the object."""
        return bool(self._grants.get((obj, action)))

    def scope(self, obj: str, action: str = "view") -> str | None:
        """The widest scope granted (own, team, subtree, all), or None."""
        scopes = self._grants.get((obj, action), {}).values()
        return max(scopes, key=SCOPE_ORDER.__getitem__, default=None)

    def reach(self) -> tuple[object, ...]:
        """Everything that decides which rows this user may view: equal reach, equal answer."""
        objects = sorted(obj for obj, action in self._grants if action == "view")
        teams = ((obj, self.team_ids(obj)) for obj in objects)
        return (self.user.pk, *((obj, None if ids is None else tuple(ids)) for obj, ids in teams))

    def team_ids(self, obj: str, action: str = "view") -> list[int] | None:
        """Ids of the teams whose rows the user reaches; None means all rows."""
        granted = self._grants.get((obj, action), {})
        teams: set[int] = set()
        for role, team in self.memberships:
            match granted.get(role):
                case "all":
                    return None
                case "subtree":
                    if self._children[None] == [team]:
                        return None  # the tree hangs on this team; naming every team would cost each query
                    teams |= self._subtree(team)
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
        rules = self._field_rules.get((obj, field))
        if not rules:
            return "write"
        roles = self._grants.get((obj, "view"), {})
        levels = [rules.get(role, "write") for role in roles] or ["hidden"]
        return max(levels, key=LEVEL_ORDER.__getitem__)

    def restricted_fields(self, obj: str) -> dict[str, str]:
        """Fields of an object that this user does not see whole: name → hidden or masked."""
        levels = {field: self.field_level(obj, field) for o, field in self._field_rules if o == obj}
        return {field: level for field, level in levels.items() if level in ("hidden", "masked")}


class NoAccess:
    """The reach of a visitor who is not signed in: nothing."""

    memberships: list[tuple[str, int]] = []
    roles: list[str] = []

    def can(self, obj: str, action: str = "view") -> bool:
        """Never."""
        return False
