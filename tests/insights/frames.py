"""Small fact frames for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from insights.features.contract import Facts

START = datetime(2024, 1, 1, tzinfo=UTC)


def orders(rows: list[tuple[int, int, float]], kind: str = "sale") -> pd.DataFrame:
    """Orders from (customer, day number, net) tuples, at noon."""
    return pd.DataFrame(
        {
            "customer": [row[0] for row in rows],
            "key": [f"{kind}-{place:06d}" for place in range(len(rows))],
            "kind": kind,
            "at": pd.to_datetime([START + timedelta(days=row[1], hours=12) for row in rows], utc=True),
            "day": [19723 + row[1] for row in rows],
            "net": [float(row[2]) for row in rows],
            "lines": 2,
            "products": 2,
            "quantity": 4.0,
        }
    )


def rhythm(customers: int = 400, days: int = 500, seed: int = 1) -> Facts:
    """Customers who buy with a rhythm of their own, a part of whom stop one day."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, float]] = []
    for customer in range(1, customers + 1):
        gap = rng.uniform(8, 60)
        day = rng.uniform(0, 120)
        end = rng.uniform(day + 30, days * 1.6)
        while day < min(end, days):
            rows.append((customer, int(day), float(rng.gamma(3, 30))))
            day += max(1.0, rng.normal(gap, gap / 4))
    return Facts(customers=list(range(1, customers + 1)), orders=orders(rows))
