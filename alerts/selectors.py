"""Questions across tables: what the bell says, when the last check was, how often a rule fired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from alerts import words
from alerts.models import Alert, Rule
from alerts.querysets import AlertQuerySet
from crm.accounts.models import User
from crm.kit.models import Heartbeat
from insights.models import MetricPoint

BELL_CAP = 100
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Bell:
    """What the bell shows: open alerts (at most 100 counted) and the newest critical one."""

    count: int
    critical: int
    newest: int

    @property
    def text(self) -> str:
        """``99+`` from a hundred on; nothing for none."""
        return "" if not self.count else str(self.count) if self.count < BELL_CAP else "99+"


def listed(user: User) -> AlertQuerySet:
    """Alerts within reach, with what a line of the list reads."""
    return Alert.objects.visible_to(user).select_related("customer", "metric", "rule", "owner")


def bell(user: User) -> Bell:
    """Two short queries over the open alerts of a user."""
    found = Alert.objects.visible_to(user).open()
    newest = found.aggregate(all=Max("id"), critical=Max("id", filter=Q(severity="critical")))
    return Bell(found.order_by()[:BELL_CAP].count(), newest["critical"] or 0, newest["all"] or 0)


def count_open(user: User) -> int:
    """Open alerts, counted up to a hundred."""
    return Alert.objects.visible_to(user).open().order_by()[:BELL_CAP].count()


def last_check() -> datetime | None:
    """When a worker last looked."""
    seen = Heartbeat.objects.filter(name="beat").values_list("at", flat=True).first()
    point = (
        MetricPoint.objects.filter(checked_at__isnull=False)
        .order_by("-id")
        .values_list("checked_at", flat=True)
        .first()
    )
    return max(filter(None, (seen, point)), default=None)


@dataclass(frozen=True)
class Line:
    """An alert in words: what, the figures, where."""

    alert: Alert
    title: str
    text: str
    where: str
    href: str


@dataclass(frozen=True)
class Group:
    """Alerts of one customer or one rule, newest first."""

    title: str
    href: str
    lines: list[Line]


def line(alert: Alert) -> Line:
    """One alert in the reader's language."""
    about = words.series(alert.labels) or words.metric_title(alert.metric)
    where, href = (alert.customer.name, f"/customers/{alert.customer_id}/") if alert.customer else (about, "")
    return Line(alert, words.headline(alert), words.sentence(alert), where, href)


def grouped(rows: list[Alert], by: str) -> list[Group]:
    """Lines of a page by customer or rule; ``by`` other than these leaves one group."""
    if by == "none":
        return [Group("", "", [line(row) for row in rows])] if rows else []
    order = {key: place for place, key in reversed(list(enumerate(row.group for row in rows)))}
    ranked = sorted(rows, key=lambda row: order[row.group])
    return [_group(list(found)) for _key, found in groupby(ranked, key=lambda row: row.group)]


def _group(rows: list[Alert]) -> Group:
    first, lines = rows[0], [line(row) for row in rows]
    if first.customer:
        return Group(first.customer.name, f"/customers/{first.customer_id}/", lines)
    return Group(first.rule.name if first.rule else words.metric_title(first.metric), "", lines)


def rules_of(user: User, now: datetime) -> list[Rule]:
    """Rules within reach with the number of alerts of the last 30 days."""
    fired = Count("alerts", filter=Q(alerts__first_at__gt=now - RECENT))
    found: QuerySet[Any] = Rule.objects.visible_to(user).select_related("metric").annotate(fired=fired)
    return list(found.order_by("-active", "name")[:500])
