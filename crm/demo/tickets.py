"""Tickets: everyday questions, complaints that come with orders, and more of them before people leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.demo import texts
from crm.demo.catalogue import ITEMS
from crm.demo.orders import Orders
from crm.demo.people import People
from crm.demo.texts import Text
from crm.demo.world import DAY, Floats, Ints, World

KINDS: list[tuple[str, bool, Text]] = [
    *((topic, True, text) for topic, rows in texts.COMPLAINTS.items() for text in rows),
    *((topic, False, text) for topic, rows in texts.QUESTIONS.items() for text in rows),
]
"""(topic, is a complaint, text)."""
COMPLAINTS = np.array([number for number, kind in enumerate(KINDS) if kind[1]])
QUESTIONS = np.array([number for number, kind in enumerate(KINDS) if not kind[1]])
DELIVERY = np.array([number for number, kind in enumerate(KINDS) if kind[1] and kind[0] == "delivery"])
CHANNELS = ("mail", "web", "phone", "chat", "wechat")
PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass
class Tickets:
    """Tickets of one chunk, oldest first. Times in epoch seconds, 0 where it has not happened."""

    customer: Ints
    at: Ints
    kind: Ints
    order: Ints  # index of the order it is about, or -1
    item: Ints
    answered: Ints
    resolved: Ints
    rating: Ints  # 0: none
    priority: Ints
    channel: Ints
    status: list[str]


def make_tickets(world: World, chunk: int, people: People, orders: Orders) -> Tickets:
    """Tickets of one chunk of customers."""
    rng = world.rng("tickets", chunk)
    customer, at, kind, order = _occasions(world, rng, people, orders)
    sequence = np.lexsort((customer, at))
    customer, at, kind, order = (column[sequence] for column in (customer, at, kind, order))
    complaint = np.isin(kind, COMPLAINTS)
    priority = np.where(
        complaint, rng.choice(4, len(at), p=[0.05, 0.45, 0.38, 0.12]), rng.choice(4, len(at), p=[0.3, 0.6, 0.09, 0.01])
    )
    answered, resolved = _handled(world, rng, at, complaint, priority)
    tickets = Tickets(
        customer=customer,
        at=at,
        kind=kind,
        order=order,
        item=rng.integers(0, len(ITEMS) - 2, len(at)),
        answered=answered,
        resolved=resolved,
        rating=_ratings(rng, people, customer, at, complaint, resolved, answered),
        priority=priority,
        channel=rng.choice(len(CHANNELS), len(at), p=[0.38, 0.22, 0.15, 0.1, 0.15]),
        status=[],
    )
    tickets.status = _states(rng, world, tickets)
    return tickets


def _occasions(world: World, rng: np.random.Generator, people: People, orders: Orders) -> tuple[Ints, Ints, Ints, Ints]:
    sales = np.flatnonzero((orders.sale_of < 0) & (orders.customer >= 0))
    day = (orders.at[sales] - world.start) / DAY
    share = np.where(np.isin(day.astype(np.int64), world.specials.complaints), 0.5, 0.03)
    trouble = sales[rng.random(len(sales)) < share]
    asks = sales[rng.random(len(sales)) < 0.03]
    both = np.concatenate(
        [_fading(rng, people), np.where(rng.random(len(people)) < 0.35, _fading(rng, people), np.nan)]
    )
    happened = np.flatnonzero(~np.isnan(both) & (both > 0) & (both < world.days))
    leaving, fading_day = happened % len(people), both[happened]
    general = np.flatnonzero(rng.random(len(people)) < 0.42)
    visit = people.start[general] + rng.random(len(general)) * np.maximum(
        np.minimum(people.death[general], world.days) - people.start[general], 0.5
    )
    general, visit = general[visit < world.days], visit[visit < world.days]
    seconds = np.concatenate([
        orders.at[trouble] + rng.integers(DAY, 6 * DAY, len(trouble)),
        orders.at[asks] + rng.integers(3600, 4 * DAY, len(asks)),
        world.at_hours(rng, fading_day.astype(np.int64)),
        world.at_hours(rng, visit.astype(np.int64)),
    ])  # fmt: skip
    customer = np.concatenate([orders.customer[trouble], orders.customer[asks], leaving, general])
    kind = np.concatenate([
        rng.choice(DELIVERY, len(trouble)), rng.choice(QUESTIONS, len(asks)),
        rng.choice(COMPLAINTS, len(leaving)), rng.choice(QUESTIONS, len(general)),
    ])  # fmt: skip
    order = np.concatenate([trouble, asks, np.full(len(leaving) + len(general), -1)])
    fits = seconds < world.end
    return customer[fits], seconds[fits], kind[fits], order[fits]


def _fading(rng: np.random.Generator, people: People) -> Floats:
    """Day of the complaint of those who leave unhappy; a few happy people complain likewise."""
    early = people.death - rng.random(len(people)) * people.decay
    calm = people.start + rng.random(len(people)) * (people.death - people.start)
    bought = people.buyer & (people.death - people.start > 30)
    return np.where(bought & people.unhappy, early, np.where(bought & (rng.random(len(people)) < 0.09), calm, np.nan))


def _handled(
    world: World, rng: np.random.Generator, at: Ints, complaint: np.ndarray, priority: Ints
) -> tuple[Ints, Ints]:
    """First answer and solution; the newest ones still wait."""
    answer = at + (rng.lognormal(0.9, 0.9, len(at)) * 3600 / (1 + 0.4 * priority)).astype(np.int64) + 120
    solve = answer + (rng.lognormal(2.4, 1.1, len(at)) * 3600 * np.where(complaint, 1.6, 1.0)).astype(np.int64) + 300
    forgotten = rng.random(len(at)) < 0.004
    answered = np.where((answer < world.end) & ~forgotten, answer, 0)
    resolved = np.where((solve < world.end) & ~forgotten, solve, 0)
    return answered, resolved


def _ratings(
    rng: np.random.Generator,
    people: People,
    customer: Ints,
    at: Ints,
    complaint: np.ndarray,
    resolved: Ints,
    answered: Ints,
) -> Ints:
    mood = np.where(complaint, 2.9, 4.3) - np.where(people.unhappy[customer] & complaint, 0.7, 0.0)
    slow = np.clip((resolved - at) / DAY, 0, 6) * 0.15
    value = np.clip(np.round(rng.normal(mood - slow, 0.8)), 1, 5).astype(np.int64)
    return np.where((resolved > 0) & (rng.random(len(at)) < 0.45), value, 0)


def _states(rng: np.random.Generator, world: World, tickets: Tickets) -> list[str]:
    waits = rng.random(len(tickets.at)) < 0.4
    old = tickets.resolved < world.end - 14 * DAY
    return [
        ("closed" if aged else "solved") if solved else ("pending" if answered and waiting else "open")
        for solved, answered, waiting, aged in zip(
            tickets.resolved.tolist(), tickets.answered.tolist(), waits.tolist(), old.tolist(), strict=True
        )
    ]
