"""Breaches and findings in, decisions out: plain functions, no tables, no clock.

Stages take candidates and give candidates or a reason (the idea is Alertmanager's). ``now`` is set once
per flush, so that every stage sees the same moment.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

HISTORY_AFTER = timedelta(days=30)  # an event that arrives this late is history, not news
SEVERITIES = ("info", "warning", "critical")


class Condition(Protocol):
    """A question to one value."""

    def crossed(self, value: float) -> tuple[str, float] | None:
        """The side and the limit that the value breaks."""

    def band(self) -> tuple[float | None, float | None]:
        """Lowest and highest value that is fine."""


@dataclass(frozen=True)
class Watch:
    """A rule as the pipeline sees it; ``hold`` is how long a breach must last."""

    rule: int
    metric: int
    labels: Mapping[str, str]
    condition: Condition
    severity: str
    hold: timedelta = timedelta(0)
    team: int | None = None


@dataclass(frozen=True)
class Point:
    """One value of a series."""

    metric: int
    labels: Mapping[str, str]
    at: datetime
    value: float


@dataclass(frozen=True)
class Held:
    """What is known of one series under a rule with a duration."""

    last_at: datetime
    last_value: float
    since: datetime | None = None
    fired_at: datetime | None = None


@dataclass(frozen=True)
class Candidate:
    """Something that may become an alert; ``subject`` carries foreign keys through untouched."""

    fingerprint: str
    group: str
    kind: str
    severity: str
    first_at: datetime
    last_at: datetime
    reason: Mapping[str, Any]
    subject: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = None
    repeats: int = 1


@dataclass(frozen=True)
class Dropped:
    """A candidate that raises nothing, and why (``history``, ``resolved``)."""

    fingerprint: str
    reason: str


@dataclass(frozen=True)
class Flush:
    """What one pass decided."""

    raised: list[Candidate]
    dropped: list[Dropped]

    def why(self) -> dict[str, int]:
        """Number of dropped candidates by reason."""
        return dict(Counter(drop.reason for drop in self.dropped))


Stage = Callable[[Candidate], str | None]


def fingerprint(kind: str, subject: Mapping[str, Any]) -> str:
    """The same condition on the same subject has the same name, whatever the order of its parts."""
    text = json.dumps([kind, dict(subject)], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def matches(watch: Watch, point: Point) -> bool:
    """Whether a rule looks at a series: the same metric, and every label of the rule."""
    return watch.metric == point.metric and all(point.labels.get(k) == v for k, v in watch.labels.items())


def pairs(points: Sequence[Point], watches: Iterable[Watch]) -> Iterator[tuple[Watch, Point]]:
    """Every rule with every point that it looks at, points in the order of their time."""
    by_metric: dict[int, list[Watch]] = {}
    for watch in watches:
        by_metric.setdefault(watch.metric, []).append(watch)
    for point in sorted(points, key=lambda p: p.at):
        for watch in by_metric.get(point.metric, ()):
            if matches(watch, point):
                yield watch, point


def breach(watch: Watch, point: Point, *, since: datetime | None = None) -> Candidate | None:
    """The candidate of a value that breaks its rule now; None when it does not."""
    crossed = watch.condition.crossed(point.value)
    if crossed is None:
        return None
    side, limit = crossed
    low, high = watch.condition.band()
    return Candidate(
        fingerprint=fingerprint("rule", {"rule": watch.rule, "labels": dict(point.labels)}),
        group=f"rule:{watch.rule}",
        kind="rule",
        severity=watch.severity,
        first_at=since or point.at,
        last_at=point.at,
        reason={
            "code": f"threshold_{side}",
            "value": point.value,
            "limit": limit,
            "hold": watch.hold.total_seconds(),
        },
        subject={"rule": watch.rule, "metric": point.metric, "team": watch.team},
        labels=point.labels,
        observed=point.value,
        low=low,
        high=high,
    )


def hold(watch: Watch, point: Point, known: Held | None) -> tuple[Held, Candidate | None]:
    """Follow one series of a rule with a duration by one point; late points change nothing."""
    if known is not None and point.at <= known.last_at:
        return known, None
    if watch.condition.crossed(point.value) is None:
        return Held(point.at, point.value), None
    since = known.since if known and known.since else point.at
    fired = known.fired_at if known and known.since else None
    state = Held(point.at, point.value, since, fired)
    if point.at - since < watch.hold:
        return state, None
    return replace(state, fired_at=fired or point.at), breach(watch, point, since=since)


def overdue(watch: Watch, labels: Mapping[str, str], known: Held, now: datetime) -> Candidate | None:
    """A breach whose duration has passed while no further point came: the last value still counts."""
    if known.since is None or known.fired_at is not None or now - known.since < watch.hold:
        return None
    return breach(watch, Point(watch.metric, labels, known.last_at, known.last_value), since=known.since)


def worst(one: str, other: str) -> str:
    """The graver of two severities."""
    return max(one, other, key=SEVERITIES.index)


def not_history(now: datetime) -> Stage:
    """Drop breaches that arrive so late that nobody can act on them."""
    return lambda c: "history" if c.kind == "rule" and c.last_at < now - HISTORY_AFTER else None


def not_resolved(handled: Mapping[str, datetime]) -> Stage:
    """Drop what is not newer than the last sighting in an alert that a person resolved."""
    return lambda c: "resolved" if c.fingerprint in handled and c.last_at <= handled[c.fingerprint] else None


def dedupe(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate per fingerprint: first and last sighting, worst severity, all repeats, newest figures."""
    merged: dict[str, Candidate] = {}
    for new in candidates:
        old = merged.get(new.fingerprint)
        if old is None:
            merged[new.fingerprint] = new
            continue
        newest = new if new.last_at >= old.last_at else old
        merged[new.fingerprint] = replace(
            newest,
            first_at=min(old.first_at, new.first_at),
            severity=worst(old.severity, new.severity),
            repeats=old.repeats + new.repeats,
        )
    return list(merged.values())


def not_ahead(candidate: Candidate, now: datetime) -> Candidate:
    """A clock that runs ahead must not hide what comes after: sightings are dated now at the latest."""
    return replace(candidate, first_at=min(candidate.first_at, now), last_at=min(candidate.last_at, now))


def decide(candidates: Iterable[Candidate], *, handled: Mapping[str, datetime], now: datetime) -> Flush:
    """Run all stages; the graver alerts come first."""
    stages = (not_history(now), not_resolved(handled))
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for candidate in (not_ahead(one, now) for one in candidates):
        why = next((reason for stage in stages if (reason := stage(candidate))), None)
        if why is None:
            kept.append(candidate)
        else:
            dropped.append(Dropped(candidate.fingerprint, why))
    raised = sorted(dedupe(kept), key=lambda c: (-SEVERITIES.index(c.severity), c.fingerprint))
    return Flush(raised, dropped)
