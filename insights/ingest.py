"""Events from outside into tables: metric points and interactions, set-based, each safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from crm.kit.errors import Invalid
from crm.kit.models import Source
from crm.kit.workspace import zone
from customers.models import Customer, ExternalId
from customers.services.interactions import MOVE_FORWARD, TALK
from insights.events import BadEvent, Event, InteractionEvent, PointEvent, read
from insights.models import Metric

AT_MOST = 1000  # events in one batch
EVENT_GRAIN = "event"  # of metrics that an event named first
CUSTOMER_LOCK = 8_101  # advisory lock while unknown customers are created

NEW_POINTS = """
INSERT INTO insights_metricpoint (metric_id, labels, at, value, count, event_id, recorded_at)
SELECT metric_id, labels, at, value, 1, event_id, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb)
  AS t(metric_id bigint, labels jsonb, at timestamptz, value float8, event_id text)
ON CONFLICT (metric_id, event_id) WHERE NOT (event_id = '') DO NOTHING
RETURNING metric_id, event_id
"""
SLOT_POINTS = """
INSERT INTO insights_metricpoint AS p (metric_id, labels, at, value, count, event_id, recorded_at)
SELECT metric_id, labels, at, value, 1, '', %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(metric_id bigint, labels jsonb, at timestamptz, value float8)
ON CONFLICT (metric_id, labels, at) WHERE event_id = ''
DO UPDATE SET value = excluded.value, recorded_at = excluded.recorded_at, checked_at = NULL
WHERE p.value IS DISTINCT FROM excluded.value
RETURNING metric_id, labels::text, at, (xmax = 0)
"""
INTERACTIONS = """
INSERT INTO customers_interaction (source_id, external_id, customer_id, kind, direction, channel,
    occurred_at, recorded_at, subject, text, thread, topic, payload)
SELECT source_id, external_id, customer_id, kind, direction, channel, occurred_at, %(now)s, subject, text,
    '', '', payload
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(source_id bigint, external_id text, customer_id bigint,
    kind text, direction text, channel text, occurred_at timestamptz, subject text, text text, payload jsonb)
ON CONFLICT (source_id, external_id) WHERE (source_id IS NOT NULL AND NOT (external_id = '')) DO NOTHING
RETURNING source_id, external_id
"""
LAST_CONTACT = MOVE_FORWARD.format(
    latest="""
SELECT customer_id, max(occurred_at) FROM jsonb_to_recordset(%(rows)s::jsonb)
AS r(customer_id bigint, occurred_at timestamptz) WHERE occurred_at <= %(now)s GROUP BY 1 ORDER BY 1"""
)


@dataclass
class Result:
    """What became of one event: created, updated (a nameless point), repeated or rejected with why."""

    index: int
    id: str = ""
    status: str = "rejected"
    reason: str = ""


@dataclass
class Received:
    """Results in the order of the batch."""

    results: list[Result] = field(default_factory=list)
    points: int = 0  # new or corrected metric points, which a check should look at

    def count(self, status: str) -> int:
        """Number of events that ended so."""
        return sum(result.status == status for result in self.results)


def receive(*, events: object, user: User, now: datetime) -> Received:
    """Store a batch; one bad event does not hold up the others. Raises Invalid when it is no batch."""
    if not isinstance(events, list):
        raise Invalid(_("“events” must be a list."), fields={"events": _("This must be a list.")})
    if len(events) > AT_MOST:
        sentence = _("A batch has at most %(n)s events; nothing was stored.") % {"n": AT_MOST}
        raise Invalid(sentence, fields={"events": sentence})
    received = Received([Result(index) for index in range(len(events))])
    points, interactions = _sort(events, received.results, user, now)
    with transaction.atomic():
        _store_points(points, received, now)
        _store_interactions(interactions, received.results, user, now)
    return received


def _sort(
    events: Sequence[object], results: list[Result], user: User, now: datetime
) -> tuple[dict[int, PointEvent], dict[int, InteractionEvent]]:
    points: dict[int, PointEvent] = {}
    interactions: dict[int, InteractionEvent] = {}
    here = zone()
    for index, raw in enumerate(events):
        try:
            event: Event = read(raw, now=now, zone=here)
            needed = "metric" if isinstance(event, PointEvent) else "interaction"
            results[index].id = event.id
            if not user.access.can(needed, "add"):
                raise BadEvent(_("Your role may not add this kind of event."))
        except BadEvent as bad:
            results[index].reason = str(bad)
            continue
        if isinstance(event, PointEvent):
            points[index] = event
        else:
            interactions[index] = event
    return points, interactions


def ensure_metrics(names: Iterable[str]) -> dict[str, int]:
    """Ids of metrics by name; unknown ones are made."""
    wanted = set(names)
    found = dict(Metric.objects.filter(name__in=wanted).values_list("name", "id"))
    if missing := sorted(wanted - found.keys()):
        Metric.objects.bulk_create([Metric(name=name, grain=EVENT_GRAIN) for name in missing], ignore_conflicts=True)
        found |= dict(Metric.objects.filter(name__in=missing).values_list("name", "id"))
    return found


def _store_points(points: dict[int, PointEvent], received: Received, now: datetime) -> None:
    if not points:
        return
    metrics = ensure_metrics(point.metric for point in points.values())
    named = {i: p for i, p in points.items() if p.id}
    unnamed = {i: p for i, p in points.items() if not p.id}
    for store, chosen in ((_store_named, named), (_store_slots, unnamed)):
        if chosen:
            store(chosen, metrics, received, now)


def _row(point: PointEvent, metrics: dict[str, int]) -> dict[str, Any]:
    return {"metric_id": metrics[point.metric], "labels": point.labels, "at": point.at.isoformat(),
            "value": point.value, "event_id": point.id}  # fmt: skip


def _store_named(points: dict[int, PointEvent], metrics: dict[str, int], received: Received, now: datetime) -> None:
    new = set(_execute(NEW_POINTS, [_row(point, metrics) for point in points.values()], now))
    received.points += len(new)
    for index, point in points.items():
        key = (metrics[point.metric], point.id)
        received.results[index].status = "created" if key in new else "repeated"
        new.discard(key)  # a second one in the same batch repeats it


def _store_slots(points: dict[int, PointEvent], metrics: dict[str, int], received: Received, now: datetime) -> None:
    """Points without a name: the newest value of the same series and moment counts."""
    last = {_slot(metrics[p.metric], p.labels, p.at): i for i, p in points.items()}
    rows = _execute(SLOT_POINTS, [_row(points[i], metrics) for i in last.values()], now)
    moved = {_slot(metric, json.loads(labels), at): fresh for metric, labels, at, fresh in rows}
    received.points += len(moved)
    for index, point in points.items():
        key = _slot(metrics[point.metric], point.labels, point.at)
        counts = last[key] == index and key in moved
        received.results[index].status = ("created" if moved[key] else "updated") if counts else "repeated"


def _slot(metric: int, labels: dict[str, str], at: datetime) -> tuple[int, str, datetime]:
    return metric, json.dumps(labels, sort_keys=True), at


def _store_interactions(events: dict[int, InteractionEvent], results: list[Result], user: User, now: datetime) -> None:
    if not events:
        return
    sources = _sources({name for event in events.values() for name in (event.source, event.customer[0])})
    customers = _customers({event.customer for event in events.values()}, sources, user)
    first: dict[tuple[int, str], int] = {}
    for index, event in events.items():
        if customers[event.customer] is None:
            results[index].reason = _("This customer is not known here, or is out of your reach.")
        else:
            results[index].status = "repeated"  # interactions are append-only: what came before stays
            first.setdefault((sources[event.source], event.external_id), index)
    rows = {key: _interaction_row(events[i], sources, customers) for key, i in first.items()}
    new = _execute(INTERACTIONS, list(rows.values()), now) if rows else []
    for key in new:
        results[first[key]].status = "created"
    talks = [rows[key] for key in new if rows[key]["kind"] in TALK]
    if talks:
        _execute(LAST_CONTACT, talks, now)


def _interaction_row(
    event: InteractionEvent, sources: dict[str, int], customers: dict[tuple[str, str], int | None]
) -> dict[str, Any]:
    return {
        "source_id": sources[event.source], "external_id": event.external_id,
        "customer_id": customers[event.customer], "kind": event.kind, "direction": event.direction,
        "channel": event.channel, "occurred_at": event.occurred_at.isoformat(), "subject": event.subject,
        "text": event.text, "payload": event.payload,
    }  # fmt: skip


def _sources(names: set[str]) -> dict[str, int]:
    found = dict(Source.objects.filter(name__in=names).values_list("name", "id"))
    if missing := sorted(names - found.keys()):
        Source.objects.bulk_create([Source(name=name, kind=Source.Kind.API) for name in missing], ignore_conflicts=True)
        found |= dict(Source.objects.filter(name__in=missing).values_list("name", "id"))
    return found


def _customers(keys: set[tuple[str, str]], sources: dict[str, int], user: User) -> dict[tuple[str, str], int | None]:
    """Customer ids by (source, external id); None where the user reaches none.

    Unknown ones are made, named by their id, for whoever may add customers everywhere; for others an
    unknown customer and another team's are the same.
    """
    found = _known(keys, sources)
    reached = set(
        Customer.objects.visible_to(user)
        .filter(user.access.rows("interaction", "add"), pk__in=set(found.values()))
        .values_list("pk", flat=True)
    )
    result: dict[tuple[str, str], int | None] = {key: pk if pk in reached else None for key, pk in found.items()}
    missing = keys - found.keys()
    if missing and user.access.can("customer", "add") and user.access.team_ids("customer", "add") is None:
        result |= _create(missing, sources)
    return {key: result.get(key) for key in keys}


def _known(keys: set[tuple[str, str]], sources: dict[str, int]) -> dict[tuple[str, str], int]:
    names = {pk: name for name, pk in sources.items()}
    rows = ExternalId.objects.filter(
        source__in={sources[source] for source, _name in keys},
        external_id__in={name for _source, name in keys},
    ).values_list("source_id", "external_id", "customer_id")
    found = {(names[source], name): customer for source, name, customer in rows}
    return {key: found[key] for key in keys & found.keys()}


def _create(keys: set[tuple[str, str]], sources: dict[str, int]) -> dict[tuple[str, str], int]:
    """Customers known by their id only; a second batch at the same moment waits and finds them."""
    team = Team.objects.filter(parent=None).order_by("id").first()
    if team is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CUSTOMER_LOCK])
    found = _known(keys, sources)
    wanted = sorted(keys - found.keys())
    made = Customer.objects.bulk_create([Customer(name=name, team=team) for _source, name in wanted])
    ExternalId.objects.bulk_create(
        [
            ExternalId(source_id=sources[source], external_id=name, customer=customer)
            for (source, name), customer in zip(wanted, made, strict=True)
        ]
    )
    return found | {key: customer.pk for key, customer in zip(wanted, made, strict=True)}


def _execute(sql: str, rows: list[dict[str, Any]], now: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"rows": json.dumps(rows, ensure_ascii=False), "now": now})
        return cursor.fetchall() if cursor.description else []
