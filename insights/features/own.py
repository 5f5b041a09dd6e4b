"""The workspace's own fields as features: each value counts from the moment at which the history shows it.

A value of today says nothing about last year: it may have been written after the customer left. So each row here
is a span: from when a value stood in the record until it was changed. Before its first span a value is unknown.
A field whose spans do not reach back far enough is left out as a whole, and the count of customers says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from insights.clean import Cleaning

PREFIX = "own_"
REACH_BACK = timedelta(days=365)
KNOWN_SHARE = 0.2
MOST_OPTIONS = 8
LEFT_OUT = "own field without a year of history"


def reason_of(feature: str) -> str:
    """The options of one field speak for one reason."""
    return feature.partition("=")[0]


def told_long_enough(spans: pd.DataFrame, customers: int, until: datetime, log: Cleaning | None = None) -> pd.DataFrame:
    """Only the fields whose value was known of enough customers a year before; the others are counted in the log."""
    early = pd.Timestamp(until).tz_convert("UTC") - REACH_BACK
    known = spans[spans["since"] <= early].groupby("field")["customer"].nunique()
    kept = set(known[known >= KNOWN_SHARE * max(customers, 1)].index)
    inside = spans["field"].isin(kept)
    if log is not None and not inside.all():
        log.note(LEFT_OUT, spans.loc[~inside, "field"].nunique())
    return spans[inside]


class OwnFields:
    """Spans of values; `at(moment)` answers from those that stood then, the same columns at any moment."""

    def __init__(self, spans: pd.DataFrame, customers: np.ndarray) -> None:
        self.size = len(customers)
        code = pd.Index(customers).get_indexer(pd.Index(spans["customer"]))
        self.spans = spans.assign(code=code)[code >= 0]
        self.numbers = sorted(self.spans.loc[self.spans["option"].isna(), "field"].unique())
        chosen = self.spans[self.spans["option"].notna()]
        self.options = {
            field: sorted(rows["option"].value_counts(sort=True).index[:MOST_OPTIONS])
            for field, rows in chosen.groupby("field")
        }

    def at(self, moment: datetime) -> dict[str, np.ndarray]:
        """Number fields as they are, options as 0 and 1; empty where the value was not known then."""
        now = pd.Timestamp(moment).tz_convert("UTC")
        spans = self.spans[(self.spans["since"] < now) & ~(self.spans["until"] < now)]
        out: dict[str, np.ndarray] = {}
        for field in self.numbers:
            rows = spans[(spans["field"] == field) & spans["option"].isna()]
            out[f"{PREFIX}{field}"] = self._column(rows["code"], rows["value"])
        for field, options in self.options.items():
            rows = spans[(spans["field"] == field) & spans["option"].notna()]
            for option in options:
                out[f"{PREFIX}{field}={option}"] = self._column(rows["code"], (rows["option"] == option).astype(float))
        return out

    def _column(self, code: pd.Series, values: pd.Series) -> np.ndarray:
        column = np.full(self.size, np.nan)
        column[code.to_numpy()] = values.to_numpy(dtype=float)
        return column
