"""What changed about a customer: features for finding strange customers rather than large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from insights.features.build import PRIOR_DAYS


def change_features(raw: pd.DataFrame) -> pd.DataFrame:
    """Recent behaviour against the customer's own usual, as differences of logarithms."""
    log = np.log1p
    expected = (raw["tenure"] + PRIOR_DAYS) / raw["days"]
    usual_value = raw["capped"] / raw["orders"]
    out = {
        "late": log(raw["recency"]) - log(expected),
        "order_surge": log(raw["orders_30"]) - log(30 / expected),
        "order_value": log(raw["last_value"]) - log(usual_value),
        "order_size": log(raw["last_lines"]) - log(raw["lines"] / raw["orders"]),
        "spend_surge": log(raw["value_60"]) - log(raw["capped"] * 60 / raw["tenure"].clip(lower=60)),
        "returned": (raw["returned"] / (raw["gross"] + 1)).clip(0, 2),
        "returns": log(raw["returns"]),
        "unit_price": log(raw["capped"] / raw["quantity"].clip(lower=1)),
    }
    for name, source in (("tickets", "tickets_90"), ("contacts", "inbound_90")):
        if source in raw:
            out[name] = log(raw[source])
    return pd.DataFrame(out, index=raw.index).astype(float)


def change_values(row: pd.Series, code: str) -> dict[str, Any]:
    """The customer's own numbers behind one changed feature: now and usual."""
    expected = (row["tenure"] + PRIOR_DAYS) / row["days"]
    now, usual = {
        "late": (row["recency"], expected),
        "order_surge": (row["orders_30"], 30 / expected),
        "order_value": (row["last_value"], row["capped"] / row["orders"]),
        "order_size": (row["last_lines"], row["lines"] / row["orders"]),
        "spend_surge": (row["value_60"], row["capped"] * 60 / max(row["tenure"], 60)),
        "returned": (100 * row["returned"] / (row["gross"] + 1), 0),
        "returns": (row["returns"], 0),
        "unit_price": (row["capped"] / max(row["quantity"], 1), 0),
        "tickets": (row.get("tickets_90", 0), 0),
        "contacts": (row.get("inbound_90", 0), 0),
    }[code]
    return {"now": round(float(now), 1), "usual": round(float(usual), 1)}
