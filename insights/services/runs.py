"""Runs: one row per call of the mathematics, and the lock that keeps two analyses apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from insights.models import Run
from insights.refusals import why
from insights.words import run_reason

LOCK = 7_203_141
CODE_VERSION = "insights-2"


@contextmanager
def analysis_lock() -> Iterator[None]:
    """Hold the workspace's analysis; Refused while another one runs. A dead holder frees it with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Refused(_("An analysis is running already. Its results will appear by themselves."))
    try:
        # whoever holds the lock is alone: a run still marked as running was cut off
        Run.objects.filter(state=Run.State.RUNNING).update(
            state=Run.State.FAILED, why=[why("cut_off")], finished_at=timezone.now()
        )
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def start_run(*, kind: str, as_of: datetime, now: datetime, seed: int, settings: dict[str, Any]) -> Run:
    """A run that is going on."""
    return Run.objects.create(
        kind=kind, as_of=as_of, started_at=now, seed=seed, settings=settings, code_version=CODE_VERSION
    )


def end_run(run: Run, *, state: str, **values: Any) -> Run:
    """Write how a run ended."""
    for name, value in {"state": state, "finished_at": timezone.now(), **values}.items():
        setattr(run, name, value)
    run.save()
    return run


def run_as_json(run: Run) -> dict[str, Any]:
    """A run as commands print it."""
    return {
        "id": run.pk,
        "kind": run.kind,
        "as_of": run.as_of.isoformat(),
        "state": run.state,
        "reason": run_reason(run),
        "code_version": run.code_version,
        "features": run.features,
        "seed": run.seed,
        "settings": run.settings,
        "rows_in": run.rows_in,
        "rows_out": run.rows_out,
        "dropped": run.dropped,
        "metrics": run.metrics,
        "model": str(run.model) if run.model else None,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }
