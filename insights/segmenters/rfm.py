"""RFM: recency, frequency and monetary value in fifths of the active base, and the named grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.segmenters import REGISTRY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# rows: recency score 5 (just bought) to 1; columns: mean of frequency and monetary score, 1 to 5
GRID: dict[int, tuple[str, str, str, str, str]] = {
    5: ("new", "potential_loyal", "potential_loyal", "champions", "champions"),
    4: ("promising", "potential_loyal", "potential_loyal", "loyal", "champions"),
    3: ("about_to_sleep", "needs_attention", "needs_attention", "loyal", "loyal"),
    2: ("hibernating", "about_to_sleep", "at_risk", "at_risk", "cannot_lose"),
    1: ("lost", "hibernating", "at_risk", "cannot_lose", "cannot_lose"),
}
NAMES = (
    "champions", "loyal", "potential_loyal", "new", "promising", "needs_attention", "about_to_sleep",
    "at_risk", "cannot_lose", "hibernating", "lost",
)  # fmt: skip


def edges(values: np.ndarray) -> list[float]:
    """The four values that divide the base into fifths."""
    import numpy as np  # heavy: not for the web process

    return [float(edge) for edge in np.quantile(values, [0.2, 0.4, 0.6, 0.8])]


def fifth(values: np.ndarray, borders: list[float]) -> np.ndarray:
    """Score 1 to 5: one more than the borders that lie below the value, so equal values get equal scores."""
    import numpy as np  # heavy: not for the web process

    return 1 + np.searchsorted(np.asarray(borders), values, side="left").astype(int)


@REGISTRY.register
class Rfm:
    """Eleven named groups by how recently, how often and for how much customers bought."""

    name = "rfm"
    needs = ("recency", "orders", "net")

    def fit_scores(self, features: pd.DataFrame) -> pd.DataFrame:
        """Scores r, f, m (5 is best) and the named group; keeps the borders in `edges_`."""
        import numpy as np  # heavy: not for the web process
        import pandas as pd

        self.edges_ = {name: edges(features[name].to_numpy(dtype=float)) for name in self.needs}
        recency = features["recency"].to_numpy(dtype=float)
        r = 6 - fifth(recency, self.edges_["recency"])
        f = fifth(features["orders"].to_numpy(dtype=float), self.edges_["orders"])
        m = fifth(features["net"].to_numpy(dtype=float), self.edges_["net"])
        both = np.floor((f + m) / 2 + 0.5).astype(int)
        group = [GRID[int(row)][int(column) - 1] for row, column in zip(r, both, strict=True)]
        return pd.DataFrame({"r": r, "f": f, "m": m, "group": group}, index=features.index)

    def assign(self, features: pd.DataFrame) -> pd.Series:
        """The named group of each customer."""
        return self.fit_scores(features)["group"]

    def explain(self, label: str) -> str:
        """Which corner of the grid the group is."""
        cells = [
            f"R{row} FM{column}"
            for row, names in GRID.items()
            for column, name in enumerate(names, start=1)
            if name == label
        ]
        return f"{label}: " + ", ".join(cells)
