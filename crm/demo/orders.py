"""Orders with their lines and returns, from each customer's rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.demo.catalogue import CATEGORIES, ITEMS
from crm.demo.people import People
from crm.demo.world import DAY, Floats, Ints, World

FADE = 0.65  # share of the rate that is gone when interest ends
MAX_LINES = 5
MOST_ORDERS = 160


@dataclass
class Orders:
    """Orders of one chunk, oldest first. A return names the sale it takes back."""

    customer: Ints  # -1: nobody known
    at: Ints  # epoch seconds
    sale_of: Ints  # for returns the index of their sale, else -1


@dataclass
class Lines:
    """Lines of one chunk, in the order of their orders. Money in hundredths of a yuan."""

    order: Ints
    position: Ints
    product: Ints
    quantity: Ints
    price: Ints
    discount: Ints

    @property
    def net(self) -> Ints:
        return self.quantity * self.price - np.where(self.quantity < 0, -self.discount, self.discount)


def make_orders(world: World, chunk: int, people: People) -> tuple[Orders, Lines]:
    """Orders and lines of one chunk of customers."""
    rng = world.rng("orders", chunk)
    customer, day = _sales(world, rng, people)
    sales = _with_bursts(world, rng, people, customer, day)
    walk_ins = int(len(sales[0]) * 0.025)
    customer = np.concatenate([sales[0], np.full(walk_ins, -1)])
    walk_in_days = world.to_days(rng.random(walk_ins) * world.clock[-1]).astype(np.int64)
    at = world.at_hours(rng, np.concatenate([sales[1], np.minimum(walk_in_days, world.days - 1)]))
    order = np.lexsort((customer, at))
    customer, at = customer[order], at[order]
    lines = _baskets(world, rng, people, customer, at)
    return _with_returns(world, rng, people, Orders(customer, at, np.full(len(at), -1)), lines)


def _sales(world: World, rng: np.random.Generator, people: People) -> tuple[Ints, Ints]:
    """(customer, day) of every sale: gamma gaps in personal time, stretched while interest fades."""
    buyers = np.flatnonzero(people.buyer)
    interval, shape = people.interval[buyers], people.regularity[buyers]
    horizon = np.minimum(people.death[buyers], world.days) - people.start[buyers]
    width = int(min(MOST_ORDERS, np.max(horizon / interval) * 1.6 + 8))
    gaps = rng.gamma(shape[:, None], (interval / shape)[:, None], (len(buyers), width)).astype(np.float32)
    gaps[:, 0] = 0
    personal = np.cumsum(gaps, axis=1, dtype=np.float64)
    life = (people.death - people.start)[buyers][:, None]
    lived = _faded(personal, life, people.decay[buyers][:, None])
    began = np.interp(people.start[buyers], np.arange(world.days + 1), world.clock)[:, None]
    day = world.to_days(began + lived)
    keep = (lived <= life) & (day < world.days)
    keep[:, 0] = day[:, 0] < world.days
    row, _column = np.nonzero(keep)
    return buyers[row], day[keep].astype(np.int64)


def _faded(personal: Floats, life: Floats, decay: Floats) -> Floats:
    """Personal time to lived time: in the last ``decay`` days the rate falls linearly by FADE."""
    steady = life - decay
    extra = personal - steady
    a = FADE / (2 * np.maximum(decay, 1))
    root = 1 - 4 * a * np.maximum(extra, 0)
    slow = steady + (1 - np.sqrt(np.maximum(root, 0))) / (2 * a)
    return np.where(extra <= 0, personal, np.where(root > 0, slow, np.inf))


def _with_bursts(
    world: World, rng: np.random.Generator, people: People, customer: Ints, day: Ints
) -> tuple[Ints, Ints]:
    """Some customers buy day after day at the very end."""
    sudden = np.flatnonzero(people.burst)
    more = rng.integers(5, 10, len(sudden))
    extra = np.repeat(sudden, more)
    return np.concatenate([customer, extra]), np.concatenate([day, world.days - 1 - rng.integers(0, 9, len(extra))])


def _baskets(world: World, rng: np.random.Generator, people: People, customer: Ints, at: Ints) -> Lines:
    known = customer >= 0
    who = np.where(known, customer, 0)
    firm = people.company[who] & known
    wanted = np.minimum(1 + rng.poisson(np.where(firm, 1.5, 0.75)), MAX_LINES)
    product = _products(rng, people, who, known, wanted)
    place = np.arange(MAX_LINES)[None, :]
    keep = place < wanted[:, None]
    for column in range(1, MAX_LINES):  # a product stands once in an order
        keep[:, column] &= (product[:, :column] != product[:, [column]]).all(axis=1)
    row = np.nonzero(keep)[0]
    chosen = product[keep]
    quantity = _quantities(world, rng, people, who[row], known[row], chosen, at[row])
    price = _prices(world, rng)[chosen, np.minimum((at[row] - world.start) // DAY, world.days - 1)]
    reduced = rng.random(len(row)) < 0.08
    discount = np.where(reduced, quantity * price // 10, 0)
    position = np.concatenate([[0], np.cumsum(row[1:] != row[:-1])]) if len(row) else row
    first = np.searchsorted(row, row, side="left")
    return Lines(position, np.arange(len(row)) - first + 1, chosen, quantity, price, discount)


def _products(rng: np.random.Generator, people: People, who: Ints, known: np.ndarray, wanted: Ints) -> Ints:
    """Products by taste; the next line is often a companion of the first."""
    groups = np.array([CATEGORIES.index(item.category) for item in ITEMS])
    weight = np.array([item.weight for item in ITEMS])
    share = np.zeros((len(CATEGORIES), len(ITEMS)))
    for group in range(len(CATEGORIES)):
        share[group] = np.where(groups == group, weight, 0)
    tables = np.cumsum(share / share.sum(axis=1, keepdims=True), axis=1)
    taste = np.cumsum(np.where(known[:, None], people.taste[who], people.taste.mean(axis=0)), axis=1)
    product = np.zeros((len(who), MAX_LINES), dtype=np.int64)
    for column in range(MAX_LINES):
        need = wanted > column
        drawn = rng.random((2, int(need.sum())))
        group = np.minimum((drawn[0][:, None] > taste[need]).sum(axis=1), len(CATEGORIES) - 1)
        fresh = np.zeros(len(group), dtype=np.int64)
        for each in range(len(CATEGORIES)):
            mine = group == each
            fresh[mine] = np.searchsorted(tables[each], drawn[1][mine])
        fresh = np.minimum(fresh, len(ITEMS) - 1)
        if column:
            mate = MATES[product[need, 0], rng.integers(0, 2, len(group))]
            fresh = np.where((mate >= 0) & (rng.random(len(group)) < 0.5), mate, fresh)
        product[need, column] = fresh
    return product


def _mates() -> Ints:
    index = {item.sku: number for number, item in enumerate(ITEMS)}
    table = np.full((len(ITEMS), 2), -1)
    for number, item in enumerate(ITEMS):
        for slot in range(2):
            if item.goes_with:
                table[number, slot] = index[item.goes_with[slot % len(item.goes_with)]]
    return table


MATES = _mates()


def _quantities(
    world: World, rng: np.random.Generator, people: People, who: Ints, known: np.ndarray, product: Ints, at: Ints
) -> Ints:
    spend = np.where(known, people.spend[who], 1.0)
    left = people.death[who] - (at - world.start) / DAY
    tired = np.where(left < people.decay[who], 0.75, 1.0)  # baskets shrink before people leave
    dear = np.array([item.price for item in ITEMS])[product]
    mean = np.clip(spend * tired * np.where(dear > 1000, 0.15, 1.0), 0.15, 14)
    sudden = people.burst[who] & known & (at > world.end - 10 * DAY)
    return 1 + rng.poisson(np.where(sudden, mean * 5, mean * 0.55))


def _prices(world: World, rng: np.random.Generator) -> Ints:
    """Price in hundredths per product and day: one rise a year, each product on its own day."""
    steps = world.rng("prices")
    table = np.empty((len(ITEMS), world.days), dtype=np.int64)
    for number, item in enumerate(ITEMS):
        price, day = item.price, int(steps.integers(30, 365))
        table[number] = round(price * 100)
        while day < world.days:
            price *= 1 + steps.uniform(0.02, 0.08)
            table[number, day:] = round(price) * 100 if price > 30 else round(price * 2) * 50
            day += int(steps.integers(300, 430))
    return table


def _with_returns(
    world: World, rng: np.random.Generator, people: People, sales: Orders, lines: Lines
) -> tuple[Orders, Lines]:
    """Some sales come back days later; on the planted days many do."""
    who = np.where(sales.customer >= 0, sales.customer, 0)
    leaving = people.death[who] - (sales.at - world.start) / DAY < people.decay[who]
    share = np.where(leaving & people.unhappy[who], 0.075, 0.035)
    taken = np.flatnonzero((rng.random(len(sales.at)) < share) & (sales.customer >= 0))
    day = (sales.at[taken] - world.start) // DAY + rng.integers(3, 21, len(taken))
    per_day = max(len(taken) / world.days, 0.5)
    for planted in world.specials.returns:
        recent = np.flatnonzero(
            (sales.at > world.start + (planted - 25) * DAY) & (sales.at < world.start + (planted - 2) * DAY)
            & (sales.customer >= 0)
        )  # fmt: skip
        more = rng.choice(recent, min(len(recent), round(per_day * 3 + 4)), replace=False)
        taken, day = np.concatenate([taken, more]), np.concatenate([day, np.full(len(more), planted)])
    taken, unique = np.unique(taken, return_index=True)
    day = day[unique]
    taken, day = taken[day < world.days], day[day < world.days]
    at = world.at_hours(rng, day)
    return _joined(sales, lines, taken, np.maximum(at, sales.at[taken] + 3600))


def _joined(sales: Orders, lines: Lines, taken: Ints, at: Ints) -> tuple[Orders, Lines]:
    """Sales and returns in one sequence by time; a return takes the first line of its sale."""
    count = len(sales.at)
    orders = Orders(
        np.concatenate([sales.customer, sales.customer[taken]]),
        np.concatenate([sales.at, at]),
        np.concatenate([np.full(count, -1), taken]),
    )
    first = np.flatnonzero(lines.position == 1)[taken]
    both = Lines(
        *(
            np.concatenate([old, new])
            for old, new in zip(
                (lines.order, lines.position, lines.product, lines.quantity, lines.price, lines.discount),
                (
                    count + np.arange(len(taken)),
                    np.ones(len(taken), dtype=np.int64),
                    lines.product[first],
                    -lines.quantity[first],
                    lines.price[first],
                    lines.discount[first],
                ),
                strict=True,
            )
        )
    )
    sequence = np.lexsort((np.arange(len(orders.at)), orders.at))
    rank = np.empty(len(sequence), dtype=np.int64)
    rank[sequence] = np.arange(len(sequence))
    source = orders.sale_of[sequence]
    orders = Orders(orders.customer[sequence], orders.at[sequence], np.where(source >= 0, rank[source], -1))
    new_order = rank[both.order]
    place = np.lexsort((both.position, new_order))
    return orders, Lines(new_order[place], *(column[place] for column in (
        both.position, both.product, both.quantity, both.price, both.discount)))  # fmt: skip
