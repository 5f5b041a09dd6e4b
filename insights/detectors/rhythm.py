"""What a daily series should have been: its level of late times the rhythm of the week, from the past only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEVEL_POINTS = 28
RHYTHM_WEEKS = 8
SPREAD_POINTS = 84
NEEDED = 20
MAD = 1.4826
LEAST_SPREAD = 0.02


@dataclass(slots=True)
class Expected:
    """For each point the value to expect and its usual deviation; empty (nan) while the past is too short."""

    value: np.ndarray
    spread: np.ndarray


def expected(values: np.ndarray, weekdays: np.ndarray) -> Expected:
    """Median level of the last 28 points × median weekday ratio of 8 weeks; spread by the MAD of past errors.

    Point i uses points before i only.
    """
    import numpy as np  # heavy: not for the web process

    size = len(values)
    level = np.full(size, np.nan)
    ratio = np.full(size, np.nan)
    guess = np.full(size, np.nan)
    spread = np.full(size, np.nan)
    error = np.full(size, np.nan)
    for i in range(7, size):
        level[i] = np.nanmedian(values[max(0, i - LEVEL_POINTS) : i])
        like = [j for j in range(i - 1, max(6, i - 1 - 7 * RHYTHM_WEEKS), -1) if weekdays[j] == weekdays[i]]
        known = ratio[like][~np.isnan(ratio[like])] if like else ratio[:0]
        factor = float(np.median(known)) if len(known) >= 2 else 1.0
        guess[i] = level[i] * factor if level[i] else level[i]
        ratio[i] = values[i] / level[i] if level[i] else np.nan
        past = error[max(0, i - SPREAD_POINTS) : i]
        past = past[~np.isnan(past)]
        if len(known) >= 2:
            error[i] = values[i] - guess[i]
        if i >= NEEDED and len(past) >= 7:
            usual = MAD * float(np.median(np.abs(past - np.median(past))))
            # counts of a quiet day vary by their square root even when the past was calm
            floor = max(LEAST_SPREAD * abs(level[i]), 0.5 * np.sqrt(abs(guess[i])), 1e-9)
            spread[i] = max(usual, floor)
    guess[np.isnan(spread)] = np.nan
    return Expected(guess, spread)
