"""Scores of earlier days, made afterwards: a workspace that is scored for the first time starts with a history.

The facts are those before the earlier moment; the model is today's, and the Run says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from insights.models import Run, ScoreHistory
from insights.refusals import why
from insights.services.analysis import Analysis, Work, run_part
from insights.services.score import score_churn, score_health

WORKS: tuple[tuple[str, Work], ...] = (("churn", score_churn), ("health", score_health))


def look_back(analysis: Analysis, days: Iterable[int]) -> list[Run]:
    """Churn and health as of so many days earlier, the oldest first; nothing without a new model or beside a history."""
    if "churn-version" not in analysis.shared or ScoreHistory.objects.filter(name__in=["churn", "health"]).exists():
        return []
    runs = []
    for back in sorted(set(days), reverse=True):
        past = replace(analysis, as_of=analysis.as_of - timedelta(days=back), shared=dict(analysis.shared))
        runs += [run_part(past, kind, _afterwards(work)) for kind, work in WORKS]
    return runs


def _afterwards(work: Work) -> Work:
    """The same work, whose Run tells that it was done later than its moment."""

    def done(analysis: Analysis, run: Run) -> dict[str, Any]:
        found = work(analysis, run)
        run.settings = {**run.settings, "looked_back": True}
        told = why("looked_back", model=str(analysis.shared["churn-version"]))
        return found | {"why": [told, *found.get("why", [])]}

    return done
