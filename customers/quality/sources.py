"""Sources: when each was last heard, against its promise, and how late its events come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, DurationField, ExpressionWrapper, F

from crm.kit.models import Source
from customers.models import Interaction

LAG_WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class SourceState:
    """One source with its freshness."""

    source: Source
    silent: timedelta | None
    late: bool
    lag: timedelta | None

    @property
    def promised(self) -> int:
        """Seconds within which it promises to send something."""
        return (self.source.freshness_hours or 0) * 3600


def source_states(now: datetime, *, lags: bool = False) -> list[SourceState]:
    """All sources, the latest ones first; ``lags`` also reads how long after the fact events were written."""
    found = []
    late_by = _lags(now) if lags else {}
    for source in Source.objects.order_by("name"):
        silent = now - source.last_received_at if source.last_received_at else None
        promised = source.freshness_hours
        late = promised is not None and (silent is None or silent > timedelta(hours=promised))
        found.append(SourceState(source, silent, late, late_by.get(source.pk)))
    return sorted(found, key=lambda one: (not one.late, -(one.silent or timedelta.max).total_seconds()))


def _lags(now: datetime) -> dict[int, timedelta]:
    lag = ExpressionWrapper(F("recorded_at") - F("occurred_at"), output_field=DurationField())
    recent = Interaction.objects.filter(recorded_at__gte=now - LAG_WINDOW, source__isnull=False)
    return dict(recent.order_by().values_list("source").annotate(lag=Avg(lag)))
