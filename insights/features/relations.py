"""Features of contact, campaigns, service and deals, as known at a past moment."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from insights.features.contract import Facts

TALK = ("mail", "call", "meeting", "chat", "social", "form")
NEVER = 730.0
"""Days used for "no contact ever": two years, so that the logarithm stays within reach of real values."""


class Relations:
    """Interactions, tickets and deals; `at(moment, …)` answers from what was known before that moment."""

    def __init__(self, facts: Facts) -> None:
        self.order = pd.Index(np.asarray(facts.customers, dtype=np.int64))
        self.interactions = self._coded(facts.interactions)
        self.tickets = self._coded(facts.tickets)
        self.deals = self._coded(facts.deals)

    def _coded(self, frame: pd.DataFrame) -> pd.DataFrame:
        code = self.order.get_indexer(pd.Index(frame["customer"]))
        return frame.assign(code=code)[code >= 0]

    def at(self, moment: datetime, rows: pd.Index) -> pd.DataFrame:
        """Raw relation facts for the customers in rows."""
        now = pd.Timestamp(moment).tz_convert("UTC")
        parts = {**self._talks(now), **self._campaigns(now), **self._service(now), **self._sales(now)}
        return pd.DataFrame(parts, index=self.order).loc[rows]

    def _count(self, frame: pd.DataFrame) -> np.ndarray:
        return np.bincount(frame["code"], minlength=len(self.order)).astype(float)

    def _talks(self, now: pd.Timestamp) -> dict[str, np.ndarray]:
        talks = self.interactions
        talks = talks[talks["kind"].isin(TALK) & (talks["at"] < now)]
        if talks.empty:
            return {}
        last = talks.groupby("code")["at"].max()
        days = np.full(len(self.order), NEVER)
        days[last.index] = np.minimum((now - last).dt.total_seconds() / 86_400, NEVER)
        recent = talks[talks["at"] >= now - pd.Timedelta(days=90)]
        return {
            "contact_days": days,
            "talks_90": self._count(recent),
            "inbound_90": self._count(recent[recent["direction"] == "in"]),
        }

    def _campaigns(self, now: pd.Timestamp) -> dict[str, np.ndarray]:
        touched = self.interactions
        touched = touched[(touched["kind"] == "campaign") & (touched["at"] < now)]
        if touched.empty:
            return {}
        touched = touched[touched["at"] >= now - pd.Timedelta(days=180)]
        return {
            "sent_180": self._count(touched[touched["direction"] == "out"]),
            "reacted_180": self._count(touched[touched["direction"] == "in"]),
        }

    def _service(self, now: pd.Timestamp) -> dict[str, np.ndarray]:
        known = self.tickets[self.tickets["at"] < now]
        if known.empty:
            return {}
        solved = known["resolved_at"] < now
        open_now = known[~solved]
        age = np.zeros(len(self.order))
        oldest = open_now.groupby("code")["at"].min()
        age[oldest.index] = (now - oldest).dt.total_seconds() / 86_400
        rated = known[solved & known["rating"].notna() & (known["at"] >= now - pd.Timedelta(days=365))]
        rating = np.full(len(self.order), np.nan)
        mean = rated.groupby("code")["rating"].mean()
        rating[mean.index] = mean
        return {
            "tickets_open": self._count(open_now),
            "ticket_age": age,
            "tickets_90": self._count(known[known["at"] >= now - pd.Timedelta(days=90)]),
            "rating": rating,
        }

    def _sales(self, now: pd.Timestamp) -> dict[str, np.ndarray]:
        known = self.deals[self.deals["at"] < now]
        if known.empty:
            return {}
        return {"deals_open": self._count(known[~(known["closed_at"] < now)])}
