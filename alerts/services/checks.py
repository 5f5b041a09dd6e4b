"""From unchecked points and findings to alerts: claim a chunk, decide, write, all in one transaction."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from alerts import pipeline
from alerts.conditions import conditions
from alerts.models import Alert, AlertEvent, Rule, RuleState
from alerts.pipeline import Candidate, Held, Point, Watch
from crm.kit.errors import Invalid
from crm.kit.live import announce
from customers.models import Customer
from insights.models import Finding, MetricPoint

logger = logging.getLogger("alerts")

POINTS_AT_ONCE, FINDINGS_AT_ONCE = 5000, 1000
LOCK = 8_102  # advisory lock: one check at a time, so that states of series move in order

CLAIM_POINTS = """
WITH todo AS (SELECT id FROM insights_metricpoint WHERE checked_at IS NULL ORDER BY id LIMIT %(limit)s
              FOR UPDATE SKIP LOCKED)
UPDATE insights_metricpoint p SET checked_at = %(now)s FROM todo WHERE p.id = todo.id
RETURNING p.metric_id, p.labels::text, p.at, p.value
"""
CLAIM_FINDINGS = """
WITH todo AS (SELECT id FROM insights_finding WHERE alerted_at IS NULL ORDER BY id LIMIT %(limit)s
              FOR UPDATE SKIP LOCKED)
UPDATE insights_finding f SET alerted_at = %(now)s FROM todo WHERE f.id = todo.id RETURNING f.id
"""
RAISE = """
INSERT INTO alerts_alert AS a (created_at, updated_at, fingerprint, "group", state, severity, kind, reason,
    customer_id, metric_id, labels, rule_id, finding_id, team_id, owner_id, observed, expected_low,
    expected_high, score, repeats, first_at, last_at, resolution)
SELECT %(now)s, %(now)s, fingerprint, "group", 'open', severity, kind, reason, customer, metric, labels, rule,
    finding, team, owner, observed, low, high, score, repeats, first_at, last_at, ''
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(fingerprint text, "group" text, severity text, kind text,
    reason jsonb, customer bigint, metric bigint, labels jsonb, rule bigint, finding bigint, team bigint,
    owner bigint, observed float8, low float8, high float8, score float8, repeats int, first_at timestamptz,
    last_at timestamptz)
ON CONFLICT (fingerprint) WHERE NOT (state = 'resolved') DO UPDATE SET
    repeats = a.repeats + excluded.repeats,
    first_at = least(a.first_at, excluded.first_at),
    last_at = greatest(a.last_at, excluded.last_at),
    observed = CASE WHEN excluded.last_at >= a.last_at THEN excluded.observed ELSE a.observed END,
    reason = CASE WHEN excluded.last_at >= a.last_at THEN excluded.reason ELSE a.reason END,
    finding_id = coalesce(excluded.finding_id, a.finding_id),
    score = greatest(a.score, excluded.score),
    severity = (ARRAY['info', 'warning', 'critical'])[greatest(
        array_position(ARRAY['info', 'warning', 'critical'], a.severity::text),
        array_position(ARRAY['info', 'warning', 'critical'], excluded.severity::text))],
    updated_at = excluded.updated_at
RETURNING id, (xmax = 0)
"""


@dataclass
class Checked:
    """What a check did."""

    points: int = 0
    findings: int = 0
    raised: int = 0
    repeated: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: Checked) -> Checked:
        reasons = self.dropped.keys() | other.dropped.keys()
        dropped = {why: self.dropped.get(why, 0) + other.dropped.get(why, 0) for why in reasons}
        return Checked(
            self.points + other.points, self.findings + other.findings, self.raised + other.raised,
            self.repeated + other.repeated, dropped,
        )  # fmt: skip


def work_waits() -> bool:
    """Whether a check would find anything."""
    return (
        MetricPoint.objects.filter(checked_at=None).exists()
        or Finding.objects.filter(alerted_at=None).exists()
        or RuleState.objects.filter(breach_since__isnull=False, fired_at=None).exists()
    )


def check(*, now: datetime) -> Checked:
    """Look at everything that nobody looked at yet. A crash gives the claimed rows back."""
    done = _flush_held(now)
    while True:
        step = _flush_points(now)
        done += step
        if step.points < POINTS_AT_ONCE:
            break
    while True:
        step = _flush_findings(now)
        done += step
        if step.findings < FINDINGS_AT_ONCE:
            break
    return done


@transaction.atomic
def _flush_points(now: datetime) -> Checked:
    _one_at_a_time()
    points = [
        Point(metric, json.loads(labels), at, value)
        for metric, labels, at, value in _claim(CLAIM_POINTS, POINTS_AT_ONCE, now)
    ]
    if not points:
        return Checked()
    watches = _watches({point.metric for point in points})
    candidates = _judge(points, watches)
    return _raise(candidates, now) + Checked(points=len(points))


@transaction.atomic
def _flush_held(now: datetime) -> Checked:
    """Rules whose duration passed without a further point."""
    states = RuleState.objects.filter(breach_since__isnull=False, fired_at=None, rule__active=True).select_related(
        "rule"
    )
    if not states:
        return Checked()
    _one_at_a_time()
    candidates, fired = [], []
    for state in states.select_for_update(of=("self",)):
        watch = _watch(state.rule)
        found = watch and pipeline.overdue(watch, state.labels, _held(state), now)
        if found:
            candidates.append(found)
            fired.append(state.pk)
    RuleState.objects.filter(pk__in=fired).update(fired_at=now)
    return _raise(candidates, now)


@transaction.atomic
def _flush_findings(now: datetime) -> Checked:
    _one_at_a_time()
    ids = [pk for (pk,) in _claim(CLAIM_FINDINGS, FINDINGS_AT_ONCE, now)]
    if not ids:
        return Checked()
    findings = list(Finding.objects.filter(pk__in=ids))
    concerned = {finding.customer_id for finding in findings if finding.customer_id}
    holders = {
        pk: (team, owner)
        for pk, team, owner in Customer.objects.filter(pk__in=concerned).values_list("pk", "team_id", "owner_id")
    }
    candidates = [_from_finding(finding, holders) for finding in findings]
    return _raise(candidates, now) + Checked(findings=len(ids))


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _claim(sql: str, limit: int, now: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"limit": limit, "now": now})
        return cursor.fetchall()


def _watches(metrics: set[int]) -> list[Watch]:
    found = (_watch(rule) for rule in Rule.objects.active().filter(metric__in=metrics))
    return [watch for watch in found if watch is not None]


def _watch(rule: Rule) -> Watch | None:
    """The rule for the pipeline; one whose plug-in is gone is logged and left out."""
    try:
        condition = conditions.get(rule.detector).checked(rule.settings)
    except (KeyError, Invalid) as problem:
        logger.error("Rule %s cannot be watched: %s", rule.pk, problem)
        return None
    return Watch(
        rule.pk,
        rule.metric_id,
        rule.labels,
        condition,
        rule.severity,
        timedelta(seconds=rule.hold_seconds),
        rule.team_id,
    )


def _judge(points: Sequence[Point], watches: Sequence[Watch]) -> list[Candidate]:
    """Candidates of all rules; states of rules with a duration are read and written once."""
    slow = [watch.rule for watch in watches if watch.hold]
    states = {
        (state.rule_id, _key(state.labels)): _held(state) for state in RuleState.objects.filter(rule__in=slow)
    } if slow else {}  # fmt: skip
    moved: dict[tuple[int, str], Mapping[str, str]] = {}
    candidates = []
    for watch, point in pipeline.pairs(points, watches):
        if watch.hold:
            key = (watch.rule, _key(point.labels))
            states[key], found = pipeline.hold(watch, point, states.get(key))
            moved[key] = point.labels
        else:
            found = pipeline.breach(watch, point)
        if found:
            candidates.append(found)
    _keep({key: (labels, states[key]) for key, labels in moved.items()})
    return candidates


def _key(labels: Mapping[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)


def _held(state: RuleState) -> Held:
    return Held(state.last_at, state.last_value, state.breach_since, state.fired_at)


def _keep(states: Mapping[tuple[int, str], tuple[Mapping[str, str], Held]]) -> None:
    RuleState.objects.bulk_create(
        [
            RuleState(
                rule_id=rule, labels=labels, breach_since=held.since, last_at=held.last_at,
                last_value=held.last_value, fired_at=held.fired_at,
            )
            for (rule, _labels), (labels, held) in states.items()
        ],
        update_conflicts=True,
        unique_fields=["rule", "labels"],
        update_fields=["breach_since", "last_at", "last_value", "fired_at"],
    )  # fmt: skip


def _from_finding(finding: Finding, holders: Mapping[int, tuple[int, int | None]]) -> Candidate:
    subject: dict[str, Any] = {"finding": finding.pk, "metric": finding.metric_id}
    about: dict[str, Any] = {"metric": finding.metric_id, "labels": finding.labels}
    group = f"metric:{finding.metric_id}"
    if finding.customer_id:
        team, owner = holders[finding.customer_id]
        subject |= {"customer": finding.customer_id, "team": team, "owner": owner}
        about, group = {"customer": finding.customer_id}, f"customer:{finding.customer_id}"
    return Candidate(
        fingerprint=pipeline.fingerprint(f"finding:{finding.kind}", about),
        group=group,
        kind=finding.kind,
        severity=finding.severity,
        first_at=finding.at,
        last_at=finding.at,
        reason=finding.reason,
        subject=subject,
        labels=finding.labels,
        observed=finding.observed,
        low=finding.expected_low,
        high=finding.expected_high,
        score=finding.score,
    )


@transaction.atomic
def raise_all(candidates: Iterable[Candidate], now: datetime) -> Checked:
    """Alerts of what a check outside the metrics found."""
    _one_at_a_time()
    return _raise(candidates, now)


def _raise(candidates: Iterable[Candidate], now: datetime) -> Checked:
    """Write what the pipeline decided; new alerts ring the bell."""
    candidates = list(candidates)
    if not candidates:
        return Checked()
    names = {candidate.fingerprint for candidate in candidates}
    resolved = Alert.objects.closed().filter(fingerprint__in=names)
    handled = dict(resolved.values_list("fingerprint").annotate(Max("last_at")).order_by())
    flush = pipeline.decide(candidates, handled=handled, now=now)
    if not flush.raised:
        return Checked(dropped=flush.why())
    with connection.cursor() as cursor:
        cursor.execute(RAISE, {"rows": json.dumps([_row(one) for one in flush.raised]), "now": now})
        written = cursor.fetchall()
    new = [pk for pk, fresh in written if fresh]
    AlertEvent.objects.bulk_create([AlertEvent(alert_id=pk, at=now, action="raised") for pk in new])
    if new:
        announce("alerts")
    return Checked(raised=len(new), repeated=len(written) - len(new), dropped=flush.why())


def _row(one: Candidate) -> dict[str, Any]:
    return {
        **one.subject, "fingerprint": one.fingerprint, "group": one.group, "severity": one.severity,
        "kind": one.kind, "reason": dict(one.reason), "labels": dict(one.labels), "observed": one.observed,
        "low": one.low, "high": one.high, "score": one.score, "repeats": one.repeats,
        "first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat(),
    }  # fmt: skip
