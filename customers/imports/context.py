"""What every step of one import knows: whose it is, where rows may go, and the counts so far."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from crm.kit.errors import Invalid, Refused
from customers.imports.mapping import Plan

if TYPE_CHECKING:
    from customers.imports.lanes import Share
    from customers.imports.reading import Table
    from customers.imports.reading.detected import Detected
    from customers.models import ImportJob

OUTCOMES = ("created", "updated", "unchanged", "skipped", "rejected")
"""What can become of a row; together they are all rows of the file."""


@dataclass(frozen=True)
class Reach:
    """Where the asking user may write; without a user (a command of the operator) everywhere."""

    user: User | None

    def teams(self, obj: str, action: str) -> list[int] | None:
        """Ids of the teams whose rows may be touched; None means all."""
        if self.user is None:
            return None
        return self.user.access.team_ids(obj, action)

    def require(self, obj: str, *actions: str) -> None:
        """Raise Refused unless the user may do all of it on some rows."""
        if self.user is None:
            return
        access = self.user.access
        for action in actions:
            if not access.can(obj, action):
                raise Refused(_("You may not import this kind of record."), status=403, code="forbidden")


NOTED = 20_000
"""Ids in one note; undo takes back one note per transaction."""


@dataclass(kw_only=True)
class Context:
    """One running import."""

    job: ImportJob
    table: Table
    plan: Plan
    reach: Reach
    source_id: int
    customer_source_id: int
    now: dt.datetime
    team_id: int
    owner_id: int | None
    currency: str
    progress: Callable[..., None]
    counts: Counter[str] = field(default_factory=Counter)
    treatments: Counter[str] = field(default_factory=Counter)
    detected: Detected
    resolved: int = 0
    """Links of other files that have their other end by this import."""
    doubles: dict[int, int] = field(default_factory=dict)
    """Line → the customer that it certainly is, where such rows are taken as updates."""
    duplicates: dict[str, Any] | None = None
    """What the check for duplicates found, where one was asked for."""
    share: Share | None = None
    """Which rows of the file it writes, where two lanes do it."""
    written: set[str] = field(default_factory=set)
    """Tables that got rows, for ANALYZE."""

    @property
    def mode(self) -> str:
        return self.job.mode

    def execute(self, sql: str, params: dict[str, Any] | None = None) -> int:
        """Run one statement of ours with the import's own parameters; returns the row count."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self.params() | (params or {}))
            return cursor.rowcount

    def rows(self, sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of one query of ours."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self.params() | (params or {}))
            return cursor.fetchall()

    def value(self, sql: str, params: dict[str, Any] | None = None) -> Any:
        """The one value of one query of ours."""
        return self.rows(sql, params)[0][0]

    def params(self) -> dict[str, Any]:
        """Parameters that every statement may use."""
        return {
            "source": self.source_id, "customer_source": self.customer_source_id, "now": self.now,
            "team": self.team_id, "owner": self.owner_id, "job": self.job.pk, "home": self.currency,
        }  # fmt: skip

    def refuse(self, table: str, condition: str, reason: str, *, skipped: bool = False) -> int:
        """Take rows out of a working table; they count as rejected (or skipped) and go to the rejects file."""
        gone = self.execute(
            f"WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING row) "
            "INSERT INTO import_out (row, skipped, reason, late) SELECT row, %(skipped)s, %(reason)s, true FROM gone",
            {"skipped": skipped, "reason": reason},
        )
        self.counts["skipped" if skipped else "rejected"] += gone
        return gone

    def changed(self, label: str, action: str, ids: str) -> str:
        """SQL that notes what was done to the rows of a model that ``ids`` selects: what undo goes by."""
        return (
            "INSERT INTO customers_importchange (job_id, object, action, ids) "
            f"SELECT %(job)s, '{label}', '{action}', array_agg(id ORDER BY id) FROM (SELECT id, "
            f"(row_number() OVER (ORDER BY id) - 1) / {NOTED} AS span FROM ({ids}) y) x GROUP BY span"
        )


def target_team(name: str, reach: Reach, obj: str) -> int:
    """The team of rows that name none: the given one, else the root, else the asker's; raises Invalid or Refused."""
    allowed = reach.teams(obj, "add")
    if name:
        found = Team.objects.filter(name__iexact=name).order_by("id").first()
        if found is None or (allowed is not None and found.pk not in allowed):
            raise Invalid(_("There is no team “%(name)s” that you may write to.") % {"name": name[:120]})
        return int(found.pk)
    root = int(Team.root().pk)
    if allowed is None or root in allowed:
        return root
    if not allowed:
        raise Refused(_("You may not import this kind of record."), status=403, code="forbidden")
    own = [team for _role, team in reach.user.access.memberships if team in allowed] if reach.user else []
    return own[0] if own else allowed[0]


def team_words(reach: Reach, obj: str) -> dict[str, int]:
    """Folded team name → id, of the teams that may be written to."""
    allowed = reach.teams(obj, "add")
    teams = Team.objects.order_by("-id").values_list("name", "id")
    return {name.casefold(): pk for name, pk in teams if allowed is None or pk in allowed}


def owner_words(reach: Reach, obj: str) -> dict[str, int]:
    """Folded sign-in name, mail or full name → user id, of the people in teams that may be written to."""
    users = User.objects.order_by("-id")
    allowed = reach.teams(obj, "add")
    if allowed is not None:
        users = users.filter(memberships__team__in=allowed).distinct()
    words: dict[str, int] = {}
    for user in users:
        for word in (user.get_full_name(), user.email, user.username):
            if word:
                words[word.casefold()] = user.pk
    return words
