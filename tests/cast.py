"""Plain builders and the small cast: a rep, her manager, another team's rep, an agent, and the others.

Every owner's rows carry a word that stands nowhere else, such as ``kiterivalticket``: it must never
appear in front of someone who may not see that row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.accounts.models import Membership, Team, User
from crm.accounts.people import create_key
from crm.kit.models import Source
from customers.models import Contact, ContactPoint, ContactRole, Customer, DuplicatePair, ExternalId, Interaction
from insights.models import CustomerScore, Run
from marketing.models import Campaign, Touch
from sales.models import Activity, Deal, Order, OrderLine, Product, Stage
from service.models import Queue, Ticket

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PASSWORD = "a long secret indeed"
BANDS = ("rep", "rival", "root")
"""Whose rows there are: the rep's team (north), another team's (south), and the root team's."""
KINDS = ("customer", "contact", "interaction", "order", "deal", "ticket", "campaign", "activity")
ACTORS = ("rep", "manager", "rival", "agent", "integrator", "admin", "outsider", "disabled", "anonymous")


def canary(band: str, kind: str) -> str:
    """The word that every text of a row carries."""
    return f"kite{band}{kind}"


@dataclass
class Cast:
    """Everyone and everything that the tests of rights need."""

    users: dict[str, User] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def headers(self, actor: str) -> dict[str, str]:
        """The Authorization header of an actor; none for a visitor."""
        key = self.keys.get(actor)
        return {"Authorization": f"Bearer {key}"} if key else {}


def root_team() -> Team:
    """The team above all others."""
    return Team.root()


def make_user(name: str, role: str = "", team: Team | None = None, **values: Any) -> User:
    """A user with at most one role."""
    user = User.objects.create_user(name, email=f"{name}@vantage.test", password=PASSWORD, **values)
    if role and team:
        Membership.objects.create(user=user, team=team, role=role)
    return User.objects.get(pk=user.pk)


def make_key(user: User, *scopes: str) -> str:
    """A key of a user, as text."""
    _row, key = create_key(user=user, name="test", days=None, now=timezone.now(), scopes=scopes or None)
    return key


def make_customer(name: str = "Ada Lovelace", *, team: Team | None = None, **values: Any) -> Customer:
    """A customer."""
    return Customer.objects.create(name=name, team=team or root_team(), **values)


def make_pair(cast: Cast, band: str) -> DuplicatePair:
    """A band's customer and another that looks like it; the same pair when asked again."""
    first: Customer = cast.rows[band]["customer"]
    other, _new = Customer.objects.get_or_create(
        name=f"{first.name} twin", defaults={"team": first.team, "owner": first.owner, "city": first.city}
    )
    a, b = sorted((first.pk, other.pk))
    values = {"points": 30.0, "score": 0.99, "decision": "certain", "reasons": [["name", "near", 9.0]], "found_at": NOW}
    return DuplicatePair.objects.get_or_create(a_id=a, b_id=b, defaults=values)[0]


def make_band(band: str, *, team: Team, owner: User | None, queue: Queue) -> dict[str, Any]:
    """One row of every kind, each text of it with its canary."""
    word = {kind: canary(band, kind) for kind in KINDS}
    source = Source.objects.get_or_create(name="shop")[0]
    customer = Customer.objects.create(
        name=f"{word['customer']} Ltd", first_name=word["customer"], company=word["customer"], note=word["customer"],
        city=word["customer"], email=f"{canary(band, 'mail')}@example.com", phone="+49 30 1234567",
        address=f"Street {canary(band, 'address')}", tags=[word["customer"]], custom={"colour": word["customer"]},
        team=team, owner=owner,
    )  # fmt: skip
    ExternalId.objects.create(customer=customer, source=source, external_id=f"{word['customer']}-1")
    contact = Contact.objects.create(
        name=word["contact"], email=f"{canary(band, 'mail')}@example.org", note=word["contact"], team=team, owner=owner
    )
    role = ContactRole.objects.create(contact=contact, customer=customer, role="buyer")
    point = ContactPoint.objects.create(
        customer=customer, kind="email", value=f"second.{canary(band, 'mail')}@example.com", label="work"
    )
    interaction = Interaction.objects.create(
        customer=customer,
        kind="call",
        occurred_at=NOW,
        subject=word["interaction"],
        text=word["interaction"],
        author=owner,
    )
    product = Product.objects.get_or_create(sku="MUG", defaults={"name": "Mug"})[0]
    order = Order.objects.create(
        number=word["order"],
        customer=customer,
        team=team,
        ordered_at=NOW,
        currency="EUR",
        total=Decimal(12),
        line_count=1,
    )
    OrderLine.objects.create(
        order=order, position=1, product=product, name=word["order"], quantity=3, unit_price=4, net=12
    )
    stage = Stage.objects.order_by("position").first()
    deal = Deal.objects.create(
        title=word["deal"], customer=customer, stage=stage, amount=Decimal("98765.43"), currency="EUR", owner=owner,
        team=team, opened_at=NOW,
    )  # fmt: skip
    activity = Activity.objects.create(
        title=word["activity"], note=word["activity"], customer=customer, deal=deal, owner=owner, team=team, due_on=NOW.date(),
        due_at=NOW,
    )  # fmt: skip
    ticket = Ticket.objects.create(
        number=f"{band}-1", customer=customer, queue=queue, subject=word["ticket"], text=word["ticket"], opened_at=NOW
    )
    campaign = Campaign.objects.create(name=word["campaign"], team=team, owner=owner)
    touch = Touch.objects.create(campaign=campaign, customer=customer, status=word["campaign"], sent_at=NOW)
    score = make_score(customer)
    return {
        "customer": customer, "contact": contact, "interaction": interaction, "order": order, "deal": deal,
        "ticket": ticket, "campaign": campaign, "touch": touch, "score": score, "product": product, "role": role, "point": point,
        "activity": activity,
    }  # fmt: skip


def make_score(customer: Customer, probability: float | None = 0.42) -> CustomerScore:
    """What the mathematics says of a customer."""
    run = Run.objects.first() or Run.objects.create(kind="churn", as_of=NOW, started_at=NOW, state="done")
    return CustomerScore.objects.create(
        customer=customer, churn_probability=probability, churn_band="medium", clv_12m=Decimal(100), rfm_r=5, rfm_f=4,
        rfm_m=3, rfm_segment="loyal", health=70, as_of=NOW, scored_at=NOW, run=run,
    )  # fmt: skip


def make_cast() -> Cast:
    """Teams, people with their keys, and three bands of rows."""
    cast = Cast()
    root = root_team()
    cast.teams = {
        "root": root,
        "north": Team.objects.create(name="North", parent=root),
        "south": Team.objects.create(name="South", parent=root),
        "support": Team.objects.create(name="Support", parent=root),
    }
    roles = {
        "rep": ("rep", "north"), "manager": ("manager", "north"), "rival": ("rep", "south"), "agent": ("agent", "support"),
        "integrator": ("integrator", "root"), "admin": ("admin", "root"), "outsider": ("", "root"), "disabled": ("rep", "north"),
    }  # fmt: skip
    for name, (role, team) in roles.items():
        cast.users[name] = make_user(f"cast-{name}", role, cast.teams[team])
        cast.keys[name] = make_key(cast.users[name])
    User.objects.filter(pk=cast.users["disabled"].pk).update(is_active=False)
    desk = Queue.objects.create(name="Desk", team=cast.teams["support"])
    back = Queue.objects.create(name="Back office", team=root)
    cast.rows["rep"] = make_band("rep", team=cast.teams["north"], owner=cast.users["rep"], queue=desk)
    cast.rows["rival"] = make_band("rival", team=cast.teams["south"], owner=cast.users["rival"], queue=back)
    cast.rows["root"] = make_band("root", team=root, owner=None, queue=back)
    return cast


def may_see(actor: str, band: str, kind: str) -> bool:
    """The default reach of the roles as ``domain.md`` words it, written down a second time for the tests."""
    if actor in ("integrator", "admin"):
        return True
    if actor in ("rep", "manager"):
        return band == "rep"
    if actor == "rival":
        return band == "rival"
    if actor == "agent":
        if kind == "ticket":
            return band == "rep"  # that ticket waits in the agent's own queue
        return kind not in ("campaign", "mail", "address", "activity")  # of tasks only one's own
    return False
