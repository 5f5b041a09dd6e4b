"""Calls, mails, meetings, chats, notes, web visits and what campaigns did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.demo.catalogue import ITEMS
from crm.demo.people import People
from crm.demo.texts import TABLES
from crm.demo.world import Ints, World

KINDS = ["call", "mail_out", "mail_in", "fading", "meeting", "note", "chat", "form", "web"]
"""Own sorts; (kind, direction) in the table below."""
TABLE_KIND = {
    "call": ("call", "out"), "mail_out": ("mail", "out"), "mail_in": ("mail", "in"), "fading": ("mail", "in"),
    "meeting": ("meeting", ""), "note": ("note", ""), "chat": ("chat", "in"), "form": ("form", "in"), "web": ("web", "in"),
}  # fmt: skip
OF_PERSON = [0.08, 0.14, 0.16, 0, 0.0, 0.04, 0.16, 0.04, 0.38]
OF_COMPANY = [0.24, 0.2, 0.18, 0, 0.1, 0.1, 0.03, 0.03, 0.12]


@dataclass
class Talks:
    """Interactions of one chunk without those of campaigns."""

    customer: Ints
    at: Ints
    kind: Ints  # index into KINDS
    variant: Ints  # which of the texts
    item: Ints


def make_talks(world: World, chunk: int, people: People) -> Talks:
    """Contact is livelier with companies and thins out when interest fades."""
    rng = world.rng("talks", chunk)
    lived = np.maximum(np.minimum(people.death, world.days) - people.start, 1)
    rate = np.where(people.company, 7.0, 2.6) * np.sqrt(lived / 500)
    count = np.minimum(rng.poisson(rate), 40)
    customer = np.repeat(np.arange(len(people)), count)
    won_back = 140 * rng.random(len(customer))  # people who stopped buying are still called and written to
    day = people.start[customer] - 8 + rng.random(len(customer)) ** 0.9 * (lived[customer] + 20 + won_back)
    kind = np.where(
        people.company[customer],
        rng.choice(len(KINDS), len(customer), p=OF_COMPANY),
        rng.choice(len(KINDS), len(customer), p=OF_PERSON),
    )
    fading = day > people.death[customer] - people.decay[customer]
    kind = np.where(
        fading & (kind == KINDS.index("mail_in")) & (rng.random(len(customer)) < 0.5), KINDS.index("fading"), kind
    )
    keep = (day >= 0) & (day < world.days) & ~(fading & (rng.random(len(customer)) < 0.3))
    customer, whole, kind = customer[keep], day[keep].astype(np.int64), kind[keep]
    return Talks(
        customer,
        world.at_hours(rng, whole),
        kind,
        rng.integers(0, 60, len(customer)),
        rng.integers(0, len(ITEMS) - 2, len(customer)),
    )


def wording(talks: Talks, chinese: list[bool]) -> list[tuple[str, str]]:
    """(subject, text) of each, in the customer's language."""
    rows = []
    for customer, kind, variant, item in zip(
        talks.customer.tolist(), talks.kind.tolist(), talks.variant.tolist(), talks.item.tolist(), strict=True
    ):
        table = TABLES.get(KINDS[kind])
        if table is None:
            rows.append(("", ""))
            continue
        subject, text = table[variant % len(table)][1 if chinese[customer] else 0]
        name = ITEMS[item].name
        rows.append((subject.replace("{item}", name), text.replace("{item}", name)))
    return rows


def last_contact(size: int, talks: Talks) -> Ints:
    """Newest talk per customer (campaign mails, notes and page visits are none); 0 for never."""
    latest = np.zeros(size, dtype=np.int64)
    personal = ~np.isin(talks.kind, [KINDS.index("web"), KINDS.index("note")])
    np.maximum.at(latest, talks.customer[personal], talks.at[personal])
    return latest
