"""What every estimator does to the features first: drop constants, fill gaps, standardise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CONSTANT = 1e-9


@dataclass(slots=True)
class Prepared:
    """Training matrix with the columns kept and how they were filled and scaled."""

    columns: list[str]
    fill: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    values: np.ndarray

    @property
    def standard(self) -> np.ndarray:
        """Values with mean 0 and deviation 1."""
        return (self.values - self.centre) / self.scale


def prepare(frame: pd.DataFrame, columns: list[str] | None = None) -> Prepared:
    """Fill empty values by the median, drop columns that never vary, learn mean and deviation."""
    import numpy as np  # heavy: not for the web process

    names = columns or list(frame.columns)
    values = frame[names].to_numpy(dtype=float)
    known = ~np.isnan(values).all(axis=0)
    fill = np.zeros(len(names))
    fill[known] = np.nanmedian(values[:, known], axis=0)
    values = np.where(np.isnan(values), fill, values)
    scale = values.std(axis=0)
    keep = scale > CONSTANT
    kept = [name for name, used in zip(names, keep, strict=True) if used]
    values = values[:, keep]
    return Prepared(kept, fill[keep], values.mean(axis=0), scale[keep], values)
