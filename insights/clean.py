"""Cleaning before any feature: each rule is applied in one place and leaves a count behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

COUNTED_KINDS = ("goods", "service")


@dataclass(slots=True)
class Cleaning:
    """What cleaning did: rule to number of rows it touched; kept with the Run."""

    rules: dict[str, int] = field(default_factory=dict)
    lines: int = 0

    def note(self, rule: str, rows: int) -> None:
        """Add the rows a rule touched; a rule that touched none is still named."""
        self.rules[rule] = self.rules.get(rule, 0) + int(rows)


def usable_lines(lines: pd.DataFrame, log: Cleaning) -> pd.DataFrame:
    """Order lines that may enter customer features.

    Rules: a line needs a customer; adjustments (postage, fees, corrections) are cash, not buying; a sale line
    has a quantity and a price above zero (else it is a write-off or a gift); a return line has a price above 0.
    """
    no_customer = lines["customer"].isna()
    log.note("line without a customer", no_customer.sum())
    lines = lines[~no_customer]
    adjustment = ~lines["product_kind"].isin(COUNTED_KINDS)
    log.note("adjustment line", adjustment.sum())
    lines = lines[~adjustment]
    unpriced = (lines["unit_price"] <= 0) | lines["net"].isna()
    log.note("line without a price", unpriced.sum())
    lines = lines[~unpriced]
    written_off = (lines["kind"] == "sale") & (lines["quantity"] <= 0)
    log.note("sale line without a quantity", written_off.sum())
    return lines[~written_off]


def orders_from_lines(lines: pd.DataFrame, log: Cleaning, *, zone: str = "UTC") -> pd.DataFrame:
    """One row per order from its lines: the definition that the SQL of facts.py must agree with (tested).

    `net` is positive for sales and returns alike, in home currency; `day` is the local calendar day.
    """
    lines = usable_lines(lines, log)
    grouped = lines.groupby("order", sort=True)
    orders = pd.DataFrame(
        {
            "customer": grouped["customer"].first().astype("int64"),
            "kind": grouped["kind"].first(),
            "at": grouped["at"].min(),
            # money has four decimals: rounding makes the sum free of the sequence of its lines, as in SQL
            "net": grouped["net"].sum().abs().round(6),
            "lines": grouped.size(),
            "products": grouped["product"].nunique(),
            "quantity": grouped["quantity"].sum().abs().astype(float),
        }
    ).reset_index(names="key")
    local = orders["at"].dt.tz_convert(zone).dt.tz_localize(None).dt.floor("D")
    orders["day"] = (local - pd.Timestamp("1970-01-01")).dt.days.astype("int64")
    return orders
