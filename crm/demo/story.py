"""One customer by hand: Lin Xiaoyu, loyal for years, slipping away after three damaged parcels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from crm.demo.catalogue import ITEMS
from crm.demo.parties import PARTY
from crm.demo.rows import TALK
from crm.demo.stage import Stagehands
from crm.demo.world import World
from crm.demo.write import Writer, line
from customers.models import Contact, ContactPoint, ContactRole, Customer, ExternalId, Interaction, LastContact
from marketing.models import Touch
from sales.models import Deal, Order, OrderLine, StageChange
from service.models import Ticket

Talk = tuple[str, str, str, tuple[int, str], str, str, dict[str, object]]

GAPS = [31, 29, 33, 30, 32, 28, 34, 31, 30, 29, 33, 31, 30, 32, 31, 29, 33, 30, 31, 32, 36, 41]
"""Days between her orders, the newest last; 74 days ago it ended."""
SILENT = 74
SPEND = Decimal("48216")
BASKET = [("BEAN-ETH-1", 4, 168), ("BEAN-ESP-1", 3, 138), ("CUP-1000", 2, 198), ("OAT-12", 2, 178), ("FIL-500", 1, 88)]
TALKS: list[Talk] = [
    ("call", "out", "phone", (4, "10:31"), "",
     "Asked for a price match on cold brew. Wants an answer before month end.", {"minutes": 6}),
    ("note", "", "", (39, "18:02"), "",
     "Second damaged parcel. Carrier's depot is the same as in August. Call her first next time.", {}),
    ("mail", "in", "mail", (60, "09:44"), "Thinking about a break",
     "We have had too much trouble with the last deliveries and will look around for a while.", {}),
    ("mail", "out", "mail", (59, "11:20"), "Re: Thinking about a break",
     "I am sorry about the boxes. I have asked the warehouse for double walls and would like to come by on Thursday.", {}),
    ("meeting", "", "", (150, "15:00"), "Tasting at their office",
     "Six people tasted four coffees. Favourite: Ethiopia. Interested in an office subscription for 40 people.", {}),
    ("note", "", "", (149, "09:10"), "", "Decides alone, short mails work best.", {}),
    ("note", "", "", (400, "12:00"), "", "Likes light roasts. Ask about the trip to Yunnan.", {}),
    ("call", "in", "phone", (250, "16:12"), "Call: satisfied",
     "Very happy with Ethiopia 1 kg; would recommend us to a friend who runs a hotel.", {"minutes": 9}),
]  # fmt: skip
"""What was said and noted: kind, direction, channel, (days ago, clock), subject, text, payload."""
FIRST_VISIT, VISITS = 9, 51


def tell(world: World, writer: Writer, hands: Stagehands) -> None:
    """Write her and everything about her."""
    _Story(world, writer, hands).tell()


class _Story:
    def __init__(self, world: World, writer: Writer, hands: Stagehands) -> None:
        self.world, self.writer, self.hands = world, writer, hands
        self.source = hands.source.pk
        self.mei = hands.users["rep"]

    def at(self, days_ago: int, clock: str) -> str:
        """A local moment so many days before today."""
        hour, minute = clock.split(":")
        day = self.world.now - dt.timedelta(days=days_ago)
        return day.replace(hour=int(hour), minute=int(minute)).isoformat()

    def tell(self) -> None:
        self._customer()
        self._orders()
        self._tickets()
        self._deals()
        self._campaigns()
        self.writer.copy(Interaction, TALK, self._talks())

    def _customer(self) -> None:
        self.pk = self.writer.reserve(Customer, 1)
        made = self.at(1560, "10:00")
        person = ["Lin Xiaoyu", "Xiaoyu", "Lin", "Linhai Studio"]
        ways = [
            "lin.xiaoyu@linhai.example",
            "+86 138 0013 5521",
            "西湖区文三路 18 号",
            "Hangzhou",
            "Zhejiang",
            "310012",
            "China",
            "en",
        ]
        self.writer.copy(
            Customer,
            [*PARTY, "kind", "lifecycle", "time_zone", "tags", "custom", "note"],
            [line(self.pk, *person, "Founder", *ways, self.mei, self.hands.north, made, "person", "at_risk", "Asia/Shanghai",
                  ["vip", "price-sensitive", "wechat"], {"acquired_by": "Referral", "plan": "Premium"},
                  "林晓雨，临海工作室创始人。Writes English and Chinese.")],
        )  # fmt: skip
        self.writer.copy(LastContact, ["customer_id", "at"], [line(self.pk, self.at(4, "10:31"))])
        self.writer.copy(
            ExternalId, ["source_id", "external_id", "customer_id"], [line(self.source, "C000000", self.pk)]
        )
        self.writer.copy(
            ContactPoint,
            ["customer_id", "kind", "label", "value", "normalised", "primary", "valid"],
            [line(self.pk, "email", "work", ways[0], ways[0], True, True),
             line(self.pk, "phone", "mobile", ways[1], ways[1].replace(" ", ""), True, True)],
        )  # fmt: skip
        helper = self.writer.reserve(Contact, 1)
        self.writer.copy(
            Contact,
            [*PARTY, "source_id", "external_id"],
            [line(helper, "Zhao Min", "Min", "Zhao", "Linhai Studio", "Office manager", "zhao.min@linhai.example", "", *ways[2:],
                  self.mei, self.hands.north, made, self.source, "P000000")],
        )  # fmt: skip
        self.writer.copy(
            ContactRole, ["contact_id", "customer_id", "role", "primary", "since"],
            [line(helper, self.pk, "Office manager", True, made[:10])],
        )  # fmt: skip

    def _orders(self) -> None:
        days = [SILENT]
        for gap in reversed(GAPS):
            days.insert(0, days[0] + gap)
        days = [day for day in days if day < self.world.days]
        first = self.writer.reserve(Order, len(days))
        orders, lines = [], []
        last = [("COLD-KIT", 1, Decimal(158)), ("BEAN-ETH-1", 2, Decimal(168)), ("SUB-OFFICE", 1, Decimal(1986))]
        usual = (SPEND - 2480) / (len(days) - 1) if len(days) > 1 else Decimal(0)
        spent = Decimal(0)
        for number, day in enumerate(days):
            newest = number == len(days) - 1
            goods = (
                last
                if newest
                else self._basket(number, (SPEND - 2480 - spent) if number == len(days) - 2 else Decimal(round(usual)))
            )
            total = sum((count * price for _sku, count, price in goods), Decimal(0))
            spent += total
            moment = self.at(day, "14:20")
            name = str(20931 - (len(days) - 1 - number) * 431)
            orders.append(line(first + number, self.source, f"L{name}", name, self.pk, self.hands.north, moment, moment, "sale",
                               "delivered", self.hands.currency, total, total, len(goods)))  # fmt: skip
            lines += [self._line(first + number, place, *row) for place, row in enumerate(goods, start=1)]
        self.writer.copy(
            Order,
            ["id", "source_id", "external_id", "number", "customer_id", "team_id", "ordered_at", "created_at", "kind", "status",
             "currency", "total", "home_total", "line_count"],
            orders,
        )  # fmt: skip
        self.writer.copy(
            OrderLine,
            ["order_id", "position", "product_id", "name", "quantity", "unit_price", "net", "home_net"],
            lines,
        )

    def _basket(self, number: int, total: Decimal) -> list[tuple[str, int, Decimal]]:
        """Some of her usual goods, filled up to the total by the office subscription."""
        chosen = [BASKET[(number + step) % len(BASKET)] for step in range(2 + number % 2)]
        goods = [(sku, count, Decimal(price)) for sku, count, price in chosen]
        rest = total - sum((count * price for _sku, count, price in goods), Decimal(0))
        return [*goods, ("SUB-OFFICE", 1, rest)] if rest > 0 else goods

    def _line(self, order: int, place: int, sku: str, count: int, price: Decimal) -> str:
        number = next(index for index, item in enumerate(ITEMS) if item.sku == sku)
        net = count * price
        return line(order, place, self.hands.products[number], ITEMS[number].name, count, price, net, net)

    def _tickets(self) -> None:
        agent, queue = self.hands.users["agent"], self.hands.queue
        rows = [
            ("4755", "Damaged box", "The box was open on one side and two bags had burst. Please replace them.", "closed", "normal",
             81, "10:28", "11:02", "16:48", 2),
            ("4790", "Damaged box again", "Same carrier, same dent in the same corner. One bag is lost.", "solved", "high",
             40, "09:15", "12:40", "17:30", 3),
            ("4818", "Invoice with tax number", "Please send the invoice of order 20931 again, with our tax number on it.", "pending",
             "normal", 3, "15:05", "16:10", None, None),
            ("4821", "Parcel arrived damaged, third time",
             ("I have been ordering from you for years, but this is the third box that came crushed. Two bags of beans are torn and "
             "everything is covered with them. Photos attached. 你好，我在你们这里买了好几年，但这已经是第三个压坏的箱子了。"), "open",
             "high", 1, "18:40", None, None, None),
        ]  # fmt: skip
        self.writer.copy(
            Ticket,
            ["source_id", "external_id", "number", "customer_id", "queue_id", "subject", "text", "status", "priority", "channel",
             "owner_id", "opened_at", "created_at", "first_response_at", "resolved_at", "rating"],
            [
                line(self.source, f"L{number}", number, self.pk, queue, subject, text, status, priority, "mail", agent,
                     self.at(day, opened), self.at(day, opened), answered and self.at(day, answered), solved and self.at(day, solved),
                     rating)
                for number, subject, text, status, priority, day, opened, answered, solved, rating in rows
            ],
        )  # fmt: skip

    def _deals(self) -> None:
        first = self.writer.reserve(Deal, 2)
        rows = [("Office subscription", 2, 27_000, 118), ("Grinder with service", 1, 9_000, 35)]
        self.writer.copy(
            Deal,
            ["id", "source_id", "external_id", "title", "customer_id", "stage_id", "amount", "home_amount", "currency", "owner_id",
             "team_id", "opened_at", "created_at", "expected_on"],
            [
                line(first + number, self.source, f"L{number}", title, self.pk, self.hands.stages[stage], amount, amount,
                     self.hands.currency, self.mei, self.hands.north, self.at(day, "11:02"), self.at(day, "11:02"),
                     (self.world.today + dt.timedelta(days=20 + 30 * number)).isoformat())
                for number, (title, stage, amount, day) in enumerate(rows)
            ],
        )  # fmt: skip
        changes = [(0, 0, 118), (0, 1, 96), (0, 2, SILENT), (1, 0, 35), (1, 1, 21)]
        self.writer.copy(
            StageChange,
            ["deal_id", "stage_id", "at", "user_id"],
            [
                line(first + deal, self.hands.stages[stage], self.at(day, "11:02"), self.mei)
                for deal, stage, day in changes
            ],
        )

    def _campaigns(self) -> None:
        """The last six: she opened them all, then fewer."""
        self.touched = list(zip(self.hands.campaigns, self.hands.campaign_ids, strict=True))[-6:]
        opened = [True, True, True, False, False, True]
        rows = []
        for place, (run, pk) in enumerate(self.touched):
            ago = self.world.days - run.day
            rows.append(line(self.source, f"L{place}", pk, self.pk, self.at(ago, "09:00"),
                             self.at(ago, "17:05") if opened[place] else None, "opened" if opened[place] else "sent"))  # fmt: skip
        self.writer.copy(
            Touch, ["source_id", "external_id", "campaign_id", "customer_id", "sent_at", "opened_at", "status"], rows
        )
        self.opened = opened

    def _talks(self) -> Iterator[str]:
        """What was said, what she looked at, and what the campaigns sent her."""
        for number, talk in enumerate(TALKS, start=1):
            yield self._talk(number, *talk)
        yield from self._visits()
        yield from self._touches()

    def _talk(
        self, number: int, kind: str, direction: str, channel: str, when: tuple[int, str], subject: str, text: str,
        payload: dict[str, object],
    ) -> str:  # fmt: skip
        author = None if direction == "in" or kind == "campaign" else self.mei
        moment = self.at(*when)
        return line(
            self.source, f"L{number}", self.pk, kind, direction, channel, moment, subject, text, author, payload
        )

    def _visits(self) -> Iterator[str]:
        """Every thirteenth evening in the shop, until she fell silent."""
        for number in range(FIRST_VISIT, FIRST_VISIT + VISITS):
            ago = SILENT + 12 + (number - FIRST_VISIT) * 13
            address = "/shop/coffee/" if number % 3 else "/office/"
            yield self._talk(number, "web", "in", "web", (ago, "20:15"), address, "", {"pages": 2 + number % 5})

    def _touches(self) -> Iterator[str]:
        for place, (run, _pk) in enumerate(self.touched):
            ago = self.world.days - run.day
            yield self._talk(100 + place, "campaign", "out", "mail", (ago, "09:00"), run.name, "", {"event": "sent"})
            if self.opened[place]:
                yield self._talk(
                    200 + place, "campaign", "in", "mail", (ago, "17:05"), run.name, "", {"event": "opened"}
                )
