"""What stands before the first customer: sample people and teams, products, campaigns, a queue, a rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.hashers import make_password

from alerts.models import Rule
from crm.accounts.models import Membership, Role, Team, User
from crm.demo.campaigns import Campaign, campaigns
from crm.demo.catalogue import ITEMS, SHIPPING
from crm.demo.world import DAY, World, times
from crm.demo.write import Writer, line
from crm.kit.models import CustomField, Source
from insights.models import Metric
from marketing.models import Campaign as CampaignRow
from sales.models import Pipeline, Product, Stage
from service.models import Queue

PASSWORD = "demo"  # noqa: S105 - the sign-in of the sample people, on a workspace with sample data only
RULE = "Too many returns"
QUEUE = "Customer care"
OLD_TILL_SILENT = 41  # days since the stale source was last heard

PEOPLE = [
    ("rep", "Mei", "Chen", Role.REP, "Sales North"),
    ("rep2", "Jonas", "Weber", Role.REP, "Sales South"),
    ("manager", "Anna", "Lindholm", Role.MANAGER, ""),
    ("agent", "Lei", "Wang", Role.AGENT, "Support"),
    ("integrator", "Sofia", "Marini", Role.INTEGRATOR, ""),
    ("admin", "Thomas", "Hale", Role.ADMIN, ""),
]
"""Sign-in name, first and last name, role, team; no team means the root, whose subtree is everything."""

FIELDS = [
    ("acquired_by", "Acquired by", ["Referral", "Web search", "Fair", "Partner", "Advertising"]),
    ("plan", "Plan", ["Basic", "Plus", "Premium"]),
]


@dataclass
class Stagehands:
    """Ids that the generated rows point to."""

    source: Source
    till: Source
    root: int
    north: int
    south: int
    users: dict[str, int]
    queue: int
    stages: list[int]
    products: list[int]
    shipping: int
    campaigns: list[Campaign]
    campaign_ids: list[int]
    currency: str


def set_stage(world: World, writer: Writer, currency: str) -> Stagehands:
    """Everything that customers, orders and tickets refer to."""
    source, till = _sources(world)
    teams, users, made = _people()
    queue, old_default = _queue(teams["Support"])
    pipeline = Pipeline.objects.filter(is_default=True).first() or Pipeline.objects.create(
        name="Sales", is_default=True
    )
    products = _products(world, writer, source)
    runs = campaigns(world)
    source.settings |= {
        "users": made, "queue": queue, "default_queue": old_default, "rule": _rule(world, users["manager"]),
        "fields": _fields(),
    }  # fmt: skip
    return Stagehands(
        source=source,
        till=till,
        root=teams[""],
        north=teams["Sales North"],
        south=teams["Sales South"],
        users=users,
        queue=queue,
        stages=list(Stage.objects.filter(pipeline=pipeline).order_by("position").values_list("id", flat=True))[:6],
        products=products[:-1],
        shipping=products[-1],
        campaigns=runs,
        campaign_ids=_campaigns(world, writer, source, runs, users["manager"], teams[""], currency),
        currency=currency,
    )


def _sources(world: World) -> tuple[Source, Source]:
    moment = world.now - dt.timedelta(minutes=20)
    sample, _made = Source.objects.update_or_create(
        name="Sample data", defaults={"kind": Source.Kind.SAMPLE, "last_received_at": moment, "settings": {}}
    )
    silent = world.now - dt.timedelta(days=OLD_TILL_SILENT)
    till, _made = Source.objects.update_or_create(
        name="Old till (sample)",
        defaults={"kind": Source.Kind.SAMPLE, "freshness_hours": 24, "last_received_at": silent, "settings": {}},
    )
    return sample, till


def _people() -> tuple[dict[str, int], dict[str, int], list[int]]:
    """Teams by name, user ids by sign-in, and the ids of users that got the sample password."""
    root = Team.objects.filter(parent=None).order_by("id").first() or Team.objects.create(name="Everyone")
    sales, _made = Team.objects.get_or_create(name="Sales", parent=root)
    teams = {"": root.pk, "Sales": sales.pk}
    for name, parent in (("Sales North", sales), ("Sales South", sales), ("Support", root)):
        teams[name] = Team.objects.get_or_create(name=name, parent=parent)[0].pk
    secret = make_password(PASSWORD)
    users, made = {}, []
    for login, first, last, role, team in PEOPLE:
        user, new = User.objects.get_or_create(
            username=login,
            defaults={"first_name": first, "last_name": last, "email": f"{login}@vantage.example", "password": secret},
        )
        if not new and not user.has_usable_password():  # left over from sample data that was cleared
            user.password, user.is_active = secret, True
            user.save(update_fields=["password", "is_active"])
            new = True
        if new:
            made.append(user.pk)
            Membership.objects.get_or_create(user=user, team_id=teams[team], role=role)
        users[login] = user.pk
    return teams, users, made


def _queue(team: int) -> tuple[int, int | None]:
    """The queue of the sample agents; new tickets of the pages go there too."""
    old = Queue.objects.filter(is_default=True).exclude(name=QUEUE).first()
    if old:
        old.is_default = False
        old.save(update_fields=["is_default"])
    queue, _made = Queue.objects.update_or_create(name=QUEUE, defaults={"team_id": team, "is_default": True})
    return queue.pk, old.pk if old else None


def _rule(world: World, user: int) -> int:
    metric, _made = Metric.objects.get_or_create(
        name="returns_per_day",
        defaults={"title": "Returns per day", "unit": "returns", "grain": "day", "good": Metric.Direction.DOWN},
    )
    usual = world.customers / 2700  # returns on a usual day
    rule, _made = Rule.objects.get_or_create(
        name=RULE, metric=metric, defaults={"settings": {"above": max(50, round(usual * 2))}, "created_by_id": user}
    )
    return rule.pk


def _fields() -> list[int]:
    made = []
    for name, label, choices in FIELDS:
        row, new = CustomField.objects.get_or_create(
            object="customer", name=name, defaults={"label": label, "type": CustomField.Type.CHOICE, "choices": choices}
        )
        made += [row.pk] if new else []
    return made


def _products(world: World, writer: Writer, source: Source) -> list[int]:
    items = [*ITEMS, SHIPPING]
    first = writer.reserve(Product, len(items))
    made = times(np.array([world.start]))[0]
    writer.copy(
        Product,
        ["id", "source_id", "external_id", "sku", "name", "category", "kind", "created_at"],
        (
            line(first + number, source.pk, item.sku, item.sku, item.name, item.category, item.kind, made)
            for number, item in enumerate(items)
        ),
    )
    return [first + number for number in range(len(items))]


def _campaigns(
    world: World, writer: Writer, source: Source, runs: list[Campaign], user: int, team: int, currency: str
) -> list[int]:
    first = writer.reserve(CampaignRow, len(runs))
    rows = []
    for run in runs:
        begins, ends, made = times(np.array([
            world.start + run.day * DAY + 9 * 3600, world.start + run.ends() * DAY, world.start + (run.day - 6) * DAY,
        ]))  # fmt: skip
        state = "running" if run.ends() >= world.days else "ended"
        budget = 2000 + 500 * (run.number % 5)
        rows.append(line(first + run.number, source.pk, f"K{run.number:04d}", run.name, "email", state, begins, ends,
                         budget, currency, user, team, made))  # fmt: skip
    writer.copy(
        CampaignRow,
        ["id", "source_id", "external_id", "name", "channel", "state", "starts_at", "ends_at", "budget", "currency",
         "owner_id", "team_id", "created_at"],
        rows,
    )  # fmt: skip
    return [first + run.number for run in runs]
