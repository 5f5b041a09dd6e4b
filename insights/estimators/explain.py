"""Signed reasons in probability: base rate + parts = probability, to the last digit.

A model's score is a typical score plus one part per feature. Parts of one reason are summed. The way from the
typical customer to this one is a straight line in score; along it each part takes the share of the
probability's change that it has in the score's change (integrated gradients, Sundararajan 2017: exact for
additive scores). The typical customer is placed where the probability equals the base rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.estimators.calibration import EDGE, Platt, odds

if TYPE_CHECKING:
    import numpy as np

FLAT = 1e-9


def reason_parts(parts: np.ndarray, columns: list[str], reason_of: dict[str, str]) -> tuple[list[str], np.ndarray]:
    """Sum the parts of the features that speak for the same reason."""
    import numpy as np  # heavy: not for the web process

    names = list(dict.fromkeys(reason_of.get(column, column) for column in columns))
    member = np.zeros((len(columns), len(names)))
    for row, column in enumerate(columns):
        member[row, names.index(reason_of.get(column, column))] = 1.0
    return names, parts @ member


def shares(start: float, parts: np.ndarray, platt: Platt, *, in_odds: bool) -> tuple[float, np.ndarray, np.ndarray]:
    """Base rate, parts in probability (rows × reasons) and probability, with base + parts.sum() = probability."""
    import numpy as np  # heavy: not for the web process

    score = start + parts.sum(axis=1)
    probability = platt.probability(score, in_odds=in_odds)
    base = float(probability.mean())
    typical = _score_at(base, platt, in_odds=in_odds)
    spread = np.abs(parts).mean(axis=0)
    weight = spread / spread.sum() if spread.sum() > FLAT else np.full(parts.shape[1], 1 / parts.shape[1])
    centred = parts + (start - typical) * weight
    moved = score - typical
    near = np.abs(moved) < 1e-6
    slope = np.empty_like(score)
    slope[~near] = (probability[~near] - base) / moved[~near]
    if near.any():
        step = 1e-5
        above = platt.probability(np.array([typical + step]), in_odds=in_odds)[0]
        slope[near] = (above - base) / step
    return base, centred * slope[:, None], probability


def _score_at(probability: float, platt: Platt, *, in_odds: bool) -> float:
    """The score whose calibrated probability is the given one."""
    import numpy as np  # heavy: not for the web process

    log_odds = (odds(np.array([probability]), in_odds=False)[0] - platt.shift) / platt.slope
    if in_odds:
        return float(log_odds)
    return float(np.clip(1 / (1 + np.exp(-log_odds)), EDGE, 1 - EDGE))
