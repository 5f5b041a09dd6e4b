"""The facts behind each reason: numbers that a sentence in any language can be made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

Facts = list[dict[str, Any]]


def _column(raw: pd.DataFrame, name: str, digits: int = 0) -> list[Any]:
    if name not in raw:
        return [None] * len(raw)
    values = raw[name].to_numpy(dtype=float).round(digits)
    return [None if np.isnan(v) else (int(v) if digits == 0 else float(v)) for v in values]


def _facts(raw: pd.DataFrame, **columns: tuple[str, int]) -> Facts:
    lists = {key: _column(raw, name, digits) for key, (name, digits) in columns.items()}
    return [{key: values[row] for key, values in lists.items() if values[row] is not None} for row in range(len(raw))]


_OF: dict[str, Callable[[pd.DataFrame], Facts]] = {
    "recency": lambda raw: _facts(raw, days=("recency", 0), usual=("mean_gap", 0), recent=("orders_90", 0)),
    "rhythm": lambda raw: _facts(raw, orders=("orders", 0), gap=("mean_gap", 0), purchase_days=("days", 0)),
    "value": lambda raw: _facts(raw, amount=("net", 2)),
    "basket": lambda raw: _facts(raw.assign(per=raw["lines"] / raw["orders"]), lines=("per", 0)),
    "tenure": lambda raw: _facts(raw, days=("tenure", 0)),
    "returns": lambda raw: _facts(
        raw.assign(share=100 * raw["returned"] / (raw["gross"] + 1)), percent=("share", 0), returns=("returns", 0)
    ),
    "contact": lambda raw: _facts(raw, days=("contact_days", 0), talks=("talks_90", 0)),
    "campaigns": lambda raw: _facts(raw, sent=("sent_180", 0), reacted=("reacted_180", 0)),
    "service": lambda raw: _facts(
        raw, open=("tickets_open", 0), recent=("tickets_90", 0), rating=("rating", 1), age=("ticket_age", 0)
    ),
    "deals": lambda raw: _facts(raw, open=("deals_open", 0)),
}


def reason_values(raw: pd.DataFrame, codes: list[str]) -> dict[str, Facts]:
    """For each reason code one small object per customer, in row order."""
    return {code: _OF[code](raw) if code in _OF else [{} for _row in range(len(raw))] for code in codes}
