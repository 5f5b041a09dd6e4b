"""The buying history as sorted arrays, so that features at any past moment cost a few passes.

Rows are sorted by (customer, time, order key): every sum is taken in the same sequence whatever the
sequence of the rows in the tables, and gives the same bits.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from insights.features.contract import Facts

DAY = 86_400e9
WINDOWS = (30, 60, 90)
OUTLIER_QUANTILE = 0.999


class History:
    """Sales and returns of all customers; `at(moment)` answers from rows strictly before that moment."""

    def __init__(self, facts: Facts) -> None:
        self.customers = np.asarray(facts.customers, dtype=np.int64)
        order = pd.Index(self.customers)
        rows = facts.orders.assign(code=order.get_indexer(pd.Index(facts.orders["customer"])))
        rows = rows.sort_values(["code", "at", "key"], kind="stable")
        sales = rows[rows["kind"] == "sale"]
        self.code = sales["code"].to_numpy()
        self.time = _nanoseconds(sales["at"])
        self.value = sales["net"].to_numpy(dtype=float)
        self.lines = sales["lines"].to_numpy(dtype=float)
        self.products = sales["products"].to_numpy(dtype=float)
        self.quantity = sales["quantity"].to_numpy(dtype=float)
        self._mark_purchase_days(sales["day"].to_numpy(dtype=np.int64))
        returns = rows[rows["kind"] == "return"]
        self.return_code = returns["code"].to_numpy()
        self.return_time = _nanoseconds(returns["at"])
        self.return_value = returns["net"].to_numpy(dtype=float)

    def _mark_purchase_days(self, day: np.ndarray) -> None:
        """First order of each purchase day, and the days since the customer's purchase day before it."""
        size = len(day)
        self.new_day = np.ones(size, dtype=bool)
        self.gap = np.full(size, np.nan)
        if size < 2:
            return
        same = self.code[1:] == self.code[:-1]
        self.new_day[1:] = ~(same & (day[1:] == day[:-1]))
        # rows of one day follow each other, so the row before a new day belongs to the day before it
        self.gap[1:] = np.where(same & self.new_day[1:], day[1:] - day[:-1], np.nan)

    def first_sale(self) -> datetime | None:
        """The moment of the very first sale."""
        return _moment(self.time.min()) if len(self.time) else None

    def last_sale(self) -> datetime | None:
        """The moment of the very last sale."""
        return _moment(self.time.max()) if len(self.time) else None

    def repeat_gaps(self, moment: datetime) -> np.ndarray:
        """All gaps in days between purchase days of repeat customers before the moment."""
        known = self.gap[self.time < _ns(moment)]
        return known[~np.isnan(known)]

    def bought_between(self, start: datetime, end: datetime) -> np.ndarray:
        """True for each customer with a sale in [start, end); start itself is the first unseen instant."""
        inside = (self.time >= _ns(start)) & (self.time < _ns(end))
        return np.bincount(self.code[inside], minlength=len(self.customers)) > 0

    def net_between(self, start: datetime, end: datetime) -> np.ndarray:
        """Net revenue (sales minus returns) of each customer in [start, end)."""
        total = self._sum(self.code, self.value, (self.time >= _ns(start)) & (self.time < _ns(end)))
        back = (self.return_time >= _ns(start)) & (self.return_time < _ns(end))
        return total - self._sum(self.return_code, self.return_value, back)

    def _sum(self, code: np.ndarray, value: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return np.bincount(code[mask], weights=value[mask], minlength=len(self.customers))

    def _count(self, mask: np.ndarray) -> np.ndarray:
        return np.bincount(self.code[mask], minlength=len(self.customers)).astype(float)

    def _last(self, values: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """The value of each customer's last row that is seen (rows are in time order)."""
        out = np.full(len(self.customers), np.nan)
        out[self.code[seen]] = values[seen]
        return out

    def at(self, moment: datetime) -> pd.DataFrame:
        """Raw buying facts per customer with a sale before the moment: one row each, in stable order."""
        now = _ns(moment)
        seen = self.time < now
        age = (now - self.time) / DAY
        value = self._capped(seen)
        frame: dict[str, np.ndarray] = {
            "recency": (now - self._last(self.time.astype(float), seen)) / DAY,
            "orders": self._count(seen),
            "gross": self._sum(self.code, self.value, seen),
            "capped": self._sum(self.code, value, seen),
            "lines": self._sum(self.code, self.lines, seen),
            "products": self._sum(self.code, self.products, seen),
            "quantity": self._sum(self.code, self.quantity, seen),
            "last_value": self._last(value, seen),
            "last_lines": self._last(self.lines, seen),
        }
        first = np.full(len(self.customers), np.nan)
        first[self.code[seen][::-1]] = self.time[seen][::-1]
        frame["tenure"] = (now - first) / DAY
        self._add_rhythm(frame, seen)
        for window in WINDOWS:
            frame[f"orders_{window}"] = self._count(seen & (age <= window))
        frame["value_60"] = self._sum(self.code, value, seen & (age <= 60))
        back = self.return_time < now
        frame["returned"] = self._sum(self.return_code, self.return_value, back)
        frame["returns"] = np.bincount(self.return_code[back], minlength=len(self.customers)).astype(float)
        frame["net"] = frame["gross"] - frame["returned"]
        table = pd.DataFrame(frame, index=pd.Index(self.customers, name="customer"))
        return table[table["orders"] > 0]

    def _add_rhythm(self, frame: dict[str, np.ndarray], seen: np.ndarray) -> None:
        frame["days"] = self._count(seen & self.new_day)
        gapped = seen & ~np.isnan(self.gap)
        gaps = self._count(gapped)
        total = self._sum(self.code, np.nan_to_num(self.gap), gapped)
        frame["mean_gap"] = np.where(gaps > 0, total / np.maximum(gaps, 1), np.nan)
        frame["last_gap"] = self._last(self.gap, gapped)

    def _capped(self, seen: np.ndarray) -> np.ndarray:
        """Order values with the rarest extremes held at a quantile of what was known by then."""
        if seen.sum() < 1000:
            return self.value
        return np.minimum(self.value, np.quantile(self.value[seen], OUTLIER_QUANTILE))

    def outliers(self, moment: datetime) -> int:
        """How many order values the outlier rule holds back at that moment."""
        seen = self.time < _ns(moment)
        return int((self._capped(seen)[seen] < self.value[seen]).sum())


def _nanoseconds(column: pd.Series) -> np.ndarray:
    return column.dt.as_unit("ns").astype("int64").to_numpy()


def _ns(moment: datetime) -> int:
    return int(pd.Timestamp(moment).tz_convert("UTC").as_unit("ns").value)


def _moment(nanoseconds: int) -> datetime:
    return pd.Timestamp(int(nanoseconds), tz="UTC").to_pydatetime()
