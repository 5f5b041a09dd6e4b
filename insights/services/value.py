"""Value of the next 365 days with an 80 % interval, judged against "the same as the last 365 days"."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from insights import store as tables
from insights.models import Run
from insights.refusals import Thin, why
from insights.services.analysis import Analysis

if TYPE_CHECKING:
    import pandas as pd

YEAR = timedelta(days=365)
LEAST_PAST = 90
MIN_CUSTOMERS = 200
QUANTILES = (0.1, 0.9)


def score_value(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Expected net revenue of each active customer's next year; refuses without two years of history."""
    first = analysis.store.history.first_sale()
    days = (analysis.as_of - first).days if first else 0
    need = 2 * 365 + LEAST_PAST
    active = len(analysis.store.snapshot(analysis.as_of).raw)
    if days < need or active < MIN_CUSTOMERS:
        raise Thin(why("short_history", days=need, customers=MIN_CUSTOMERS, has_days=days, has_customers=active))
    judged = _judge(analysis)
    past = analysis.as_of - YEAR
    use_model = judged["rmse"] <= judged["baseline_rmse"]
    customers = analysis.store.snapshot(analysis.as_of).customers.tolist()
    mean, low, high = _predict(analysis, learn_at=past, at=analysis.as_of, seed=analysis.seed)
    if not use_model:
        mean = np.maximum(_last_year(analysis, analysis.as_of), 0)
    low, high = np.minimum(low, mean), np.maximum(high, mean)
    columns = {
        name: [f"{value:.4f}" for value in values]
        for name, values in (("clv_12m", mean), ("clv_low", low), ("clv_high", high))
    }

    def write() -> dict[str, Any]:
        tables.write_scores(customers=customers, columns=columns, run=run, now=analysis.now)
        return {}

    return {
        "write": write,
        "rows_in": active,
        "rows_out": len(customers),
        "metrics": judged | {"published": "boosting" if use_model else "same as last year"},
    }


def _design(analysis: Analysis, moment: datetime) -> pd.DataFrame:
    features = analysis.store.snapshot(moment).features
    return features.assign(last_year=np.log1p(np.maximum(_last_year(analysis, moment), 0)))


def _rows(analysis: Analysis, moment: datetime) -> np.ndarray:
    import pandas as pd

    index = pd.Index(analysis.store.history.customers)
    return index.get_indexer(analysis.store.snapshot(moment).features.index)


def _last_year(analysis: Analysis, moment: datetime) -> np.ndarray:
    return analysis.store.history.net_between(moment - YEAR, moment)[_rows(analysis, moment)]


def _predict(
    analysis: Analysis, *, learn_at: datetime, at: datetime, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and 80 % interval at a moment, learned from the year after an earlier one."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    known, wanted = _design(analysis, learn_at), _design(analysis, at)
    columns = [name for name in known.columns if name in wanted.columns]
    outcome = analysis.store.history.net_between(learn_at, learn_at + YEAR)[_rows(analysis, learn_at)]
    outcome = np.maximum(outcome, 0)

    def fit(**how: Any) -> np.ndarray:
        model = HistGradientBoostingRegressor(
            max_iter=80, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=40, random_state=seed,
            early_stopping=False, **how,
        )  # fmt: skip
        return np.maximum(model.fit(known[columns], outcome).predict(wanted[columns]), 0)

    low, high = (fit(loss="quantile", quantile=q) for q in QUANTILES)
    return fit(loss="poisson") if outcome.sum() > 0 else np.zeros(len(wanted)), low, high


def _judge(analysis: Analysis) -> dict[str, float]:
    """Errors on the last year for a model that learned on the year before it."""
    at = analysis.as_of - YEAR
    learn_at = at - YEAR if len(analysis.store.history.at(at - YEAR)) >= MIN_CUSTOMERS else None
    truth = analysis.store.history.net_between(at, analysis.as_of)[_rows(analysis, at)]
    baseline = np.maximum(_last_year(analysis, at), 0)
    found = {
        "n": len(truth),
        "baseline_mae": float(np.abs(baseline - truth).mean()),
        "baseline_rmse": float(np.sqrt(((baseline - truth) ** 2).mean())),
    }
    if learn_at is None or len(analysis.store.snapshot(learn_at).raw) < MIN_CUSTOMERS:
        return found | {"mae": 1e12, "rmse": 1e12, "coverage_80": 0.0}
    mean, low, high = _predict(analysis, learn_at=learn_at, at=at, seed=analysis.seed)
    return found | {
        "mae": float(np.abs(mean - truth).mean()),
        "rmse": float(np.sqrt(((mean - truth) ** 2).mean())),
        "coverage_80": float(((truth >= low) & (truth <= high)).mean()),
    }
