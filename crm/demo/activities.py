"""What the sample's reps have to do about their deals: done, overdue, for today and for later."""

from __future__ import annotations

import datetime as dt

import numpy as np

from crm.demo.deals import OPEN_STAGES, Deals
from crm.demo.rows import Chunk
from crm.demo.texts import TASKS
from crm.demo.world import DAY, times
from crm.demo.write import NULL
from sales.models import Activity

HIGH = 50_000  # yuan: the deals whose tasks matter most
LATE, AHEAD = 3, 18  # days before and after today in which open tasks fall due


def write_activities(chunk: Chunk, deals: Deals, first_deal: int) -> None:
    """One open task for every open deal, and a done one for half of those that are over."""
    world, hands = chunk.world, chunk.hands
    rng = world.rng("activities", chunk.number)
    is_open = deals.stage < OPEN_STAGES
    chosen = np.flatnonzero(is_open | (rng.random(len(deals.stage)) < 0.5))
    kinds = rng.integers(0, len(TASKS), len(deals.stage))[chosen].tolist()
    ahead = rng.integers(-LATE, AHEAD, len(deals.stage))[chosen]
    opened, closed = deals.opened[chosen], deals.closed[chosen]
    done = np.where(is_open[chosen], 0, opened + ((closed - opened) * 0.6).astype(np.int64))
    day = np.where(is_open[chosen], world.days + ahead, (done - world.start) // DAY)
    made = np.minimum(opened + 3600, world.end - 3600)
    customer, chinese = deals.customer[chosen], chunk.people.chinese[deals.customer[chosen]].tolist()
    who, reps, numbers = chunk.ids(customer), chunk.reps(customer), chunk.numbers(len(chosen))
    late, done_at, made_at = times(world.start + (day + 1) * DAY - 1), times(done), times(made)
    morning = times(world.start + day * DAY + 9 * 3600)
    high, over = (deals.amount[chosen] >= HIGH).tolist(), (done > 0).tolist()
    chunk.writer.copy(
        Activity,
        ["source_id", "external_id", "title", "kind", "state", "priority", "due_on", "due_at", "remind_at",
         "customer_id", "deal_id", "owner_id", "team_id", "created_by_id", "done_at", "done_by_id", "created_at"],
        (
            f"{hands.source.pk}\tA{numbers[i]}\t{TASKS[kinds[i]][1 + chinese[i]]}\t{TASKS[kinds[i]][0]}\t"
            f"{'done' if over[i] else 'open'}\t{'high' if high[i] else 'normal'}\t"
            f"{world.today + dt.timedelta(days=on - world.days)}\t{late[i]}\t"
            f"{morning[i] if on > world.days else NULL}\t{who[i]}\t{first_deal + deal}\t{reps[i][0]}\t{reps[i][1]}\t"
            f"{reps[i][0]}\t{done_at[i] if over[i] else NULL}\t{reps[i][0] if over[i] else NULL}\t{made_at[i]}"
            for i, (deal, on) in enumerate(zip(chosen.tolist(), day.tolist(), strict=True))
        ),
    )  # fmt: skip
