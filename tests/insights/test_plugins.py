"""One battery over every estimator, segmenter and detector."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from insights.detectors import REGISTRY as DETECTORS
from insights.estimators import REGISTRY as ESTIMATORS
from insights.estimators.calibration import fit_platt
from insights.estimators.flat import FeaturesDoNotFit, from_json
from insights.estimators.trees import BAG_ROWS, Boosting, RandomForest
from insights.segmenters import REGISTRY as SEGMENTERS
from insights.segmenters.kmeans import match
from insights.segmenters.rfm import GRID, NAMES, Rfm

RNG = np.random.default_rng(5)
WIDE = pd.DataFrame(
    {"recency": RNG.gamma(2, 2, 900), "orders": RNG.gamma(2, 1, 900), "rating": RNG.normal(3, 1, 900), "same": 1.0}
)
WIDE.loc[::7, "rating"] = np.nan
LEFT = (RNG.uniform(size=900) < 1 / (1 + np.exp(2 - WIDE["recency"] + WIDE["orders"]))).astype(int).to_numpy()
BASE = pd.DataFrame(
    {"recency": RNG.gamma(2, 40, 400), "orders": RNG.integers(1, 30, 400), "net": RNG.gamma(2, 300, 400)}
)


@pytest.mark.parametrize("plugin", list(ESTIMATORS), ids=lambda plugin: plugin.name)
def test_an_estimator_stores_learns_explains_and_survives_json(plugin):
    before = WIDE.copy()
    made = plugin()
    assert not [name for name in vars(made) if name.endswith("_")]
    flat = made.fit(WIDE, LEFT).flat_
    pd.testing.assert_frame_equal(before, WIDE)
    assert plugin.__doc__
    assert "same" not in flat.columns
    base, parts = flat.parts(WIDE)
    score = flat.score(WIDE)
    assert np.allclose(base + parts.sum(axis=1), score, atol=1e-9)
    again = from_json(json.loads(json.dumps(flat.to_json())))
    assert (again.score(WIDE) == score).all()
    assert (plugin().fit(WIDE, LEFT).flat_.score(WIDE) == score).all()
    with pytest.raises(FeaturesDoNotFit):
        flat.score(WIDE.drop(columns="recency"))


def test_flat_trees_predict_what_the_library_predicts():
    filled = WIDE.drop(columns="same").fillna(WIDE.median())
    forest = RandomForestClassifier(60, min_samples_leaf=25, max_samples=min(BAG_ROWS, 900), random_state=42).fit(
        filled.to_numpy(), LEFT
    )
    flat = RandomForest().fit(filled, LEFT).flat_
    assert np.allclose(flat.score(filled), forest.predict_proba(filled.to_numpy())[:, 1], atol=1e-9)
    boosting = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.07, max_leaf_nodes=8, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=42,
    ).fit(filled.to_numpy(), LEFT)  # fmt: skip
    flat = Boosting().fit(filled, LEFT).flat_
    assert np.allclose(flat.score(filled), boosting.decision_function(filled.to_numpy()), atol=1e-6)


def test_calibration_recovers_a_known_slope_and_shift():
    log_odds = RNG.normal(0, 2, 20_000)
    truth = (RNG.uniform(size=20_000) < 1 / (1 + np.exp(-(0.6 * log_odds - 0.4)))).astype(int)
    platt = fit_platt(log_odds, truth)
    assert platt.slope == pytest.approx(0.6, abs=0.04)
    assert platt.shift == pytest.approx(-0.4, abs=0.05)


@pytest.mark.parametrize("plugin", list(SEGMENTERS), ids=lambda plugin: plugin.name)
def test_a_segmenter_labels_every_customer_and_explains_its_labels(plugin):
    before = BASE.copy()
    made = plugin()
    labels = made.assign(BASE)
    pd.testing.assert_frame_equal(before, BASE)
    assert labels.index.equals(BASE.index)
    assert labels.notna().all()
    assert all(made.explain(label) for label in labels.unique())
    assert (plugin().assign(BASE) == labels).all()


def test_rfm_keeps_equal_values_together_and_five_is_best():
    frame = pd.DataFrame({"recency": [1, 2, 3, 4, 5], "orders": [5, 4, 3, 2, 1], "net": [50.0, 40, 30, 20, 10]})
    scores = Rfm().fit_scores(frame)
    assert scores["r"].tolist() == [5, 4, 3, 2, 1]
    assert scores["f"].tolist() == [5, 4, 3, 2, 1]
    assert scores["group"].tolist()[0] == "champions"
    assert scores["group"].tolist()[-1] == "lost"
    tied = Rfm().fit_scores(frame.assign(orders=1))
    assert tied["f"].nunique() == 1
    assert {name for row in GRID.values() for name in row} == set(NAMES)


def test_clusters_keep_their_identity_when_they_move_a_little():
    old = np.array([[0.0, 0, 0], [3, 3, 3], [9, 0, 0]])
    assert match(old, old[[2, 0, 1]] + 0.1) == {0: 2, 1: 0, 2: 1}
    assert match(old, np.array([[100.0, 100, 100]])) == {}


def series(size: int = 200) -> tuple[np.ndarray, np.ndarray]:
    days = np.arange(size) % 7
    values = 100 + 40 * (days < 5) + RNG.normal(0, 5, size)
    return values, days


@pytest.mark.parametrize("plugin", [p for p in DETECTORS if p.kind == "series"], ids=lambda p: p.name)
def test_a_series_detector_is_bounded_and_blind_to_the_future(plugin):
    values, days = series()
    before = values.copy()
    scores = plugin().score(values, days)
    assert (values == before).all()
    assert ((scores >= 0) & (scores <= 1)).all()
    part = plugin().score(values[:120], days[:120])
    assert (part == scores[:120]).all()


def test_the_robust_score_knows_the_weekday():
    values, days = series()
    values[150] = values[143]
    quiet = DETECTORS.get("robust_z")().score(values, days)
    assert quiet[60:].max() < 0.5
    values[180] = 400
    assert DETECTORS.get("robust_z")().score(values, days)[180] > 0.8


def test_cusum_finds_a_moved_level_that_no_single_day_shows():
    values, days = series(240)
    values[200:] *= 0.88
    scores = DETECTORS.get("cusum")().score(values, days)
    assert scores[60:200].max() < 0.5
    assert scores[200:].max() >= 0.5


@pytest.mark.parametrize("plugin", [p for p in DETECTORS if p.kind == "frame"], ids=lambda p: p.name)
def test_a_frame_detector_puts_the_stranger_on_top(plugin):
    frame = pd.DataFrame(RNG.normal(0, 1, (400, 4)), columns=list("abcd"))
    frame.loc[17] = [9.0, 0, 0, -9]
    before = frame.copy()
    made = plugin()
    scores = made.score(frame)
    pd.testing.assert_frame_equal(before, frame)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.argmax() == 17
    if hasattr(made, "explain"):
        assert {name for name, _fall in made.explain(np.array([17]))[0][:2]} == {"a", "d"}
