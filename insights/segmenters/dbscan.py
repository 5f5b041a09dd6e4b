"""DBSCAN: dense groups, and customers that belong to none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.segmenters import REGISTRY

if TYPE_CHECKING:
    import pandas as pd

FITTED_ROWS = 20_000
NOISE = -1


@REGISTRY.register
class DbscanSegmenter:
    """Groups where customers lie densely; those between the groups stay outside (label -1)."""

    name = "dbscan"
    needs = ("recency", "orders", "net")

    def __init__(self, eps: float = 0.5, neighbours: int = 10, seed: int = 42) -> None:
        self.eps = eps
        self.neighbours = neighbours
        self.seed = seed

    def assign(self, features: pd.DataFrame) -> pd.Series:
        """The group of each customer or -1; beyond 20,000 customers the rest join the nearest core point."""
        import numpy as np  # heavy: not for the web process
        import pandas as pd
        from sklearn.cluster import DBSCAN
        from sklearn.neighbors import NearestNeighbors

        from insights.segmenters.kmeans import space_of

        points = space_of(features).place(features)
        rng = np.random.default_rng(self.seed)
        rows = np.arange(len(points))
        if len(points) > FITTED_ROWS:
            rows = np.sort(rng.choice(len(points), FITTED_ROWS, replace=False))
        found = DBSCAN(eps=self.eps, min_samples=self.neighbours).fit(points[rows])
        labels = np.full(len(points), NOISE)
        labels[rows] = found.labels_
        core = rows[found.core_sample_indices_]
        rest = np.setdiff1d(np.arange(len(points)), rows, assume_unique=True)
        if len(rest) and len(core):
            distance, place = NearestNeighbors(n_neighbors=1).fit(points[core]).kneighbors(points[rest])
            near = distance[:, 0] <= self.eps
            labels[rest[near]] = labels[core[place[near, 0]]]
        self.sizes_ = {int(label): int((labels == label).sum()) for label in np.unique(labels)}
        return pd.Series(labels, index=features.index)

    def explain(self, label: int) -> str:
        """How many customers the group has."""
        size = self.sizes_.get(int(label), 0)
        return f"{size} customers outside every dense group" if label == NOISE else f"{size} customers"
