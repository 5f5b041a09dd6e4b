"""Detectors of strange customers in a frame of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.detectors import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FITTED_ROWS = 20_000


def _ready(features: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    from insights.estimators.preparation import prepare

    ready = prepare(features)
    return ready.columns, ready.standard.clip(-8, 8)


def _sample(values: np.ndarray, seed: int, rows: int = FITTED_ROWS) -> np.ndarray:
    import numpy as np  # heavy: not for the web process

    if len(values) <= rows:
        return values
    return values[np.sort(np.random.default_rng(seed).choice(len(values), rows, replace=False))]


@REGISTRY.register
class CustomerForest:
    """Isolation forest: customers that few random cuts set apart from all others."""

    name = "isolation_forest"
    kind = "frame"
    needs = 50

    def __init__(self, trees: int = 100, seed: int = 42) -> None:
        self.trees = trees
        self.seed = seed

    def score(self, features: pd.DataFrame) -> np.ndarray:
        """One score per customer, 0.5 is ordinary (Liu 2008); keeps what `explain` needs."""
        from sklearn.ensemble import IsolationForest  # heavy: not for the web process

        self.columns_, self.values_ = _ready(features)
        self.forest_ = IsolationForest(
            n_estimators=self.trees, random_state=self.seed, max_samples=min(256, len(features))
        )
        self.forest_.fit(_sample(self.values_, self.seed))
        return -self.forest_.score_samples(self.values_)

    def explain(self, rows: np.ndarray) -> list[list[tuple[str, float]]]:
        """For each row number the features that made it strange: how far the score falls with a usual value."""
        import numpy as np  # heavy: not for the web process

        if len(rows) == 0:
            return []
        usual = np.median(self.values_, axis=0)
        at = self.values_[rows]
        whole = -self.forest_.score_samples(at)
        falls = np.empty(at.shape)
        for place in range(at.shape[1]):
            changed = at.copy()
            changed[:, place] = usual[place]
            falls[:, place] = whole + self.forest_.score_samples(changed)
        order = np.argsort(-falls, axis=1, kind="stable")
        return [[(self.columns_[c], float(falls[i, c])) for c in order[i] if falls[i, c] > 0] for i in range(len(rows))]


@REGISTRY.register
class CustomerOneClass:
    """One-class support vector machine: customers outside the border of the usual."""

    name = "one_class_svm"
    kind = "frame"
    needs = 50

    def __init__(self, outside: float = 0.05, seed: int = 42) -> None:
        self.outside = outside
        self.seed = seed

    def score(self, features: pd.DataFrame) -> np.ndarray:
        """One score per customer: 0.5 is on the border."""
        import numpy as np  # heavy: not for the web process
        from sklearn.svm import OneClassSVM

        _columns, values = _ready(features)
        svm = OneClassSVM(nu=self.outside, gamma="scale").fit(_sample(values, self.seed, 4000))
        distance = svm.decision_function(values)
        scale = float(np.median(np.abs(distance))) or 1.0
        return 1 / (1 + np.exp(np.clip(distance / scale, -40, 40)))
