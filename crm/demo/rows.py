"""Orders, deals, tickets, touches and interactions of one chunk, as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crm.demo.campaigns import Touches
from crm.demo.catalogue import ITEMS, SHIPPING
from crm.demo.deals import Deals
from crm.demo.interactions import KINDS, TABLE_KIND, Talks, wording
from crm.demo.names import PLACES
from crm.demo.orders import Lines, Orders
from crm.demo.people import People
from crm.demo.stage import Stagehands
from crm.demo.texts import DEALS, VISITS
from crm.demo.tickets import CHANNELS, PRIORITIES, Tickets
from crm.demo.tickets import KINDS as TICKET_KINDS
from crm.demo.world import DAY, Ints, World, times
from crm.demo.write import NULL, Writer
from customers.models import Interaction
from marketing.models import Touch
from sales.models import Deal, Order, OrderLine, StageChange
from service.models import Ticket

FIRST_NUMBER = 10_000


@dataclass
class Chunk:
    """What the rows of one chunk need to know."""

    world: World
    writer: Writer
    hands: Stagehands
    number: int
    people: People
    first: int  # id of its first customer

    def numbers(self, count: int) -> list[int]:
        """Running numbers, ascending with time in each chunk and unlike those of the other chunks."""
        width = len(self.world.chunks)
        return (FIRST_NUMBER + np.arange(count) * width + self.number).tolist()

    def ids(self, customer: Ints) -> list[str]:
        """Customer ids as COPY reads them; -1 is nobody."""
        return [str(self.first + one) if one >= 0 else NULL for one in customer.tolist()]

    def reps(self, customer: Ints) -> list[tuple[int, int]]:
        """(owner, team) who works with each customer."""
        hands = self.hands
        north = np.array([place.team == "north" for place in PLACES])[self.people.place[customer]]
        both = (hands.users["rep2"], hands.south), (hands.users["rep"], hands.north)
        return [both[is_north] for is_north in north.astype(int).tolist()]


def money(hundredths: Ints) -> list[str]:
    """Hundredths as decimal text."""
    sign = np.where(hundredths < 0, "-", "").tolist()
    whole, rest = np.divmod(np.abs(hundredths), 100)
    return [f"{s}{w}.{r:02d}" for s, w, r in zip(sign, whole.tolist(), rest.tolist(), strict=True)]


def write_orders(chunk: Chunk, orders: Orders, lines: Lines) -> None:
    """Orders with totals and their lines; small sales carry shipping."""
    world, hands = chunk.world, chunk.hands
    count = len(orders.at)
    goods = np.bincount(lines.order, weights=lines.net, minlength=count).astype(np.int64)
    sale = orders.sale_of < 0
    ships = sale & (goods < 15_000) & (orders.customer >= 0)
    fee = round(SHIPPING.price * 100)
    total = money(goods + np.where(ships, fee, 0))
    each = (np.bincount(lines.order, minlength=count) + ships).tolist()
    first = chunk.writer.reserve(Order, count)
    numbers = chunk.numbers(count)
    who, at = chunk.ids(orders.customer), times(orders.at)
    teams = [team for _owner, team in chunk.reps(np.maximum(orders.customer, 0))]
    known = (orders.customer >= 0).tolist()
    fresh = np.where(orders.at > world.end - DAY, 2, np.where(orders.at > world.end - 3 * DAY, 1, 0)).tolist()
    state = ("delivered", "shipped", "paid")
    kinds = sale.tolist()
    head = f"{hands.source.pk}\t"
    tail = f"\t{hands.currency}\t"
    chunk.writer.copy(
        Order,
        ["id", "source_id", "external_id", "number", "customer_id", "team_id", "ordered_at", "created_at", "kind",
         "status", "currency", "total", "home_total", "line_count"],
        (
            f"{first + i}\t{head}{'S' if kinds[i] else 'R'}{numbers[i]}\t{'' if kinds[i] else 'R'}{numbers[i]}\t{who[i]}\t"
            f"{teams[i] if known[i] else hands.root}\t{at[i]}\t{at[i]}\t"
            f"{'sale' if kinds[i] else 'return'}\t{state[fresh[i]] if kinds[i] else 'refunded'}"
            f"{tail}{total[i]}\t{total[i]}\t{each[i]}"
            for i in range(count)
        ),
    )  # fmt: skip
    _write_lines(chunk, lines, first, np.flatnonzero(ships), each, fee)


def _write_lines(chunk: Chunk, lines: Lines, first: int, ships: Ints, each: list[int], fee: int) -> None:
    names = [item.name for item in ITEMS]
    products = chunk.hands.products
    net, price, discount = money(lines.net), money(lines.price), money(lines.discount)
    postage = money(np.array([fee]))[0]

    def rows() -> Iterator[str]:
        for order, place, product, quantity, one_price, off, sum_ in zip(
            lines.order.tolist(), lines.position.tolist(), lines.product.tolist(), lines.quantity.tolist(),
            price, discount, net, strict=True,
        ):  # fmt: skip
            yield (
                f"{first + order}\t{place}\t{products[product]}\t{names[product]}\t{quantity}\t{one_price}\t{off}\t{sum_}\t{sum_}"
            )
        for order in ships.tolist():
            yield (
                f"{first + order}\t{each[order]}\t{chunk.hands.shipping}\t{SHIPPING.name}\t1\t{postage}\t0\t{postage}\t{postage}"
            )

    chunk.writer.copy(
        OrderLine,
        ["order_id", "position", "product_id", "name", "quantity", "unit_price", "discount", "net", "home_net"],
        rows(),
    )


def write_deals(chunk: Chunk, deals: Deals) -> int:
    """Deals and the way each one went; the id of the first."""
    hands, count = chunk.hands, len(deals.opened)
    first = chunk.writer.reserve(Deal, count)
    numbers, who, reps = chunk.numbers(count), chunk.ids(deals.customer), chunk.reps(deals.customer)
    chinese = chunk.people.chinese[deals.customer].tolist()
    opened, closed = times(deals.opened), times(deals.closed)
    stages, titles = deals.stage.tolist(), deals.title.tolist()
    expected = times(deals.opened + 60 * DAY)
    chunk.writer.copy(
        Deal,
        ["id", "source_id", "external_id", "title", "customer_id", "stage_id", "amount", "home_amount", "currency",
         "owner_id", "team_id", "opened_at", "created_at", "expected_on", "closed_at", "lost_reason"],
        (
            f"{first + i}\t{hands.source.pk}\tD{numbers[i]}\t{DEALS[titles[i]][chinese[i]]}\t{who[i]}\t"
            f"{hands.stages[stages[i]]}\t{amount}\t{amount}\t{hands.currency}\t{reps[i][0]}\t{reps[i][1]}\t"
            f"{opened[i]}\t{opened[i]}\t{expected[i][:10]}\t{closed[i] if stages[i] > 3 else NULL}\t{deals.reason[i]}"
            for i, amount in enumerate(deals.amount.tolist())
        ),
    )  # fmt: skip
    deal, stage = np.nonzero(deals.moved)
    at = times(deals.moved[deal, stage])
    chunk.writer.copy(
        StageChange,
        ["deal_id", "stage_id", "at", "user_id"],
        (
            f"{first + d}\t{hands.stages[s]}\t{when}\t{reps[d][0]}"
            for d, s, when in zip(deal.tolist(), stage.tolist(), at, strict=True)
        ),
    )
    return first


def write_tickets(chunk: Chunk, tickets: Tickets, numbers_of_orders: list[int]) -> None:
    """Tickets with texts in the customer's language."""
    hands, count = chunk.hands, len(tickets.at)
    numbers, who = chunk.numbers(count), chunk.ids(tickets.customer)
    chinese = chunk.people.chinese[tickets.customer].tolist()
    opened = times(tickets.at)
    done = [
        [when if at else NULL for when, at in zip(times(column), column.tolist(), strict=True)]
        for column in (tickets.answered, tickets.resolved)
    ]
    kinds, items, orders = tickets.kind.tolist(), tickets.item.tolist(), tickets.order.tolist()
    priority, channel = tickets.priority.tolist(), tickets.channel.tolist()
    owner = [str(hands.users["agent"]) if at else NULL for at in tickets.answered.tolist()]
    rating = [str(value) if value else NULL for value in tickets.rating.tolist()]

    def words(i: int) -> str:
        subject, text = TICKET_KINDS[kinds[i]][2][chinese[i]]
        number = str(numbers_of_orders[orders[i]] if orders[i] >= 0 else numbers_of_orders[i % len(numbers_of_orders)])
        both = f"{subject}\t{text}"
        return both.replace("{item}", ITEMS[items[i]].name).replace("{number}", number)

    chunk.writer.copy(
        Ticket,
        ["source_id", "external_id", "number", "customer_id", "queue_id", "subject", "text", "status", "priority",
         "channel", "owner_id", "opened_at", "created_at", "first_response_at", "resolved_at", "rating"],
        (
            f"{hands.source.pk}\tT{numbers[i]}\t{numbers[i]}\t{who[i]}\t{hands.queue}\t{words(i)}\t{tickets.status[i]}\t"
            f"{PRIORITIES[priority[i]]}\t{CHANNELS[channel[i]]}\t{owner[i]}\t{opened[i]}\t{opened[i]}\t"
            f"{done[0][i]}\t{done[1][i]}\t{rating[i]}"
            for i in range(count)
        ),
    )  # fmt: skip


TALK = ["source_id", "external_id", "customer_id", "kind", "direction", "channel", "occurred_at", "subject", "text",
        "author_id", "payload"]  # fmt: skip


def write_talks(chunk: Chunk, talks: Talks) -> None:
    """Calls, mails, meetings, notes, chats, visits."""
    who, at = chunk.ids(talks.customer), times(talks.at)
    reps = chunk.reps(talks.customer)
    words = wording(talks, chunk.people.chinese.tolist())
    numbers = chunk.numbers(len(at))
    channel = {"mail": "mail", "call": "phone", "chat": "web", "form": "web", "web": "web"}

    def rows() -> Iterator[str]:
        for i, (own, variant) in enumerate(zip(talks.kind.tolist(), talks.variant.tolist(), strict=True)):
            kind, direction = TABLE_KIND[KINDS[own]]
            subject, text = words[i]
            author = NULL if direction == "in" else str(reps[i][0])
            payload = "{}"
            if kind == "web":
                subject = VISITS[variant % len(VISITS)]
                payload = f'{{"pages": {1 + variant % 7}}}'
            elif kind == "call":
                payload = f'{{"minutes": {1 + variant % 14}}}'
            yield (
                f"{chunk.hands.source.pk}\tI{numbers[i]}\t{who[i]}\t{kind}\t{direction}\t{channel.get(kind, '')}\t{at[i]}\t"
                f"{subject}\t{text}\t{author}\t{payload}"
            )

    chunk.writer.copy(Interaction, TALK, rows())


def write_touches(chunk: Chunk, touches: Touches) -> None:
    """Touches; what was sent, opened and clicked also stands on the customers' timelines."""
    hands, count = chunk.hands, len(touches.sent)
    who, numbers = chunk.ids(touches.customer), chunk.numbers(count)
    campaign = [hands.campaign_ids[number] for number in touches.campaign.tolist()]
    when = {
        name: [text if at else NULL for text, at in zip(times(column), column.tolist(), strict=True)]
        for name, column in (
            ("sent", touches.sent), ("opened", touches.opened), ("clicked", touches.clicked),
            ("converted", touches.converted), ("left", touches.left),
        )
    }  # fmt: skip
    chunk.writer.copy(
        Touch,
        ["source_id", "external_id", "campaign_id", "customer_id", "sent_at", "opened_at", "clicked_at", "converted_at",
         "unsubscribed_at", "status"],
        (
            f"{hands.source.pk}\tM{numbers[i]}\t{campaign[i]}\t{who[i]}\t{when['sent'][i]}\t{when['opened'][i]}\t"
            f"{when['clicked'][i]}\t{when['converted'][i]}\t{when['left'][i]}\t"
            f"{'opened' if when['opened'][i] != NULL else 'unsubscribed' if when['left'][i] != NULL else 'sent'}"
            for i in range(count)
        ),
    )  # fmt: skip
    names = [run.name for run in hands.campaigns]
    subjects = [names[number] for number in touches.campaign.tolist()]

    def rows() -> Iterator[str]:
        for step, direction, event in (
            ("sent", "out", "sent"),
            ("opened", "in", "opened"),
            ("clicked", "in", "clicked"),
        ):
            moments = when[step]
            for i in range(count):
                if moments[i] != NULL:
                    yield (
                        f"{hands.source.pk}\tM{numbers[i]}-{event}\t{who[i]}\tcampaign\t{direction}\tmail\t{moments[i]}\t"
                        f'{subjects[i]}\t\t{NULL}\t{{"event": "{event}"}}'
                    )

    chunk.writer.copy(Interaction, TALK, rows())
