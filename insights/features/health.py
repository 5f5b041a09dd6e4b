"""Health of a customer: 0 to 100, a weighted mean of parts that are each shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

WEIGHTS: dict[str, int] = {"churn": 50, "service": 20, "engagement": 20, "rating": 10}


def parts(raw: pd.DataFrame, churn: pd.Series | None) -> pd.DataFrame:
    """Parts of 0 to 100 each; empty where nothing is known."""
    out = pd.DataFrame(index=raw.index)
    if churn is not None:
        out["churn"] = 100 * (1 - churn.reindex(raw.index))
    if "tickets_open" in raw:
        burden = 25 * raw["tickets_open"] + 10 * raw["tickets_90"] + raw["ticket_age"].clip(upper=30)
        out["service"] = (100 - burden).clip(lower=0)
    if "rating" in raw:
        out["rating"] = (raw["rating"] - 1) * 25
    if "contact_days" in raw:
        out["engagement"] = (100 * np.exp(-raw["contact_days"] / 120)).round(6)
    return out


def health(shown: pd.DataFrame) -> pd.Series:
    """Weighted mean over the parts that are known; empty where none is."""
    weights = pd.Series({name: WEIGHTS[name] for name in shown.columns}, dtype=float)
    if weights.empty:
        return pd.Series(np.nan, index=shown.index)
    known = shown.notna().astype(float) * weights
    total = known.sum(axis=1)
    return (shown.fillna(0) * known).sum(axis=1).where(total > 0) / total.where(total > 0)
