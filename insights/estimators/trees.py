"""Decision tree, random forest and gradient boosting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insights.estimators import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from insights.estimators.flat import Tree, Trees

BAG_ROWS = 5000


@REGISTRY.register
class DecisionTree:
    """One shallow decision tree."""

    name = "decision_tree"
    rank = 2

    def __init__(self, depth: int = 5, leaf: int = 60, seed: int = 42) -> None:
        self.depth = depth
        self.leaf = leaf
        self.seed = seed

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> DecisionTree:
        """Learn `flat_`."""
        from sklearn.tree import DecisionTreeClassifier  # heavy: not for the web process

        from insights.estimators.flat import Trees
        from insights.estimators.preparation import prepare

        ready = prepare(features)
        inner = DecisionTreeClassifier(max_depth=self.depth, min_samples_leaf=self.leaf, random_state=self.seed).fit(
            ready.values, left
        )
        self.flat_: Trees = Trees(ready.columns, ready.fill, [_from_sklearn(inner)], 0.0, in_odds=False)
        return self


@REGISTRY.register
class RandomForest:
    """Many deep trees, each on its own sample of customers and features, averaged."""

    name = "random_forest"
    rank = 4

    def __init__(self, trees: int = 60, leaf: int = 25, seed: int = 42) -> None:
        self.trees = trees
        self.leaf = leaf
        self.seed = seed

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> RandomForest:
        """Learn `flat_`."""
        from sklearn.ensemble import RandomForestClassifier  # heavy: not for the web process

        from insights.estimators.flat import Trees
        from insights.estimators.preparation import prepare

        ready = prepare(features)
        inner = RandomForestClassifier(
            n_estimators=self.trees,
            min_samples_leaf=self.leaf,
            max_samples=min(BAG_ROWS, len(left)),
            random_state=self.seed,
            n_jobs=2,
        ).fit(ready.values, left)
        trees = [_from_sklearn(tree) for tree in inner.estimators_]
        self.flat_: Trees = Trees(ready.columns, ready.fill, trees, 0.0, in_odds=False)
        return self


@REGISTRY.register
class Boosting:
    """Gradient boosting of small trees over histograms."""

    name = "boosting"
    rank = 5

    def __init__(self, rounds: int = 80, rate: float = 0.07, leaves: int = 8, seed: int = 42) -> None:
        self.rounds = rounds
        self.rate = rate
        self.leaves = leaves
        self.seed = seed

    def fit(self, features: pd.DataFrame, left: np.ndarray) -> Boosting:
        """Learn `flat_`."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # heavy: not for the web process

        from insights.estimators.flat import Trees
        from insights.estimators.preparation import prepare

        ready = prepare(features)
        inner = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=60,
            l2_regularization=5.0,
            early_stopping=False,
            random_state=self.seed,
        ).fit(ready.values, left)
        trees = [_from_histogram(stage[0].nodes) for stage in inner._predictors]
        start = float(inner._baseline_prediction.ravel()[0])
        self.flat_: Trees = Trees(ready.columns, ready.fill, trees, start, in_odds=True)
        return self


def _from_sklearn(inner: Any) -> Tree:
    from insights.estimators.flat import Tree

    tree = inner.tree_
    value = tree.value[:, 0, :]
    mean = value[:, 1] / value.sum(axis=1)
    return Tree(
        tree.feature.clip(min=0).astype("int64"),
        tree.threshold.astype(float),
        tree.children_left.astype("int64"),
        tree.children_right.astype("int64"),
        mean,
    )


def _from_histogram(nodes: np.ndarray) -> Tree:
    import numpy as np  # heavy: not for the web process

    from insights.estimators.flat import Tree

    leaf = nodes["is_leaf"].astype(bool)
    value = nodes["value"].astype(float)
    # the library shrinks leaves only; an inner node's value is the mean of its rows' leaves (children come later)
    for node in range(len(nodes) - 1, -1, -1):
        if not leaf[node]:
            pair = [int(nodes["left"][node]), int(nodes["right"][node])]
            value[node] = np.average(value[pair], weights=nodes["count"][pair])
    return Tree(
        nodes["feature_idx"].astype(np.int64),
        nodes["num_threshold"].astype(float),
        np.where(leaf, -1, nodes["left"].astype(np.int64)),
        np.where(leaf, -1, nodes["right"].astype(np.int64)),
        value,
    )
