"""From a model's score to a probability that means what it says, and back to reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEAST, MOST = 0.25, 4.0
EDGE = 1e-4


def _expit(z: np.ndarray) -> np.ndarray:
    import numpy as np  # heavy: not for the web process

    return 1.0 / (1.0 + np.exp(-np.clip(z, -40, 40)))


def odds(score: np.ndarray, *, in_odds: bool) -> np.ndarray:
    """Log-odds of a model's score, which is log-odds already or a probability."""
    import numpy as np  # heavy: not for the web process

    if in_odds:
        return score
    kept = np.clip(score, EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept))


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt scaling: probability = expit(slope × log-odds + shift), learned on cut-offs the model never saw."""

    slope: float = 1.0
    shift: float = 0.0

    def probability(self, score: np.ndarray, *, in_odds: bool) -> np.ndarray:
        """Calibrated probability of each score."""
        return _expit(self.slope * odds(score, in_odds=in_odds) + self.shift)


def fit_platt(log_odds: np.ndarray, left: np.ndarray) -> Platt:
    """Slope and shift by Newton's method; the slope is kept within 0.25 to 4."""
    import numpy as np  # heavy: not for the web process

    if len(left) == 0 or left.min() == left.max():
        return Platt()
    beta = np.array([1.0, 0.0])
    design = np.column_stack([log_odds, np.ones(len(log_odds))])
    for _step in range(25):
        p = _expit(design @ beta)
        weight = np.maximum(p * (1 - p), 1e-9)
        hessian = design.T @ (design * weight[:, None]) + 1e-6 * np.eye(2)
        move = np.linalg.solve(hessian, design.T @ (left - p))
        beta = beta + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-10:
            break
    slope = float(np.clip(beta[0], LEAST, MOST))
    shift = float(beta[1])
    if slope != beta[0]:
        shift = _shift_for(slope * log_odds, float(left.mean()))
    return Platt(slope, shift)


def _shift_for(log_odds: np.ndarray, mean: float) -> float:
    """The shift at which the mean probability is the mean outcome (bisection)."""
    low, high = -20.0, 20.0
    for _step in range(80):
        middle = (low + high) / 2
        if _expit(log_odds + middle).mean() < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2
