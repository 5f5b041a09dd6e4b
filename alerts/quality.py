"""Quality checks of the data become alerts: one per broken rule, one per source that is silent too long.

Each goes by itself when its rule holds again, or the source is heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from alerts import pipeline
from alerts.models import Alert
from alerts.pipeline import Candidate
from alerts.services.checks import raise_all
from alerts.services.life import resolve_healed
from crm.accounts.models import Team
from customers.quality.run import Checked, on_checked
from customers.quality.sources import SourceState, source_states

RULE, SOURCE = "quality_rule", "quality_source"


@on_checked
def watch(results: list[Checked], now: datetime) -> None:
    """Raise what is broken now, and close what is whole again."""
    judged = [one for one in results if not one.error]
    states = source_states(now)
    bad = [_rule(one, now) for one in judged if one.broken] + [_source(one, now) for one in states if one.late]
    root = Team.root().pk
    with transaction.atomic():
        raise_all([_held(one, root) for one in bad], now)
        healed = {_name(RULE, one.rule.pk) for one in judged if not one.broken}
        healed |= {_name(SOURCE, one.source.pk) for one in states if not one.late}
        resolve_healed(_open(healed), now=now)


def _name(kind: str, pk: int) -> str:
    return pipeline.fingerprint(kind, {"id": pk})


def _open(names: Iterable[str]) -> list[Alert]:
    return list(Alert.objects.exclude(state=Alert.State.RESOLVED).filter(fingerprint__in=list(names)))


def _held(one: Candidate, team: int) -> Candidate:
    """Alerts on the data concern the whole workspace."""
    return Candidate(**{**one.__dict__, "subject": {"team": team}})


def _rule(one: Checked, now: datetime) -> Candidate:
    return Candidate(
        fingerprint=_name(RULE, one.rule.pk), group="quality", kind=RULE, severity=one.rule.severity, first_at=now,
        last_at=now, observed=one.share, high=one.rule.limit,
        reason={"code": RULE, "rule": one.rule.pk, "asked": one.asked, "failing": one.failing, "limit": one.rule.limit},
    )  # fmt: skip


def _source(one: SourceState, now: datetime) -> Candidate:
    silent = one.silent.total_seconds() if one.silent else None
    return Candidate(
        fingerprint=_name(SOURCE, one.source.pk), group="quality", kind=SOURCE, severity="warning", first_at=now,
        last_at=now, observed=silent / 3600 if silent else None, high=float(one.source.freshness_hours or 0),
        reason={"code": SOURCE, "source": one.source.name, "silent": silent, "promise": one.source.freshness_hours},
    )  # fmt: skip
