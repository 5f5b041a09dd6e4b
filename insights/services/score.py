"""Churn: training, champion or challenger, scores with reasons; and the health that rests on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Max

from insights import modelfiles
from insights import store as tables
from insights.estimators import REGISTRY
from insights.estimators.calibration import Platt
from insights.estimators.explain import reason_parts, shares
from insights.estimators.flat import FlatModel
from insights.evaluate import RULE, Choice, choose, figures, training_moments
from insights.features import health as health_parts
from insights.features.build import LEAST_GAPS, default_horizon, reasons_of
from insights.features.words import reason_values
from insights.models import ModelVersion, Run
from insights.refusals import ModelRefused, Thin, Why, why
from insights.services.analysis import Analysis
from insights.services.definitions import churn_settings

if TYPE_CHECKING:
    import pandas as pd

NAME = "churn"
CURVE_BINS = 10
WORSE = 0.01
MOVED_SHARE = 0.2
SHOWN = 5
KEPT_FILES = 10


def horizon_of(analysis: Analysis) -> int:
    """The chosen horizon in days, else the one that the base's buying rhythm sets."""
    chosen = churn_settings().get("horizon_days")
    if chosen:
        return int(chosen)
    found = default_horizon(analysis.store.history.repeat_gaps(analysis.as_of))
    if found is None:
        raise Thin(why("rhythm_unknown", needed=LEAST_GAPS))
    return found


def makers() -> list[Any]:
    """Candidates, the simplest first."""
    return sorted((plugin for plugin in REGISTRY if plugin.name != RULE), key=lambda plugin: plugin.rank)


def train_churn(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Train all candidates, judge them out of time, keep or replace the champion."""
    horizon = horizon_of(analysis)
    run.settings = {"horizon_days": horizon, "horizon_set": bool(churn_settings().get("horizon_days"))}
    choice = choose(analysis.store, analysis.as_of, horizon, makers(), REGISTRY.get(RULE), analysis.seed)
    features = list(analysis.store.snapshot(analysis.as_of).features.columns)
    published = choice.published
    text = modelfiles.content(
        flat=published.flat, platt=published.platt, horizon=horizon, algorithm=published.name, features=features
    )
    metrics = _metrics(choice)

    def write() -> dict[str, Any]:
        version = _register(analysis, choice, text, features, metrics)
        analysis.shared["churn-version"] = version
        return {"model": version}

    return {
        "write": write,
        "features": features,
        "rows_in": choice.rows,
        "rows_out": len(choice.candidates),
        "dropped": dict(analysis.log.rules)
        | {"order value held at the 99.9 % quantile": analysis.store.history.outliers(analysis.as_of)},
        "metrics": metrics,
    }


def _metrics(choice: Choice) -> dict[str, Any]:
    """What the churn page shows of a training: all candidates beside the rule, calibration and gain."""
    fold = choice.folds[-1]
    probability, truth = choice.published.unseen
    return {
        "horizon_days": choice.horizon,
        "champion": choice.published.name,
        "why": choice.why,
        "base_rate": float(truth.mean()),
        "folds": [moment.isoformat() for moment in choice.folds],
        "moments": [moment.isoformat() for moment in choice.moments],
        "candidates": [
            {"name": one.name, **one.figures, "params": one.params, "seconds": round(one.seconds, 2)}
            for one in choice.candidates
        ],
        "rule": {"name": RULE, **choice.rule.figures},
        **choice.published.figures,
        "judged_on": fold.isoformat(),
        "calibration": calibration_curve(probability, truth),
        "gain": gain_curve(probability, truth),
        "drivers": _drivers(choice.published.flat),
    }


def calibration_curve(probability: np.ndarray, left: np.ndarray) -> list[dict[str, float]]:
    """Predicted and observed share in ten groups of equal size."""
    order = np.argsort(probability, kind="stable")
    return [
        {"predicted": float(probability[p].mean()), "observed": float(left[p].mean()), "count": len(p)}
        for p in np.array_split(order, CURVE_BINS)
        if len(p)
    ]


def gain_curve(probability: np.ndarray, left: np.ndarray) -> list[float]:
    """Share of all leavers among the riskiest 0, 5, 10 … 100 % of customers."""
    order = np.argsort(-probability, kind="stable")
    found = np.concatenate([[0], np.cumsum(left[order])]) / max(left.sum(), 1)
    return [float(found[round(len(left) * step / 20)]) for step in range(21)]


def _drivers(flat: FlatModel) -> list[dict[str, Any]]:
    total: dict[str, float] = {}
    weights = flat.weight_of()
    reasons = reasons_of(weights)
    for feature, weight in weights.items():
        reason = reasons[feature]
        total[reason] = total.get(reason, 0.0) + weight
    whole = sum(total.values()) or 1.0
    ranked = sorted(total.items(), key=lambda item: -item[1])
    return [{"code": code, "share": round(weight / whole, 4)} for code, weight in ranked]


def _register(
    analysis: Analysis, choice: Choice, text: str, features: list[str], metrics: dict[str, Any]
) -> ModelVersion:
    """A version for this model; the same model again is the same version. The champion changes if it may."""
    digest = modelfiles.digest(text)
    same = ModelVersion.objects.filter(name=NAME, digest=digest).order_by("-version").first()
    champion = ModelVersion.objects.filter(name=NAME, standing=ModelVersion.Standing.CHAMPION).first()
    version = same
    if version is None:
        top = ModelVersion.objects.filter(name=NAME).aggregate(top=Max("version"))["top"] or 0
        version = ModelVersion(name=NAME, version=top + 1, algorithm=choice.published.name, digest=digest)
    version.features, version.metrics, version.trained_as_of = features, metrics, analysis.as_of
    version.params = {**choice.published.params, "horizon_days": choice.horizon}
    version.save()
    modelfiles.write(NAME, version.version, text)
    if version != champion and _may_replace(analysis, champion, choice):
        if champion is not None:
            champion.standing = ModelVersion.Standing.RETIRED
            champion.save(update_fields=["standing"])
        version.standing = ModelVersion.Standing.CHAMPION
        version.save(update_fields=["standing"])
    newest = ModelVersion.objects.filter(name=NAME).order_by("-version").values_list("version", flat=True)
    current = ModelVersion.objects.filter(name=NAME, standing=ModelVersion.Standing.CHAMPION)
    modelfiles.forget_old(NAME, keep={*newest[:KEPT_FILES], *current.values_list("version", flat=True)})
    return version


def _may_replace(analysis: Analysis, champion: ModelVersion | None, choice: Choice) -> bool:
    """The challenger wins a time-split test: on the newest known outcomes it is not worse than the champion."""
    if champion is None or champion.params.get("horizon_days") != choice.horizon:
        return True
    if champion.trained_as_of > analysis.as_of:
        return False
    features = list(analysis.store.snapshot(analysis.as_of).features.columns)
    try:
        model = modelfiles.read(NAME, champion.version, expected_digest=champion.digest, features=features)
    except ModelRefused:
        return True
    newest = training_moments(analysis.store, analysis.as_of, choice.horizon)[-1]
    score = model.flat.score(analysis.store.snapshot(newest).features)
    probability = model.platt.probability(score, in_odds=model.flat.in_odds)
    old = figures(probability, analysis.store.left(newest, choice.horizon))["auc"]
    # the champion may have seen these outcomes in training, the challenger's figure is out of time: be fair
    return choice.published.figures["auc"] >= min(old, champion.metrics.get("auc", old)) - WORSE


def _model_for(analysis: Analysis) -> tuple[ModelVersion, modelfiles.LoadedModel, list[Why]]:
    """The model to score with: the champion, or for a past as_of the version trained then; else the last good."""
    features = list(analysis.store.snapshot(analysis.as_of).features.columns)
    trained = analysis.shared.get("churn-version")
    order = list(ModelVersion.objects.filter(name=NAME, trained_as_of__lte=analysis.as_of).order_by("-version"))
    champions = [one for one in order if one.standing == ModelVersion.Standing.CHAMPION]
    wanted = champions or ([trained] if trained else [])
    refused: list[Why] = []
    for version in dict.fromkeys([*wanted, *order]):
        try:
            loaded = modelfiles.read(NAME, version.version, expected_digest=version.digest, features=features)
        except ModelRefused as refusal:
            refused += refusal.why
            continue
        return version, loaded, refused
    raise Thin(*(refused or [why("no_model")]))


def score_churn(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Probability, band and reasons that add up for every active customer; a sentence for the others."""
    version, model, refused = _model_for(analysis)
    snapshot = analysis.store.snapshot(analysis.as_of)
    everyone = analysis.store.history.at(analysis.as_of).index
    base, reasons, probability = explain_all(model.flat, model.platt, snapshot.features, snapshot.raw)
    at = {customer: place for place, customer in enumerate(snapshot.customers.tolist())}
    places = [at.get(customer) for customer in everyone.tolist()]
    columns: dict[str, list[Any]] = {
        "churn_probability": [None if p is None else float(probability[p]) for p in places],
        "churn_band": ["" if p is None else band(float(probability[p])) for p in places],
        "churn_reasons": [{} if p is None else reasons[p] for p in places],
        "churn_refused": ["inactive" if p is None else "" for p in places],
        "churn_run_id": [run.pk] * len(places),
    }

    def write() -> dict[str, Any]:
        tables.write_scores(customers=everyone.tolist(), columns=columns, run=run, now=analysis.now)
        return {}

    run.settings = {"horizon_days": model.horizon}
    analysis.shared["churn"] = (snapshot.customers, probability)
    return {
        "write": write,
        "model": version,
        "features": model.flat.columns,
        "rows_in": len(everyone),
        "rows_out": len(probability),
        "dropped": {"no purchase in the last 365 days": len(everyone) - len(probability)},
        "metrics": _score_metrics(base, probability, version, model.horizon),
        "why": refused,
    }


def _score_metrics(base: float, probability: np.ndarray, version: ModelVersion, horizon: int) -> dict[str, Any]:
    bands = [band(float(p)) for p in probability]
    return {
        "base_rate": base,
        "horizon_days": horizon,
        "bands": {name: bands.count(name) for name in ("low", "medium", "high")},
        "histogram": np.histogram(probability, bins=20, range=(0, 1))[0].tolist(),
        "digest": version.digest,
    }


def band(probability: float) -> str:
    """Low below 30 %, medium below 60 %, else high."""
    return "low" if probability < 0.3 else "medium" if probability < 0.6 else "high"


def explain_all(
    flat: FlatModel, platt: Platt, features: pd.DataFrame, raw: pd.DataFrame
) -> tuple[float, list[dict[str, Any]], np.ndarray]:
    """Base rate, one reasons object per customer, probabilities."""
    start, parts = flat.parts(features)
    names, grouped = reason_parts(parts, flat.columns, reasons_of(flat.columns))
    base, points, probability = shares(start, grouped, platt, in_odds=flat.in_odds)
    values = reason_values(raw, names)
    points = (100 * points).round(2)
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    found = []
    for row in range(len(points)):
        shown = [
            {"code": names[c], "points": float(points[row, c]), "values": values[names[c]][row]}
            for c in order[row]
            if points[row, c] != 0
        ]
        found.append(_folded(shown, round(100 * base, 2), float(probability[row])))
    return base, found, probability


def _folded(parts: list[dict[str, Any]], base: float, probability: float) -> dict[str, Any]:
    """Five parts are shown, more while the rest would be over a fifth of what moved; the sum is the score."""
    shown = min(SHOWN, len(parts))
    whole = sum(abs(part["points"]) for part in parts)
    value = round(100 * probability, 2)
    while shown < len(parts) and abs(sum(part["points"] for part in parts[shown:])) > MOVED_SHARE * whole:
        shown += 1
    other = round(value - base - sum(part["points"] for part in parts[:shown]), 2)
    return {"base": base, "parts": parts[:shown], "other": other, "value": value, "more": parts[shown:]}


def score_health(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Health 0 to 100 with its parts, for active customers."""
    import pandas as pd

    raw = analysis.store.snapshot(analysis.as_of).raw
    if raw.empty:
        raise Thin(why("no_active"))
    churn = None
    if "churn" in analysis.shared:
        customers, probability = analysis.shared["churn"]
        churn = pd.Series(probability, index=customers)
    shown = health_parts.parts(raw, churn)
    if shown.shape[1] == 0:
        raise Thin(why("no_health"))
    whole = health_parts.health(shown).round()
    rounded = shown.round()
    columns: dict[str, list[Any]] = {
        "health": [int(v) if v == v else None for v in whole],
        "health_parts": [
            {name: int(v) for name, v in zip(rounded.columns, row, strict=True) if v == v} for row in rounded.to_numpy()
        ],
    }

    def write() -> dict[str, Any]:
        tables.write_scores(customers=raw.index.tolist(), columns=columns, run=run, now=analysis.now)
        return {}

    return {
        "write": write,
        "features": list(shown.columns),
        "rows_in": len(raw),
        "rows_out": int(whole.notna().sum()),
        "metrics": {"mean": float(whole.mean()), "weights": health_parts.WEIGHTS},
    }
