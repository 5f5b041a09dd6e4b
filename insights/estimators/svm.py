"""Support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.estimators import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from insights.estimators.flat import Linear


@REGISTRY.register
class LinearSvm:
    """Linear support vector machine; its distance to the border becomes a probability by calibration."""

    name = "linear_svm"
    rank = 3

    def __init__(self, penalty: float = 0.0005, seed: int = 42) -> None:
        self.penalty = penalty
        self.seed = seed

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> LinearSvm:
        """Learn `flat_`."""
        from sklearn.svm import LinearSVC  # heavy: not for the web process

        from insights.estimators.flat import Linear
        from insights.estimators.preparation import prepare

        ready = prepare(features)
        inner = LinearSVC(C=1.0 / (self.penalty * len(left)), dual=False, tol=1e-2, random_state=self.seed)
        inner.fit(ready.standard, left)
        # a margin of 1 is about log-odds of 2; calibration finds the exact factor
        self.flat_: Linear = Linear(
            ready.columns,
            ready.fill,
            ready.centre,
            ready.scale,
            2 * inner.coef_[0],
            2 * float(inner.intercept_[0]),
        )
        return self
