"""K-means on the logarithms of recency, frequency and monetary value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insights.segmenters import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

AXES = ("recency", "orders", "net")
LEAST_K, MOST_K = 3, 8
JUDGED_ROWS = 4000
FITTED_ROWS = 50_000
RESAMPLES = 4
STABLE = 0.8
HABIT = 0.02
"""The number of clusters of the run before stays while no other has a silhouette better by more than this."""
SAME_CENTRE = 1.0
"""Centres closer than this (in deviations of the base) may be the same cluster in two runs."""


@dataclass(slots=True)
class Space:
    """Where clusters live: log1p of the axes, mean 0 and deviation 1."""

    mean: np.ndarray
    scale: np.ndarray

    def place(self, features: pd.DataFrame) -> np.ndarray:
        """Rows as points of the space."""
        return (_logs(features) - self.mean) / self.scale


def _logs(features: pd.DataFrame) -> np.ndarray:
    import numpy as np  # heavy: not for the web process

    return np.log1p(features[list(AXES)].to_numpy(dtype=float).clip(min=0))


def space_of(features: pd.DataFrame) -> Space:
    """The space of these customers."""
    import numpy as np  # heavy: not for the web process

    logs = _logs(features)
    scale = logs.std(axis=0)
    return Space(logs.mean(axis=0), np.where(scale > 0, scale, 1.0))


@REGISTRY.register
class KMeansSegmenter:
    """Groups of customers that buy alike; their number is chosen by separation and stability, or set."""

    name = "kmeans"
    needs = AXES

    def __init__(self, k: int | None = None, kept: int | None = None, seed: int = 42) -> None:
        self.k = k
        self.kept = kept
        self.seed = seed

    def assign(self, features: pd.DataFrame) -> pd.Series:
        """The cluster of each customer, 0 is the one with the highest value; learns `centres_`, `trials_`."""
        import numpy as np  # heavy: not for the web process
        import pandas as pd

        self.space_ = space_of(features)
        points = self.space_.place(features)
        rng = np.random.default_rng(self.seed)
        sample = points if len(points) <= FITTED_ROWS else points[_some(rng, len(points), FITTED_ROWS)]
        self.trials_ = self._trials(sample) if self.k is None else [self._trial(sample, self.k)]
        self.k_ = self._best()
        found = self._fit(sample, self.k_)
        self.silhouette_ = next(trial["silhouette"] for trial in self.trials_ if trial["k"] == self.k_)
        order = np.argsort(-found.cluster_centers_[:, 2], kind="stable")
        self.centres_ = found.cluster_centers_[order]
        labels = np.argsort(order)[found.predict(points)]
        return pd.Series(labels, index=features.index)

    def _fit(self, points: np.ndarray, k: int) -> Any:
        from sklearn.cluster import KMeans  # heavy: not for the web process

        return KMeans(n_clusters=k, n_init=10, random_state=self.seed).fit(points)

    def _trials(self, points: np.ndarray) -> list[dict[str, float]]:
        most = min(MOST_K, len(points) // 20)
        return [self._trial(points, k) for k in range(LEAST_K, max(most, LEAST_K) + 1)]

    def _trial(self, points: np.ndarray, k: int) -> dict[str, float]:
        """Silhouette, and how alike the clusters of resampled customers are (adjusted Rand index)."""
        import numpy as np  # heavy: not for the web process
        from sklearn.cluster import KMeans
        from sklearn.metrics import adjusted_rand_score, silhouette_score

        whole = self._fit(points, k)
        rng = np.random.default_rng(self.seed)
        rows = _some(rng, len(points), JUDGED_ROWS)
        alike = []
        for turn in range(RESAMPLES):
            drawn = points[rng.integers(0, len(points), min(len(points), JUDGED_ROWS))]
            other = KMeans(n_clusters=k, n_init=2, random_state=self.seed + turn).fit(drawn)
            alike.append(adjusted_rand_score(whole.labels_[rows], other.predict(points[rows])))
        return {
            "k": k,
            "silhouette": float(silhouette_score(points[rows], whole.labels_[rows])),
            "stability": float(np.mean(alike)),
        }

    def _best(self) -> int:
        """The best silhouette among the stable numbers; with none stable, the best product of both."""
        stable = [trial for trial in self.trials_ if trial["stability"] >= STABLE]
        if stable:
            best = max(stable, key=lambda trial: trial["silhouette"])
            for trial in stable:
                if trial["k"] == self.kept and trial["silhouette"] >= best["silhouette"] - HABIT:
                    return int(trial["k"])
            return int(best["k"])
        return int(max(self.trials_, key=lambda trial: trial["silhouette"] * trial["stability"])["k"])

    def explain(self, label: int) -> str:
        """The traits of a cluster against the whole base."""
        return ", ".join(traits(self.centres_[int(label)]))


def _some(rng: np.random.Generator, size: int, wanted: int) -> np.ndarray:
    import numpy as np  # heavy: not for the web process

    return np.arange(size) if size <= wanted else np.sort(rng.choice(size, wanted, replace=False))


def traits(centre: np.ndarray) -> list[str]:
    """Codes in words' order of the axes: how far a centre lies from the base, in deviations."""
    names = (
        ("very_recent", "recent", "", "quiet", "long_quiet"),
        ("rarely", "seldom", "", "often", "very_often"),
        ("very_low_value", "low_value", "", "high_value", "very_high_value"),
    )
    found = []
    for words, distance in zip(names, centre, strict=True):
        step = 2 + (1 if distance > 0.35 else 0) + (1 if distance > 1.1 else 0)
        step -= (1 if distance < -0.35 else 0) + (1 if distance < -1.1 else 0)
        if words[step]:
            found.append(words[step])
    return found or ["average"]


def match(old: np.ndarray, new: np.ndarray) -> dict[int, int]:
    """New cluster to old cluster: the pairing with the least total distance, far pairs left out (Hungarian)."""
    import numpy as np  # heavy: not for the web process
    from scipy.optimize import linear_sum_assignment

    if not len(old) or not len(new):
        return {}
    distance = np.linalg.norm(new[:, None, :] - old[None, :, :], axis=2)
    pairs = zip(*linear_sum_assignment(distance), strict=True)
    return {int(n): int(o) for n, o in pairs if distance[n, o] <= SAME_CENTRE}
