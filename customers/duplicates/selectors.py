"""Questions about duplicates that pages and the API ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from crm.accounts.models import User
from customers.duplicates import lookup, records, words
from customers.duplicates.models import DuplicatePair, DuplicateScan
from customers.duplicates.normal import Profile, profile
from customers.duplicates.weights import Model, Verdict, judge
from customers.models import Customer
from customers.selectors import possible_doubles

MOST_SIMILAR = 5
HINT = 7.0
"""Points from which a hint is given while somebody types: less is known then than in a scan."""
FIELDS = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "birth_date",
    "address",
    "city",
    "region",
    "postcode",
    "kind",
)
MOST_OF_GROUP = 6


@dataclass(frozen=True)
class Similar:
    """A customer that looks like what was typed."""

    customer: Customer
    verdict: Verdict
    why: str


def similar(
    *, user: User, values: Mapping[str, Any], besides: int | None = None, most: int = MOST_SIMILAR
) -> list[Similar]:
    """Customers within reach that look like these values, likeliest first.

    A field that the user does not see whole is compared by nobody: a hint would tell what it holds.
    """
    levels = user.access.restricted_fields("customer")
    given = {name: value for name, value in values.items() if name in FIELDS and name not in levels and value}
    typed = profile(given)
    if not (typed.names or typed.emails or typed.phones):
        return []
    model, common = lookup.model()
    ids = set(lookup.candidates({0: typed}, common).get(0, ()))
    ids |= {row.pk for row in possible_doubles(
        user=user, name=str(given.get("name", "")), email=str(given.get("email", "")), phone=str(given.get("phone", "")),
    )}  # fmt: skip
    ids.discard(besides or 0)
    rows = {
        row.pk: row for row in Customer.objects.visible_to(user).filter(pk__in=ids).defer("search", "custom", "note")
    }
    hint = Model(model.rows, model.counts)
    hint.review = HINT
    found = []
    for pk, person in records.named(rows).items():
        verdict = judge(typed, _without(person, levels), hint)
        if verdict is not None:
            why = words.sentence(
                [(part.field, part.level, part.points) for part in verdict.parts if part.points > 0], levels
            )
            found.append(Similar(rows[pk], verdict, why))
    return sorted(found, key=lambda one: (-one.verdict.points, one.customer.pk))[:most]


def _without(person: Profile, levels: Mapping[str, str]) -> Profile:
    """The profile without what the reader may not see."""
    empty: dict[str, Any] = {}
    for field, names in (
        ("email", ("emails",)), ("phone", ("phones",)), ("birth_date", ("birth",)), ("address", ("numbers", "street")),
        ("city", ("city",)), ("region", ("region",)), ("postcode", ("postcode",)), ("name", ("names",)),
    ):  # fmt: skip
        if field in levels:
            empty |= {name: () if isinstance(getattr(person, name), tuple) else "" for name in names}
    return person._replace(**empty)


@dataclass(frozen=True)
class Precision:
    """What people said of the pairs that were shown."""

    real: int
    judged: int

    @property
    def share(self) -> float:
        """The share that was real."""
        return self.real / self.judged if self.judged else 0.0


def precision(user: User) -> Precision:
    """Verdicts of people on pairs within reach."""
    states = DuplicatePair.State
    found = DuplicatePair.objects.visible_to(user).order_by().aggregate(
        real=Count("pk", filter=Q(state=states.MERGED)), judged=Count("pk", filter=~Q(state=states.OPEN)),
    )  # fmt: skip
    return Precision(found["real"], found["judged"])


def last_scan() -> DuplicateScan | None:
    """The newest scan that ended well."""
    return DuplicateScan.objects.filter(state=DuplicateScan.State.DONE).defer("counts").order_by("-started_at").first()


def pairs_of(user: User, pk: int, *, most: int = 3) -> list[tuple[DuplicatePair, Customer]]:
    """Open pairs of one customer with the other one, likeliest first."""
    waiting = DuplicatePair.objects.visible_to(user).open()
    ids = waiting.filter(a=pk).values_list("pk").union(waiting.filter(b=pk).values_list("pk"))
    found = DuplicatePair.objects.filter(pk__in=ids).select_related("a", "b").order_by("-points", "-pk")[:most]
    return [(pair, pair.b if pair.a_id == pk else pair.a) for pair in found]


def twins_of_row(_user: User) -> dict[str, Any]:
    """Whether the customer of an outer query is in an open pair at all; who may see the other one is asked only then."""
    waiting = DuplicatePair.objects.open().order_by()
    return {"has_twins": Exists(waiting.filter(a=OuterRef("pk"))) | Exists(waiting.filter(b=OuterRef("pk")))}


def together(user: User, pair: DuplicatePair) -> list[Customer]:
    """Customers that hang together with a pair by other open pairs, those of the pair first."""
    ids: set[int] = set()
    if pair.group is not None and pair.state == DuplicatePair.State.OPEN:
        for a, b in (
            DuplicatePair.objects.visible_to(user).open().filter(group=pair.group).values_list("a_id", "b_id")[:200]
        ):
            ids |= {a, b}
    others = Customer.objects.visible_to(user).filter(pk__in=ids - set(pair.ids)).order_by("pk")
    return list(others[: MOST_OF_GROUP - 2])
