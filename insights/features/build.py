"""From raw facts to the numbers a model reads, with the reason each number speaks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from insights.features.contract import Facts
from insights.features.history import History
from insights.features.own import PREFIX, OwnFields
from insights.features.own import reason_of as own_reason_of
from insights.features.relations import Relations

VERSION = "2"
LOOK_BACK_DAYS = 365
PRIOR_DAYS = 30.0
TYPICAL_GAP = 60.0
LEAST_GAPS = 30

REASONS: dict[str, tuple[str, ...]] = {
    # one reason: windows and days since the last order say the same thing and share their weight by chance
    "recency": ("recency", "overdue", "overdue_mean", "orders_30", "orders_60", "orders_90", "value_60"),
    "rhythm": ("orders", "days", "rate", "expected_gap", "mean_gap", "last_gap", "single"),
    "value": ("value", "quantity", "last_value"),
    "basket": ("lines", "products", "last_lines"),
    "tenure": ("tenure",),
    "returns": ("returned", "returns"),
    "contact": ("contact_days", "talks_90", "inbound_90"),
    "campaigns": ("sent_180", "reacted_180", "reaction"),
    "service": ("tickets_open", "ticket_age", "tickets_90", "rating"),
    "deals": ("deals_open",),
}
REASON_OF = {feature: reason for reason, features in REASONS.items() for feature in features}


def reasons_of(columns: Iterable[str]) -> dict[str, str]:
    """The reason that each feature speaks for, own fields among them."""
    return {one: own_reason_of(one) if one.startswith(PREFIX) else REASON_OF.get(one, one) for one in columns}


@dataclass(slots=True)
class Snapshot:
    """The active base at one moment: raw facts (for words) and features (for models), rows in stable order."""

    as_of: datetime
    raw: pd.DataFrame
    features: pd.DataFrame

    @property
    def customers(self) -> np.ndarray:
        """Ids in row order."""
        return self.features.index.to_numpy()


class FeatureStore:
    """Facts prepared once; a snapshot for any moment sees only rows strictly before it."""

    def __init__(self, facts: Facts) -> None:
        self.history = History(facts)
        self.relations = Relations(facts)
        self.own = OwnFields(facts.own, self.history.customers)
        self._kept: dict[datetime, Snapshot] = {}

    def snapshot(self, moment: datetime) -> Snapshot:
        """The active base (a sale within the look-back) with its features at that moment."""
        if moment not in self._kept:
            raw = self.history.at(moment)
            raw = raw[raw["recency"] <= LOOK_BACK_DAYS]
            raw = raw.join(self.relations.at(moment, raw.index))
            own = self.own.at(moment)
            if own:
                raw = raw.join(pd.DataFrame(own, index=pd.Index(self.history.customers)))
            self._kept[moment] = Snapshot(moment, raw, model_features(raw))
        return self._kept[moment]

    def left(self, moment: datetime, horizon_days: int) -> np.ndarray:
        """Churn of the active base: 1 where no sale falls in the horizon after the moment."""
        snapshot = self.snapshot(moment)
        bought = self.history.bought_between(moment, moment + timedelta(days=horizon_days))
        rows = pd.Index(self.history.customers).get_indexer(snapshot.features.index)
        return (~bought[rows]).astype(np.int64)


def model_features(raw: pd.DataFrame) -> pd.DataFrame:
    """Features in the shape that models read: logarithms of skewed counts, money and days; gaps may be empty."""
    log = np.log1p
    expected = (raw["tenure"] + PRIOR_DAYS) / raw["days"]
    gap = raw["mean_gap"].fillna(TYPICAL_GAP)
    out = {
        "recency": log(raw["recency"]),
        "overdue": log(raw["recency"]) - log(expected),
        "overdue_mean": log(raw["recency"]) - log(gap),
        "orders": log(raw["orders"]),
        "days": log(raw["days"]),
        "rate": log(PRIOR_DAYS / expected),
        "expected_gap": log(expected),
        "mean_gap": log(gap),
        "last_gap": log(raw["last_gap"].fillna(TYPICAL_GAP)),
        "single": (raw["days"] == 1).astype(float),
        "value": log(raw["capped"]),
        "quantity": log(raw["quantity"] / raw["orders"]),
        "last_value": log(raw["last_value"]),
        "lines": log(raw["lines"] / raw["orders"]),
        "products": log(raw["products"]),
        "last_lines": log(raw["last_lines"]),
        "tenure": log(raw["tenure"]),
        "returned": (raw["returned"] / (raw["gross"] + 1)).clip(0, 1),
        "returns": log(raw["returns"]),
    }
    for name in ("orders_30", "orders_60", "orders_90", "value_60"):
        out[name] = log(raw[name])
    for name in ("contact_days", "talks_90", "inbound_90", "sent_180", "reacted_180"):
        if name in raw:
            out[name] = log(raw[name])
    if "sent_180" in raw:
        out["reaction"] = (raw["reacted_180"] / raw["sent_180"].clip(lower=1)).clip(0, 2)
    for name in ("tickets_open", "ticket_age", "tickets_90", "deals_open"):
        if name in raw:
            out[name] = log(raw[name])
    if "rating" in raw:
        out["rating"] = raw["rating"]
    out |= {name: raw[name] for name in map(str, raw.columns) if name.startswith(PREFIX)}
    return pd.DataFrame(out, index=raw.index).astype(float)


def default_horizon(gaps: np.ndarray) -> int | None:
    """Horizon in days: 90th percentile of repeat customers' gaps in whole weeks, 30 to 365; None when unknown."""
    if len(gaps) < LEAST_GAPS:
        return None
    weeks = int(np.ceil(np.quantile(gaps, 0.9) / 7))
    return int(np.clip(weeks * 7, 30, 365))
