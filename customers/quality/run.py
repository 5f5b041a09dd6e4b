"""One check of all rules: each by itself, so that a rule that fails hides no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from crm.kit.live import announce
from customers.quality import kinds, subjects
from customers.quality.defaults import ensure_rules
from customers.quality.models import QualityException, QualityResult, QualityRule

logger = logging.getLogger("crm.quality")

LONGEST = "300s"  # of one rule
KEEP = timedelta(days=400)
TOPIC = "quality"  # what open pages hear


@dataclass(frozen=True)
class Checked:
    """One rule and what came out of it."""

    rule: QualityRule
    asked: int
    failing: int
    error: str = ""

    @property
    def share(self) -> float:
        """Share of the asked rows that fail."""
        return self.failing / self.asked if self.asked else 0.0

    @property
    def broken(self) -> bool:
        """Whether more fail than the rule allows."""
        return self.share > self.rule.limit


Listener = Callable[[list[Checked], datetime], None]
_listeners: list[Listener] = []


def on_checked(listener: Listener) -> Listener:
    """Hear of every check, in an app above: ``listener(results, now)``."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def check_all(*, now: datetime, progress: Callable[..., None] = lambda **_values: None) -> dict[str, Any]:
    """Ask every active rule; returns counts. Results older than 400 days go."""
    ensure_rules()
    rules = list(QualityRule.objects.filter(active=True))
    done: list[Checked] = []
    for place, rule in enumerate(rules):
        progress(done=place, total=len(rules), message=described(rule))
        done.append(check(rule, now=now))
    QualityResult.objects.filter(at__lt=now - KEEP).delete()
    for listener in _listeners:
        listener(done, now)
    announce(TOPIC)
    failed = [one for one in done if one.error]
    return {"rules": len(done), "broken": sum(one.broken for one in done), "not_checked": len(failed)}


def check(rule: QualityRule, *, now: datetime) -> Checked:
    """Ask one rule and keep the result; a rule that cannot be asked is kept as "not checked"."""
    began = time.monotonic()
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST}'")
            totals, cells = _count(rule, now)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        error = ""
    except (DatabaseError, FieldDoesNotExist, FieldError, Invalid, ValueError, KeyError) as problem:
        logger.warning("Rule %s cannot be checked: %s", rule.pk, str(problem).split("\n")[0])
        totals, cells, error = [], [], _("This rule could not be checked: look at its fields and settings.")
    QualityResult.objects.create(
        rule=rule, at=now, totals=totals, cells=cells, error=error, seconds=round(time.monotonic() - began, 3)
    )
    return Checked(rule, sum(row[1] for row in totals), sum(row[2] for row in totals), error)


def _count(rule: QualityRule, now: datetime) -> tuple[list[Any], list[Any]]:
    found = subjects.get(rule.object)
    asked, fails = conditions(rule, now)
    rows = found.rows().filter(asked)
    counted = {"asked": Count("pk"), "failing": Count("pk", filter=fails)}
    totals = list(rows.order_by().values_list("team").annotate(**counted))
    cells = list(rows.order_by().values_list("team", found.source).annotate(**counted))
    return [list(row) for row in totals], [[team, source or "", *rest] for team, source, *rest in cells]


def conditions(rule: QualityRule, now: datetime) -> tuple[Q, Q]:
    """Which rows a rule asks, and which of those fail; rows that people let pass do not."""
    found, kind = subjects.get(rule.object), kinds.get(rule.kind)
    passed = Exists(QualityException.objects.filter(rule=rule.pk, row=OuterRef("pk")))
    fails = kind.failing(found, rule.settings, now)
    if QualityException.objects.filter(rule=rule.pk).exists():
        fails &= ~Q(passed)
    return kind.asked(found, rule.settings, now), fails


def failing(queryset: QuerySet[Any], rule: QualityRule, now: datetime) -> QuerySet[Any]:
    """The rows of a query that fail a rule."""
    asked, fails = conditions(rule, now)
    return queryset.filter(asked & fails)


def described(rule: QualityRule) -> str:
    """A rule in words: its own name, else what it asks."""
    if rule.name:
        return rule.name
    try:
        return capfirst(kinds.get(rule.kind).sentence(subjects.get(rule.object), rule.settings))
    except (Invalid, KeyError):
        return rule.key or ""
