"""Deals on their way through the default pipeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.demo.people import People
from crm.demo.texts import DEALS, LOST
from crm.demo.world import DAY, Ints, World

AMOUNTS = np.array([12_000, 36_000, 22_000, 9_000, 6_500, 3_600, 5_200, 14_000])
OPEN_STAGES = 4


@dataclass
class Deals:
    """Deals of one chunk, oldest first. ``moved`` holds the time of each stage entered, 0 for none."""

    customer: Ints
    opened: Ints
    title: Ints
    amount: Ints  # yuan
    stage: Ints  # 0-3 open, 4 won, 5 lost
    moved: np.ndarray  # (deal, 6)
    closed: Ints
    reason: list[str]


def make_deals(world: World, chunk: int, people: People) -> Deals:
    """About one deal for two customers; companies have most of them."""
    rng = world.rng("deals", chunk)
    size = len(people)
    weight = np.where(people.company, 9.0, 1.0) * (people.twin < 0)
    customer = rng.choice(size, size=round(size * 0.52), p=weight / weight.sum())
    span = np.maximum(np.minimum(people.death[customer], world.days) - people.start[customer], 5)
    day = np.clip(people.start[customer] - 20 + rng.random(len(customer)) ** 0.8 * span, 0, world.days - 1)
    opened = world.at_hours(rng, day.astype(np.int64))
    sequence = np.lexsort((customer, opened))
    customer, opened = customer[sequence], opened[sequence]
    moved, stage = _path(world, rng, people, customer, opened)
    title = rng.integers(0, len(DEALS), len(customer))
    amount = np.round(AMOUNTS[title] * rng.lognormal(0, 0.5, len(customer)), -2).astype(np.int64) + 100
    closed = np.where(stage >= OPEN_STAGES, moved.max(axis=1), 0)
    reasons = rng.integers(0, len(LOST), len(customer)).tolist()
    reason = [LOST[why] if lost else "" for why, lost in zip(reasons, (stage == 5).tolist(), strict=True)]
    return Deals(customer, opened, title, amount, stage, moved, closed, reason)


def _path(
    world: World, rng: np.random.Generator, people: People, customer: Ints, opened: Ints
) -> tuple[np.ndarray, Ints]:
    """Stage by stage with waiting times; lost at any step; what lies in the future has not happened."""
    size = len(customer)
    waits = (rng.lognormal(2.5, 0.7, (size, OPEN_STAGES)) * DAY).astype(np.int64) + 3600
    left = people.death[customer] - (opened - world.start) / DAY
    chance = np.where(left < 60, 0.72, 0.86)
    survives = rng.random((size, OPEN_STAGES)) < chance[:, None]
    moved = np.zeros((size, OPEN_STAGES + 2), dtype=np.int64)
    moved[:, 0] = opened
    stage = np.zeros(size, dtype=np.int64)
    alive, at = np.ones(size, dtype=bool), opened.copy()
    for step in range(OPEN_STAGES):
        at = at + waits[:, step]
        alive &= at < world.end
        on, out = alive & survives[:, step], alive & ~survives[:, step]
        stage[on], stage[out] = step + 1, OPEN_STAGES + 1
        moved[on, step + 1] = at[on]
        moved[out, OPEN_STAGES + 1] = at[out]
        alive = on
    return moved, stage
