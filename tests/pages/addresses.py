"""Every page that the URL resolver knows, with its parameters filled from the cast's rows."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.accounts.models import Notification, User
from crm.kit.crypto import seal
from crm.kit.models import CustomField, Job, StandingExport
from customers.files.models import Attachment
from customers.files.services import add_file
from customers.imports.run import folder
from customers.imports.uploads import keep
from customers.models import ConsentPurpose, Contact, Customer, ImportJob, QualityRule, RelationType
from sales.models import Deal
from service.models import Ticket
from tests.cast import NOW, Cast, make_pair

ABSENT = 999_999_999
NO_PAGES = ("api/", "accounts/", "healthz", "readyz", "live/", "static/")
"""The REST addresses, allauth's own pages and probes have tests of their own."""

PARTS = {
    "palette", "nav-counts", "panel", "chart", "customer-step", "customer-similar", "alerts-new", "notifications-bell",
    "people-pick", "teams-pick", "customers-pick", "companies-pick", "contacts-pick",
    "file",
    "customer-compose",
    "customer-mention",
}  # fmt: skip
"""Addresses that answer with a part of a page."""


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver."""

    route: str
    name: str
    view: Any
    parameters: tuple[str, ...]

    @property
    def takes_get(self) -> bool:
        """Whether a reader can open it."""
        names = getattr(self.view, "http_method_names", ["get"])
        return "get" in names and hasattr(self.view, "get")


def every_route() -> list[Route]:
    """All page routes, in the order of the resolver."""
    return [one for one in _walk(get_resolver()) if not one.route.startswith(NO_PAGES)]


def _walk(resolver: URLResolver, prefix: str = "") -> Iterator[Route]:
    for item in resolver.url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _walk(item, route)
        elif isinstance(item, URLPattern):
            view = getattr(item.callback, "view_class", item.callback)
            yield Route(route, item.name or "", view, tuple(item.pattern.converters))


Filler = Callable[[Cast, str], int | None]


def _row(kind: str) -> Filler:
    return lambda cast, band: cast.rows[band][kind].pk if kind in cast.rows[band] else None


def _quality_rule() -> int:
    return QualityRule.objects.get_or_create(
        name="test", dimension="valid", object="customer", kind="email", settings={"field": "email"}
    )[0].pk


def _notification(user: User) -> int:
    """What a person was told; the same one when asked again."""
    return Notification.objects.get_or_create(user=user, kind="test", text="Kitetold", href="/", defaults={"at": NOW})[
        0
    ].pk


def _field(obj: str = "customer") -> CustomField:
    """A sensitive field, which every address of fields can name."""
    values = {"label": "Passport", "sensitive": True, "position": 1}
    return CustomField.objects.get_or_create(object=obj, name="passport", defaults=values)[0]


def _standing(cast: Cast, band: str) -> StandingExport:
    """A standing export of the band's rep."""
    return StandingExport.objects.get_or_create(
        user=cast.users["rival" if band == "rival" else "rep"], list="customers.customer", path="/customers/",
        defaults={"name": f"kite{band}export", "at": time(6)},
    )[0]  # fmt: skip


SEALED: dict[str, Any] = {"customer": Customer, "contact": Contact, "deal": Deal, "ticket": Ticket}


def _sealed_in(obj: str, pk: int) -> str:
    """A sensitive field in which a record has a value."""
    SEALED[obj].objects.filter(pk=pk).update(custom={"passport": seal("P 123", about=f"{obj}.passport")})
    return _field(obj).name


def _file(cast: Cast, band: str) -> Attachment:
    """A file on a band's customer."""
    pk = cast.rows[band]["customer"].pk
    return Attachment.objects.filter(customer=pk).first() or add_file(
        user=cast.users["admin"], obj="customer", pk=pk, upload=io.BytesIO(b"kept"), name="a.txt", now=NOW
    )


TOKENS: dict[str, Callable[[Cast, str], uuid.UUID]] = {
    "person-copy": lambda cast, band: uuid.UUID(int=ABSENT),
    "standing-file": lambda cast, band: uuid.UUID(int=ABSENT),
    "mail-again": lambda cast, band: uuid.UUID(int=ABSENT),
    **{name: lambda cast, band: _file(cast, band).token for name in ("file", "file-remove", "file-restore")},
}
"""Which token stands in an address."""

RECORDS: dict[str, Filler] = {
    "customers/": _row("customer"),
    "contacts/": _row("contact"),
    "contact-roles/": _row("role"),
    "settings/relations/": lambda cast, band: RelationType.objects.order_by("pk").values_list("pk", flat=True)[0],
    "sales/orders/": _row("order"),
    "sales/deals/": _row("deal"),
    "sales/activities/": _row("activity"),
    "service/tickets/": _row("ticket"),
    "marketing/campaigns/": _row("campaign"),
    "alerts/rules/": _row("rule"),
    "alerts/": _row("alert"),
    "insights/runs/": _row("run"),
    "settings/users/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].pk,
    "settings/api-keys/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].api_keys.get().pk,
    "settings/roles/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].memberships.get().pk,
    "settings/teams/": lambda cast, band: cast.teams["south" if band == "rival" else "north"].pk,
    "settings/fields/": lambda cast, band: _field().pk,
    "settings/consent/purposes/": lambda cast, band: ConsentPurpose.objects.order_by("pk")[0].pk,
    "notifications/": lambda cast, band: _notification(cast.users["rival" if band == "rival" else "rep"]),
    "views/": lambda cast, band: ABSENT,
    "data/quality/rules/": lambda cast, band: _quality_rule(),
    "data/duplicates/": lambda cast, band: make_pair(cast, band).pk,
    "data/exports/": lambda cast, band: _standing(cast, band).pk,
    "customers/merges/": lambda cast, band: ABSENT,
}
"""Which row fills ``<int:pk>`` below a prefix."""


def arguments(route: Route, cast: Cast, band: str, pk: int | None = None) -> dict[str, Any] | None:
    """Values for the parameters of a route; None where the cast has no such row."""
    if not route.parameters:
        return {}
    if route.name in ("job", "job-cancel", "job-undo", "duplicates-split"):
        owner = cast.users["rival" if band == "rival" else "rep"]
        return {"token": Job.objects.get_or_create(kind="test", user=owner, state="done")[0].token}
    if route.name.startswith("import-"):
        return imported(route, cast, band)
    if route.name == "panel":
        return {"slot": "customer.detail.rail", "name": "alerts", "pk": pk or cast.rows[band]["customer"].pk}
    if route.name in TOKENS:
        return {"token": TOKENS[route.name](cast, band)}
    if route.name in ("visit", "visit-pin", "files", "follow"):
        return {"object": "customer", "pk": pk or cast.rows[band]["customer"].pk}
    if route.name == "chart":
        return {"name": "insights.calibration"}
    prefix = max((one for one in RECORDS if route.route.startswith(one)), key=len, default="")
    assert prefix, f"tests/pages/addresses.py does not know what fills {route.route}"
    found = pk or RECORDS[prefix](cast, band)
    if found is None:
        return None
    given: dict[str, Any] = {"pk": found} | _further(
        route, cast, band, found, own=prefix == "customers/" and pk is None
    )
    assert set(given) == set(route.parameters), f"tests/pages/addresses.py does not know what fills {route.route}"
    return given


def _further(route: Route, cast: Cast, band: str, found: int, *, own: bool) -> dict[str, Any]:
    """What an address names beside its row."""
    given: dict[str, Any] = {}
    if "row" in route.parameters:
        given["row"] = cast.rows[band]["customer"].pk
    for name in ("point", "state", "relation", "event"):
        if name in route.parameters:
            part = cast.rows[band].get(name) if own else None
            given[name] = part.pk if part is not None else ABSENT
    if "kind" in route.parameters:
        given["kind"] = "note"
    if "name" in route.parameters:
        own_field = route.name == "customer-own-field" or route.name.endswith("-unmask")
        given["name"] = _sealed_in(route.name.partition("-")[0], found) if own_field else "email"
    return given


def imported(route: Route, cast: Cast, band: str) -> dict[str, Any]:
    """An import that is over; the steps before the run have drafts, which only their owner opens."""
    if route.name == "import-template":
        return {"kind": "customers"}
    owner = cast.users["rival" if band == "rival" else "admin"]
    over = route.name in ("import-open", "import-result", "import-undo")
    state = "done" if over else "running" if route.name == "import-run" else "draft"
    values = {"kind": "customers", "file_name": f"{band}.csv", "user": owner, "state": state}
    made, new = ImportJob.objects.get_or_create(**values)
    if new and state == "draft":
        keep([b"name,email\nKitedraft Ada,ada@example.org\n"], folder(made))
    return {"token": made.token}


def address(route: Route, cast: Cast, band: str, pk: int | None = None) -> str | None:
    """The address of a route for one band's rows."""
    given = arguments(route, cast, band, pk)
    return None if given is None else reverse(route.name, kwargs=given)
