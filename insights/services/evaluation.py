"""The back-test behind a model card."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crm.kit.workspace import workspace_zone
from insights.estimators import REGISTRY
from insights.evaluate import RULE, back_test
from insights.facts import customer_facts
from insights.features.build import FeatureStore
from insights.refusals import Thin, Why, why
from insights.services.analysis import one_thread, read_facts
from insights.services.score import horizon_of, makers
from insights.words import why_words


def evaluate_churn(*, cutoffs: list[datetime] | None, now: datetime, seed: int = 42) -> dict[str, Any]:
    """Judge training at past cut-offs (default: the last three months that have ended); see contract."""
    analysis = read_facts(as_of=now, now=now)
    zone = workspace_zone()
    try:
        horizon = horizon_of(analysis)
    except Thin as missing:
        return _refused(missing.why)
    last = analysis.store.history.last_sale()
    if last is None:
        return _refused([why("no_orders")])
    newest = last - timedelta(days=horizon)
    chosen = cutoffs or [newest - timedelta(days=30 * back) for back in (2, 1, 0)]

    def until(moment: datetime) -> FeatureStore:
        return FeatureStore(customer_facts(until=moment, zone=zone))

    with one_thread():
        report = back_test(analysis.store, chosen, horizon, makers(), REGISTRY.get(RULE), seed=seed, until=until)
    return report | {"refused": why_words(report["refused"]) or None}


def _refused(reasons: list[Why]) -> dict[str, Any]:
    return {
        "model": "churn", "champion": None, "candidates": [], "baseline": None, "cutoffs": [], "leaks": [],
        "refused": why_words(reasons),
    }  # fmt: skip
