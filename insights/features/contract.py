"""What each fact frame must look like, checked once at the door.

A fact that arrives with a column missing, doubled or of the wrong type stops here with a sentence;
everything behind the door may rely on the shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
from pandas.api import types


class BadFacts(ValueError):
    """A fact frame breaks its contract; the message says which column and how."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns of one fact frame: name to kind (int, float, text, time), what may be empty, what is unique."""

    name: str
    columns: dict[str, str]
    optional: frozenset[str] = frozenset()
    unique: tuple[str, ...] = ()


ORDERS = Contract(
    name="orders",
    columns={
        "customer": "int",
        "key": "text",
        "kind": "text",
        "at": "time",
        "day": "int",
        "net": "float",
        "lines": "int",
        "products": "int",
        "quantity": "float",
    },
    unique=("key",),
)
INTERACTIONS = Contract(
    name="interactions",
    columns={"customer": "int", "at": "time", "kind": "text", "direction": "text"},
)
TICKETS = Contract(
    name="tickets",
    columns={"customer": "int", "at": "time", "resolved_at": "time", "rating": "float"},
    optional=frozenset({"resolved_at", "rating"}),
)
DEALS = Contract(
    name="deals",
    columns={"customer": "int", "at": "time", "closed_at": "time"},
    optional=frozenset({"closed_at"}),
)
OWN = Contract(
    name="own fields",
    columns={"customer": "int", "field": "text", "value": "float", "option": "text", "since": "time", "until": "time"},
    optional=frozenset({"value", "option", "until"}),
)

_KINDS = {
    "int": types.is_integer_dtype,
    "float": types.is_numeric_dtype,
    "text": lambda dtype: types.is_string_dtype(dtype) or types.is_object_dtype(dtype),
    "time": lambda dtype: isinstance(dtype, pd.DatetimeTZDtype),
}


def check(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the frame when it keeps the contract; raise BadFacts with one sentence when it does not."""
    for column, kind in contract.columns.items():
        if column not in frame.columns:
            raise BadFacts(f"Facts “{contract.name}” lack the column “{column}”.")
        if not _KINDS[kind](frame[column].dtype):
            found = frame[column].dtype
            raise BadFacts(f"Facts “{contract.name}”: column “{column}” must be {kind}, is {found}.")
        if column not in contract.optional and frame[column].isna().any():
            empty = int(frame[column].isna().sum())
            raise BadFacts(f"Facts “{contract.name}”: column “{column}” is empty in {empty} rows.")
    if contract.unique and frame.duplicated(list(contract.unique)).any():
        doubled = int(frame.duplicated(list(contract.unique)).sum())
        keys = ", ".join(contract.unique)
        raise BadFacts(f"Facts “{contract.name}”: {keys} must be unique, {doubled} rows repeat it.")
    return frame


def empty(contract: Contract) -> pd.DataFrame:
    """A frame of that contract without rows."""
    kinds = {"int": "int64", "float": "float64", "text": "object", "time": "datetime64[ns, UTC]"}
    return pd.DataFrame({name: pd.Series(dtype=kinds[kind]) for name, kind in contract.columns.items()})


@dataclass(slots=True)
class Facts:
    """All facts of a workspace, checked; `customers` is the stable order in which every result is computed."""

    customers: list[int]
    orders: pd.DataFrame
    interactions: pd.DataFrame = field(default_factory=lambda: empty(INTERACTIONS))
    tickets: pd.DataFrame = field(default_factory=lambda: empty(TICKETS))
    deals: pd.DataFrame = field(default_factory=lambda: empty(DEALS))
    own: pd.DataFrame = field(default_factory=lambda: empty(OWN))

    def __post_init__(self) -> None:
        check(self.orders, ORDERS)
        check(self.interactions, INTERACTIONS)
        check(self.tickets, TICKETS)
        check(self.deals, DEALS)
        check(self.own, OWN)
        known = set(self.customers)
        if len(known) != len(self.customers):
            raise BadFacts("Facts “customers”: a customer is named twice.")
        if not set(self.orders["customer"].unique()) <= known:
            raise BadFacts("Facts “orders” name a customer that is not in the list of customers.")
