"""Campaigns and what became of each mail: sent, opened, clicked, answered by an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.demo import texts
from crm.demo.people import People
from crm.demo.world import DAY, Ints, World


@dataclass(frozen=True)
class Campaign:
    """One campaign: when, to what share of the customers, how good it was."""

    number: int
    name: str
    day: int
    share: float
    appeal: float

    def ends(self) -> int:
        return self.day + 21


def campaigns(world: World) -> list[Campaign]:
    """One every eight weeks or so, the last one still running."""
    rng = world.rng("campaigns")
    days = [int(day) for day in range(world.days - 11, 20, -53)][::-1]
    named = []
    for number, day in enumerate(days):
        date = world.date(day)
        name = f"{_fitting(date.month, number)} {date.year}"
        named.append(Campaign(number, name, day, float(rng.uniform(0.14, 0.3)), float(rng.uniform(0.8, 1.2))))
    return named


def _fitting(month: int, number: int) -> str:
    by_month = {11: "Winter restock", 12: "New year boxes", 1: "New year boxes", 3: "Spring harvest", 4: "Tea season",
                6: "Summer cold brew", 7: "Summer cold brew", 9: "Autumn tasting", 10: "Autumn tasting"}  # fmt: skip
    return by_month.get(month) or texts.CAMPAIGNS[(number % 3) + 7]


@dataclass
class Touches:
    """Touches of one chunk. Times in epoch seconds, 0 where it did not happen."""

    campaign: Ints
    customer: Ints
    sent: Ints
    opened: Ints
    clicked: Ints
    converted: Ints
    left: Ints


def make_touches(world: World, chunk: int, people: People) -> Touches:
    """Who was reached, who reacted: interest falls before people leave."""
    rng = world.rng("touches", chunk)
    parts = [_of(world, rng, people, campaign) for campaign in campaigns(world)]
    return Touches(*(np.concatenate([getattr(part, name) for part in parts]) for name in Touches.__dataclass_fields__))


def _of(world: World, rng: np.random.Generator, people: People, campaign: Campaign) -> Touches:
    size = len(people)
    known = people.start <= campaign.day
    customer = np.flatnonzero(known & (people.twin < 0) & (rng.random(size) < campaign.share * 1.2))
    left = people.death[customer] - campaign.day
    interest = np.where(left < 0, 0.18, np.where(left < people.decay[customer] * 1.3, 0.42, 1.0))
    opens = rng.random(len(customer)) < np.clip(people.opens[customer] * campaign.appeal * interest, 0, 0.95)
    clicks = opens & (rng.random(len(customer)) < 0.24)
    buys = clicks & (rng.random(len(customer)) < 0.3) & (left > 0)
    goes = ~opens & (rng.random(len(customer)) < np.where(left < 40, 0.012, 0.002))
    sent = world.start + campaign.day * DAY + 9 * 3600 + rng.integers(0, 1800, len(customer))
    opened = sent + (rng.exponential(9, len(customer)) * 3600).astype(np.int64) + 60
    clicked = opened + rng.integers(20, 900, len(customer))
    converted = clicked + rng.integers(300, 2 * DAY, len(customer))

    def when(happened: np.ndarray, at: Ints) -> Ints:
        return np.where(happened & (at < world.end), at, 0)

    return Touches(
        np.full(len(customer), campaign.number), customer, sent, when(opens, opened), when(clicks, clicked),
        when(buys, converted), when(goes, opened),
    )  # fmt: skip
