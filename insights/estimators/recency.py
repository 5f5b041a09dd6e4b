"""The rule that every model has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.estimators import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from insights.estimators.flat import Linear


@REGISTRY.register
class RecencyRule:
    """The longer ago the last order, the higher the risk: one feature, turned into a probability."""

    name = "recency_rule"
    rank = 0

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> RecencyRule:
        """Learn `flat_`; the risk never falls with the days since the last order."""
        from sklearn.linear_model import LogisticRegression  # heavy: not for the web process

        from insights.estimators.flat import Linear
        from insights.estimators.preparation import prepare

        ready = prepare(features, ["recency"])
        inner = LogisticRegression(C=1e3, max_iter=500).fit(ready.standard, left)
        weights = inner.coef_[0].clip(min=1e-6)
        self.flat_: Linear = Linear(
            ready.columns, ready.fill, ready.centre, ready.scale, weights, float(inner.intercept_[0])
        )
        return self
