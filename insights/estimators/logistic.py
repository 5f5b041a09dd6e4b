"""Logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.estimators import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from insights.estimators.flat import Linear


@REGISTRY.register
class Logistic:
    """Logistic regression on standardised features, with a quadratic penalty."""

    name = "logistic"
    rank = 1

    def __init__(self, penalty: float = 0.01) -> None:
        self.penalty = penalty

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> Logistic:
        """Learn `flat_`."""
        from sklearn.linear_model import LogisticRegression  # heavy: not for the web process

        from insights.estimators.flat import Linear
        from insights.estimators.preparation import prepare

        ready = prepare(features)
        inner = LogisticRegression(C=1.0 / (self.penalty * len(left)), solver="newton-cholesky", max_iter=100)
        inner.fit(ready.standard, left)
        self.flat_: Linear = Linear(
            ready.columns, ready.fill, ready.centre, ready.scale, inner.coef_[0], float(inner.intercept_[0])
        )
        return self
