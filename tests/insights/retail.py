"""The online retail file as fact frames, with the treatment that the import gives it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from insights.clean import Cleaning, orders_from_lines
from insights.features.contract import Facts

FILE = Path(__file__).parents[3] / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
ADJUSTMENTS = {"POST", "DOT", "M", "D", "C2", "S", "B", "PADS", "CRUK", "AMAZONFEE", "BANK CHARGES"}
needs_retail = pytest.mark.skipif(not FILE.exists(), reason="the online retail file is not beside the project")


@cache
def lines() -> pd.DataFrame:
    """Order lines as facts: codes that differ by case are one product, C… invoices are returns."""
    raw = pd.read_csv(FILE, dtype={"CustomerID": str, "StockCode": str, "InvoiceNo": str})
    code = raw["StockCode"].str.upper()
    adjustment = code.isin(ADJUSTMENTS) | code.str.startswith("GIFT_")
    returned = raw["InvoiceNo"].str.startswith("C")
    return pd.DataFrame(
        {
            "customer": raw["CustomerID"].astype("float").astype("Int64"),
            "order": raw["InvoiceNo"],
            "kind": returned.map({True: "return", False: "sale"}),
            "at": pd.to_datetime(raw["InvoiceDate"], utc=True),
            "quantity": raw["Quantity"].astype(float),
            "unit_price": raw["UnitPrice"].astype(float),
            "net": (raw["Quantity"] * raw["UnitPrice"]).round(6),
            "product_kind": adjustment.map({True: "adjustment", False: "goods"}),
            "product": code,
        }
    )


def facts(frame: pd.DataFrame | None = None) -> Facts:
    """Checked facts of the file, customers in the order of their numbers."""
    orders = orders_from_lines(lines() if frame is None else frame, Cleaning())
    return Facts(customers=sorted(orders["customer"].unique().tolist()), orders=orders)
