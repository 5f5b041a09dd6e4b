"""Fitted models as plain arrays: they predict, explain themselves and go to JSON without any pickle.

Every estimator turns what it learned into one of these; scoring needs numpy only, gives the same bits on
every machine that has the same numbers, and a model file can hold nothing but numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class FeaturesDoNotFit(ValueError):
    """The frame lacks a feature that the model was trained with."""


def matrix(frame: pd.DataFrame, columns: list[str], fill: np.ndarray) -> np.ndarray:
    """Columns in the model's order with empty values filled as in training."""
    import numpy as np  # heavy: not for the web process

    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise FeaturesDoNotFit(f"The model was trained with {', '.join(missing)}, which these features lack.")
    values = frame[columns].to_numpy(dtype=float)
    return np.where(np.isnan(values), fill, values)


@dataclass(slots=True)
class Linear:
    """A weighted sum in log-odds of standardised features."""

    columns: list[str]
    fill: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: float
    kind: str = "linear"
    in_odds: bool = True

    def parts(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """The score of a typical row and each feature's exact share of every row's score."""
        values = (matrix(frame, self.columns, self.fill) - self.centre) / self.scale
        return self.bias, values * self.weights

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds."""
        base, parts = self.parts(frame)
        return base + parts.sum(axis=1)

    def weight_of(self) -> dict[str, float]:
        """Size of each feature's effect, for feature importance."""
        return {name: abs(float(w)) for name, w in zip(self.columns, self.weights, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "kind": self.kind,
            "columns": self.columns,
            "fill": self.fill.tolist(),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "bias": self.bias,
        }


@dataclass(slots=True)
class Tree:
    """One tree: for node i the feature, threshold, children (-1 at a leaf) and the mean outcome there."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


@dataclass(slots=True)
class Trees:
    """A mean of trees in probability (`in_odds` false) or a sum of trees in log-odds (`in_odds` true)."""

    columns: list[str]
    fill: np.ndarray
    trees: list[Tree]
    start: float
    in_odds: bool
    kind: str = "trees"

    def parts(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Start value and per feature the steps of the mean outcome along each row's path (Saabas 2014)."""
        import numpy as np  # heavy: not for the web process

        values = matrix(frame, self.columns, self.fill)
        if not self.in_odds:
            # scikit-learn compares float32 values with its thresholds
            values = values.astype(np.float32).astype(float)
        out = np.zeros(values.shape)
        base = self.start
        share = 1.0 if self.in_odds else 1.0 / len(self.trees)
        for tree in self.trees:
            base += share * float(tree.value[0])
            _walk(tree, values, out, share)
        return base, out

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """Probability or log-odds, as `in_odds` says."""
        base, parts = self.parts(frame)
        return base + parts.sum(axis=1)

    def weight_of(self) -> dict[str, float]:
        """Size of each feature's effect: total change of the mean outcome over its splits."""
        total = dict.fromkeys(self.columns, 0.0)
        for tree in self.trees:
            for node, feature in enumerate(tree.feature):
                if tree.left[node] >= 0:
                    spread = abs(tree.value[tree.left[node]] - tree.value[tree.right[node]])
                    total[self.columns[feature]] += float(spread)
        return total

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        names = ("feature", "threshold", "left", "right", "value")
        return {
            "kind": self.kind,
            "columns": self.columns,
            "fill": self.fill.tolist(),
            "start": self.start,
            "in_odds": self.in_odds,
            "trees": [{name: getattr(tree, name).tolist() for name in names} for tree in self.trees],
        }


def _walk(tree: Tree, values: np.ndarray, out: np.ndarray, share: float) -> None:
    import numpy as np  # heavy: not for the web process

    rows = np.arange(len(values))
    node = np.zeros(len(values), dtype=np.int64)
    active = rows if tree.left[0] >= 0 else rows[:0]
    while len(active):
        here = node[active]
        feature = tree.feature[here]
        low = values[active, feature] <= tree.threshold[here]
        there = np.where(low, tree.left[here], tree.right[here])
        # each row appears once in active, so plain fancy-index addition is exact
        out[active, feature] += share * (tree.value[there] - tree.value[here])
        node[active] = there
        active = active[tree.left[there] >= 0]


FlatModel = Linear | Trees


def from_json(data: dict[str, Any]) -> FlatModel:
    """The model again; a KeyError or ValueError means that the data are no model of ours."""
    import numpy as np  # heavy: not for the web process

    columns = [str(name) for name in data["columns"]]
    fill = np.asarray(data["fill"], dtype=float)
    if data["kind"] == "linear":
        arrays = {name: np.asarray(data[name], dtype=float) for name in ("centre", "scale", "weights")}
        if any(len(array) != len(columns) for array in (*arrays.values(), fill)):
            raise ValueError("The model's arrays differ in length.")
        return Linear(
            columns=columns,
            fill=fill,
            bias=float(data["bias"]),
            centre=arrays["centre"],
            scale=arrays["scale"],
            weights=arrays["weights"],
        )
    if data["kind"] == "trees":
        trees = [_tree(tree) for tree in data["trees"]]
        return Trees(columns, fill, trees, float(data["start"]), bool(data["in_odds"]))
    raise ValueError(f"Unknown kind of model: {data['kind']}.")


def _tree(data: dict[str, Any]) -> Tree:
    import numpy as np  # heavy: not for the web process

    whole = {name: np.asarray(data[name], dtype=np.int64) for name in ("feature", "left", "right")}
    real = {name: np.asarray(data[name], dtype=float) for name in ("threshold", "value")}
    return Tree(**whole, **real)
