"""Detectors of strange points in a daily series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.detectors import REGISTRY

if TYPE_CHECKING:
    import numpy as np


def strangeness(distance: np.ndarray, limit: float) -> np.ndarray:
    """0 to 1 from a distance: 0.5 at the limit, rising smoothly; empty distances are not strange."""
    import numpy as np  # heavy: not for the web process

    square = np.nan_to_num(distance) ** 2
    return square / (square + limit**2)


@REGISTRY.register
class RobustZ:
    """A day far from its level and weekday rhythm, in robust deviations (median and MAD)."""

    name = "robust_z"
    kind = "series"
    needs = 20

    def __init__(self, limit: float = 4.0) -> None:
        self.limit = limit

    def score(self, values: np.ndarray, weekdays: np.ndarray) -> np.ndarray:
        """One score per point from the points before it; sets `low_` and `high_`, the band to expect."""
        from insights.detectors.rhythm import expected

        found = expected(values, weekdays)
        self.expected_ = found.value
        self.low_ = found.value - self.limit * found.spread
        self.high_ = found.value + self.limit * found.spread
        self.distance_ = (values - found.value) / found.spread
        return strangeness(self.distance_, self.limit)


@REGISTRY.register
class Cusum:
    """A level that has moved: small deviations in one direction that add up; starts again after each alarm."""

    name = "cusum"
    kind = "series"
    needs = 20

    def __init__(self, slack: float = 0.75, limit: float = 8.0) -> None:
        self.slack = slack
        self.limit = limit

    def score(self, values: np.ndarray, weekdays: np.ndarray) -> np.ndarray:
        """One score per point from the points up to it; sets `low_`, `high_` and `since_` (start of the drift)."""
        import numpy as np  # heavy: not for the web process

        from insights.detectors.rhythm import expected

        found = expected(values, weekdays)
        distance = np.clip(np.nan_to_num((values - found.value) / found.spread), -4, 4)
        size = len(values)
        total, self.since_ = np.zeros(size), np.arange(size)
        up = down = 0.0
        up_from = down_from = 0
        for i in range(size):
            up, up_from = (up + distance[i] - self.slack, up_from) if up > 0 else (distance[i] - self.slack, i)
            down, down_from = (
                (down - distance[i] - self.slack, down_from) if down > 0 else (-distance[i] - self.slack, i)
            )
            total[i] = max(up, down, 0.0)
            self.since_[i] = up_from if up >= down else down_from
            if total[i] >= self.limit:
                up = down = 0.0
        self.expected_ = found.value
        self.low_ = found.value - 2 * found.spread
        self.high_ = found.value + 2 * found.spread
        self.distance_ = distance
        return strangeness(total, self.limit)
