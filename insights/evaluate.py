"""How good a churn model is: rolling cut-offs, judged later than trained, beside the recency rule.

At every judged cut-off a model knows only cut-offs whose horizon had ended by then. The same procedure that is
judged here trains the model that is published.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insights.estimators.calibration import Platt, fit_platt, odds
from insights.refusals import Thin, Why, why

if TYPE_CHECKING:
    from insights.estimators.flat import FlatModel
    from insights.features.build import FeatureStore

RULE = "recency_rule"
MIN_CUSTOMERS = 200
MIN_REPEAT = 100
MIN_OUTCOMES = 30
WARM_UP_DAYS = 30
MAX_MOMENTS = 12
MAX_FOLDS = 3
MAX_ROWS = 25_000
TIE = 0.005
"""Half the sampling error of an AUC on 3,000 customers: within it the simpler model is taken."""
MUST_BEAT_RULE = 0.005


Makers = Sequence[Callable[[], Any]]


@dataclass(slots=True)
class Trained:
    """One fitted and calibrated candidate with its out-of-time figures."""

    name: str
    flat: FlatModel
    platt: Platt
    params: dict[str, Any]
    figures: dict[str, float]
    unseen: tuple[np.ndarray, np.ndarray]
    """Probability and outcome at the last fold, by a model trained before it."""
    seconds: float = 0.0

    def probability(self, features: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of leaving."""
        return self.platt.probability(self.flat.score(features), in_odds=self.flat.in_odds)


@dataclass(slots=True)
class Choice:
    """All candidates of one training, the rule, and which of them is published and why."""

    as_of: datetime
    horizon: int
    moments: list[datetime]
    folds: list[datetime]
    candidates: list[Trained]
    rule: Trained
    published: Trained
    why: str
    rows: int
    curve: list[dict[str, float]] = field(default_factory=list)


def ece(probability: np.ndarray, left: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean distance of predicted and observed share in bins of equal size."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gap = sum(len(part) * abs(probability[part].mean() - left[part].mean()) for part in parts)
    return float(gap / len(left))


def figures(probability: np.ndarray, left: np.ndarray) -> dict[str, float]:
    """AUC, PR-AUC, Brier, lift of the top tenth and calibration error."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    top = np.argsort(-probability, kind="stable")[: max(1, len(left) // 10)]
    return {
        "auc": float(roc_auc_score(left, probability)),
        "pr_auc": float(average_precision_score(left, probability)),
        "brier": float(np.mean((probability - left) ** 2)),
        "lift_10": float(left[top].mean() / max(left.mean(), 1e-12)),
        "ece": ece(probability, left),
    }


def training_moments(store: FeatureStore, until: datetime, horizon: int) -> list[datetime]:
    """Past cut-offs whose horizon had ended by `until`, at most a year of them, oldest first."""
    first = store.history.first_sale()
    if first is None:
        return []
    last = until - timedelta(days=horizon)
    earliest = max(first + timedelta(days=WARM_UP_DAYS), last - timedelta(days=364))
    span = (last - earliest).days
    if last < earliest:
        return []
    step = min(max(-(-span // MAX_MOMENTS), 7), 30)
    moments = {last - timedelta(days=step * i) for i in range(span // step + 1)}
    if last - timedelta(days=horizon) >= earliest:
        # so that the newest cut-off can be judged by a model trained before it, however short the history
        moments.add(last - timedelta(days=horizon))
    return sorted(moments)


def fold_moments(moments: list[datetime], horizon: int) -> list[datetime]:
    """Up to three of the cut-offs, spread, that have at least one earlier cut-off with a finished horizon."""
    able = [m for m in moments if any(t + timedelta(days=horizon) <= m for t in moments)]
    if len(able) <= MAX_FOLDS:
        return able
    places = np.linspace(len(able) // 3, len(able) - 1, MAX_FOLDS).round().astype(int)
    return [able[i] for i in places]


def check_enough(store: FeatureStore, as_of: datetime, horizon: int) -> None:
    """Raise Thin with what is missing."""
    snapshot = store.snapshot(as_of)
    active = len(snapshot.raw)
    repeat = int((snapshot.raw["days"] > 1).sum())
    need = 2 * horizon + WARM_UP_DAYS
    first = store.history.first_sale()
    days = (as_of - first).days if first else 0
    if active < MIN_CUSTOMERS or repeat < MIN_REPEAT or days < need:
        raise Thin(
            why(
                "thin_base", customers=MIN_CUSTOMERS, repeats=MIN_REPEAT, days=need, horizon=horizon,
                has_customers=active, has_repeats=repeat, has_days=days,
            )
        )  # fmt: skip


def _rows(store: FeatureStore, moments: list[datetime], horizon: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    frames = [store.snapshot(moment).features for moment in moments]
    features = pd.concat(frames, ignore_index=True)
    left = np.concatenate([store.left(moment, horizon) for moment in moments])
    if len(left) > MAX_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(left), MAX_ROWS, replace=False))
        features, left = features.iloc[chosen], left[chosen]
    return features, left


def choose(
    store: FeatureStore, as_of: datetime, horizon: int, makers: Makers, rule: Callable[[], Any], seed: int = 42
) -> Choice:
    """Train every candidate on finished cut-offs, judge each on later ones, and say which one to publish."""
    check_enough(store, as_of, horizon)
    moments = training_moments(store, as_of, horizon)
    folds = fold_moments(moments, horizon)
    if not folds:
        raise Thin(why("few_cutoffs", horizon=horizon, found=len(moments)))
    features, left = _rows(store, moments, horizon, seed)
    if min(left.sum(), len(left) - left.sum()) < MIN_OUTCOMES:
        gone = int(left.sum())
        raise Thin(why("few_outcomes", needed=MIN_OUTCOMES, horizon=horizon, left=gone, stayed=len(left) - gone))
    judged = [(fold, _finished(moments, fold, horizon)) for fold in folds]
    trained = [_train(store, make, judged, features, left, horizon, seed) for make in (*makers, rule)]
    candidates, baseline = trained[:-1], trained[-1]
    published, because = _publish(candidates, baseline)
    return Choice(as_of, horizon, moments, folds, candidates, baseline, published, because, len(left))


def _finished(moments: list[datetime], before: datetime, horizon: int) -> list[datetime]:
    return [moment for moment in moments if moment + timedelta(days=horizon) <= before]


def _train(
    store: FeatureStore,
    make: Callable[[], Any],
    judged: list[tuple[datetime, list[datetime]]],
    features: pd.DataFrame,
    left: np.ndarray,
    horizon: int,
    seed: int,
) -> Trained:
    """Fit on all finished cut-offs; calibrate and judge on folds that were later than their training."""
    started = time.perf_counter()
    seen_odds: list[np.ndarray] = []
    seen_left: list[np.ndarray] = []
    found: list[dict[str, float]] = []
    for fold, earlier in judged:
        past, outcome = _rows(store, earlier, horizon, seed)
        flat = make().fit(past, outcome).flat_
        truth = store.left(fold, horizon)
        log_odds = odds(flat.score(store.snapshot(fold).features), in_odds=flat.in_odds)
        platt = fit_platt(np.concatenate(seen_odds), np.concatenate(seen_left)) if seen_odds else Platt()
        unseen = platt.probability(log_odds, in_odds=True), truth
        found.append(figures(*unseen))
        seen_odds.append(log_odds)
        seen_left.append(truth)
    model = make()
    flat = model.fit(features, left).flat_
    platt = fit_platt(np.concatenate(seen_odds), np.concatenate(seen_left))
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    params = {name: value for name, value in vars(model).items() if not name.endswith("_")}
    return Trained(model.name, flat, platt, params, mean, unseen, time.perf_counter() - started)


def _publish(candidates: list[Trained], rule: Trained) -> tuple[Trained, str]:
    """The best out-of-time AUC; within a hair the simpler (first); the rule when nothing beats it."""
    best = max(candidates, key=lambda one: one.figures["auc"])
    close = [one for one in candidates if one.figures["auc"] >= best.figures["auc"] - TIE]
    chosen = close[0]
    if chosen.figures["auc"] < rule.figures["auc"] + MUST_BEAT_RULE:
        return rule, "rule"
    return chosen, "best" if chosen is best else "simpler"


def judge(store: FeatureStore, choice: Choice) -> dict[str, Any]:
    """One row of the back-test: every candidate and the rule at a cut-off that training never saw."""
    snapshot = store.snapshot(choice.as_of)
    left = store.left(choice.as_of, choice.horizon)
    named = {one.name: figures(one.probability(snapshot.features), left) for one in choice.candidates}
    rule = figures(choice.rule.probability(snapshot.features), left)
    published = rule if choice.published is choice.rule else named[choice.published.name]
    return {
        "as_of": choice.as_of.isoformat(),
        "n": len(left),
        "base_rate": float(left.mean()),
        "published": choice.published.name,
        **published,
        "baseline_auc": rule["auc"],
        "baseline_pr_auc": rule["pr_auc"],
        "baseline_brier": rule["brier"],
        "baseline_lift_10": rule["lift_10"],
        "trained_on": [moment.date().isoformat() for moment in choice.moments],
        "candidates": named,
    }


def outcome_known(store: FeatureStore, as_of: datetime, horizon: int) -> bool:
    """Whether the data reach to the end of the horizon, give or take two days without a sale."""
    last = store.history.last_sale()
    return last is not None and as_of + timedelta(days=horizon - 2) <= last


def back_test(
    store: FeatureStore,
    cutoffs: list[datetime],
    horizon: int,
    makers: Makers,
    rule: Callable[[], Any],
    *,
    seed: int = 42,
    until: Callable[[datetime], FeatureStore] | None = None,
) -> dict[str, Any]:
    """The report of `insights evaluate churn`, refusals as codes; `until` builds a store of the rows before a moment."""
    rows: list[dict[str, Any]] = []
    leaks: list[str] = []
    seconds: dict[str, float] = {}
    params: dict[str, Any] = {}
    refused: list[Why] = []
    for cutoff in sorted(cutoffs):
        if not outcome_known(store, cutoff, horizon):
            refused.append(_at(cutoff, why("cutoff_open", horizon=horizon)))
            continue
        try:
            choice = choose(store, cutoff, horizon, makers, rule, seed)
        except Thin as missing:
            refused += [_at(cutoff, one) for one in missing.why]
            continue
        if until is not None:
            leaks += leaking(store, until(cutoff), cutoff)
        rows.append(judge(store, choice))
        for one in (*choice.candidates, choice.rule):
            seconds[one.name] = seconds.get(one.name, 0.0) + one.seconds
            params[one.name] = one.params
    return _report(rows, sorted(set(leaks)), seconds, params, refused, horizon)


def _at(cutoff: datetime, reason: Why) -> Why:
    return {**reason, "day": cutoff.date().isoformat()}


def leaking(store: FeatureStore, blind: FeatureStore, moment: datetime) -> list[str]:
    """Features that differ when the rows after the moment are taken away: must be none."""
    with_future = store.snapshot(moment).features
    without = blind.snapshot(moment).features
    without = without.reindex(index=with_future.index, columns=with_future.columns)
    same = (with_future == without) | (with_future.isna() & without.isna())
    return [str(name) for name in with_future.columns if not same[name].all()]


_JUDGED = ("auc", "pr_auc", "brier", "lift_10", "ece")


def _report(
    rows: list[dict[str, Any]],
    leaks: list[str],
    seconds: dict[str, float],
    params: dict[str, Any],
    refused: list[Why],
    horizon: int,
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "model": "churn",
        "horizon_days": horizon,
        "champion": rows[-1]["published"] if rows else None,
        "candidates": [],
        "baseline": None,
        "cutoffs": [],
        "leaks": leaks,
        "refused": refused,
    }
    if not rows:
        return report
    for name in rows[-1]["candidates"]:
        mean = {key: float(np.mean([row["candidates"][name][key] for row in rows])) for key in _JUDGED}
        report["candidates"].append({"name": name, **mean, "params": params[name], "seconds": round(seconds[name], 2)})
    baseline = {"name": RULE, "seconds": round(seconds[RULE], 2)}
    for key in ("auc", "pr_auc", "brier", "lift_10"):
        baseline[key] = float(np.mean([row[f"baseline_{key}"] for row in rows]))
    report["baseline"] = baseline
    report["cutoffs"] = rows
    return report
