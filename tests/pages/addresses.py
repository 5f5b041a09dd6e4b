"""Every page that the URL resolver knows, with its parameters filled from the cast's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.kit.models import Job
from tests.cast import Cast, make_pair

ABSENT = 999_999_999
NO_PAGES = ("api/", "accounts/", "healthz", "readyz", "live/", "static/")
"""The REST addresses, allauth's own pages and probes have tests of their own."""

PARTS = {
    "palette", "nav-counts", "panel", "chart", "customer-step", "customer-field", "customer-similar", "alerts-new",
    "alerts-bell", "people-pick", "teams-pick",
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


RECORDS: dict[str, Filler] = {
    "customers/": _row("customer"),
    "sales/orders/": _row("order"),
    "sales/deals/": _row("deal"),
    "service/tickets/": _row("ticket"),
    "marketing/campaigns/": _row("campaign"),
    "alerts/rules/": _row("rule"),
    "alerts/": _row("alert"),
    "insights/runs/": _row("run"),
    "settings/users/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].pk,
    "settings/api-keys/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].api_keys.get().pk,
    "settings/roles/": lambda cast, band: cast.users["rival" if band == "rival" else "rep"].memberships.get().pk,
    "settings/teams/": lambda cast, band: cast.teams["south" if band == "rival" else "north"].pk,
    "views/": lambda cast, band: ABSENT,
    "data/duplicates/": lambda cast, band: make_pair(cast, band).pk,
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
    if route.name == "panel":
        return {"slot": "customer.detail.rail", "name": "alerts", "pk": pk or cast.rows[band]["customer"].pk}
    if route.name == "chart":
        return {"name": "insights.calibration"}
    prefix = max((one for one in RECORDS if route.route.startswith(one)), key=len, default="")
    assert prefix, f"tests/pages/addresses.py does not know what fills {route.route}"
    found = pk or RECORDS[prefix](cast, band)
    if found is None:
        return None
    given: dict[str, Any] = {"pk": found}
    if "name" in route.parameters:
        given["name"] = "email"
    assert set(given) == set(route.parameters), f"tests/pages/addresses.py does not know what fills {route.route}"
    return given


def address(route: Route, cast: Cast, band: str, pk: int | None = None) -> str | None:
    """The address of a route for one band's rows."""
    given = arguments(route, cast, band, pk)
    return None if given is None else reverse(route.name, kwargs=given)
