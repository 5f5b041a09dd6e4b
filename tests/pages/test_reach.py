"""Who gets to which page: walked through the URL resolver, so that a new page is covered at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import KINDS, Cast, canary, may_see
from tests.pages.addresses import ABSENT, Route, address, every_route

ROUTES = every_route()
SignIn = Callable[[str], Client]


def names(routes: list[Route]) -> list[str]:
    """Test ids."""
    return [one.name for one in routes]


def readable() -> list[Route]:
    """Routes that a reader can open."""
    return [one for one in ROUTES if one.takes_get]


def record_routes() -> list[Route]:
    """Routes about one row of somebody."""
    theirs = ("customer", "order", "deal", "ticket", "campaign", "job", "alert", "alert-")
    return [
        one
        for one in ROUTES
        if one.parameters and one.name.split("-")[0] in theirs and not one.name.startswith("alert-rule")
    ]


def test_every_route_names_its_policy() -> None:
    """A page without a policy would be open to everyone signed in."""
    nameless = [one.route for one in ROUTES if not getattr(one.view, "policy", None)]
    assert nameless == []


def test_a_visitor_is_sent_to_the_sign_in_page_from_everywhere(cast: Cast, sign_in: SignIn) -> None:
    """GET and POST alike, absent and present rows alike."""
    visitor = sign_in("anonymous")
    for route in ROUTES:
        if route.view.policy[0] == "public":
            continue
        where = address(route, cast, "rep") or address(route, cast, "rep", ABSENT)
        for answer in (visitor.get(where), visitor.post(where)):
            assert answer.status_code == 302, (route.route, answer.status_code)
            assert answer.headers["Location"].startswith("/accounts/login/"), route.route


@pytest.mark.parametrize("actor", ["rep", "rival", "manager", "agent", "outsider"])
def test_no_page_shows_rows_of_others(cast: Cast, sign_in: SignIn, actor: str) -> None:
    """Every page that an actor can open holds no word of rows beyond their reach."""
    client = sign_in(actor)
    forbidden = [canary(b, k) for b in ("rep", "rival", "root") for k in KINDS if not may_see(actor, b, k)]
    for route in readable():
        for band in ("rep", "rival"):
            where = address(route, cast, band)
            if where is None or route.name == "live":
                continue
            answer = client.get(where)
            assert answer.status_code < 500, (where, answer.status_code)
            body = b"".join(answer).decode() if answer.streaming else answer.content.decode()
            shown = [word for word in forbidden if word in body]
            assert not shown, (actor, where, shown)


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_teams_row_and_an_absent_one_give_the_same_404(cast: Cast, sign_in: SignIn, method: str) -> None:
    """The rep of the north asks for a row of the south, then for one that does not exist."""
    client = sign_in("rep")
    checked = 0
    for route in record_routes():
        theirs, absent = address(route, cast, "rival"), address(route, cast, "rep", ABSENT)
        if theirs is None or (method == "get" and not route.takes_get) or not client.session:
            continue
        if not cast.users["rep"].access.can(*_needed(route, method)):
            continue
        first = getattr(client, method)(theirs)
        if first.status_code == 405:
            continue
        assert first.status_code == 404, (route.route, first.status_code)
        if "token" not in route.parameters:
            second = getattr(client, method)(absent)
            assert second.status_code == 404
            assert _plain(first) == _plain(second), route.route
        checked += 1
    assert checked >= 6


def _needed(route: Route, method: str) -> tuple[str, str]:
    needed = getattr(route.view, "write_policy", None) if method == "post" else None
    policy = needed or route.view.policy
    return ("customer", "view") if policy[0] == "self" else policy


def _plain(answer) -> str:  # type: ignore[no-untyped-def]
    """A body without what differs between any two answers."""
    return re.sub(r"[A-Za-z0-9]{64}|/[a-z/]+/\d+/[a-z/-]*", "", answer.content.decode())


def test_the_403_page_names_the_role_that_is_needed(cast: Cast, sign_in: SignIn) -> None:
    """U27: a deep link explains which role may."""
    answer = sign_in("rep").get("/settings/users/")
    assert answer.status_code == 403
    assert "Administrator" in answer.content.decode()


def test_a_change_by_someone_without_the_right_leaves_the_row_alone(cast: Cast, sign_in: SignIn) -> None:
    """The agent reads every customer and changes none."""
    row = cast.rows["rep"]["customer"]
    answer = sign_in("agent").post(f"/customers/{row.pk}/tags/", {"add": "vip"})
    assert answer.status_code == 403
    row.refresh_from_db()
    assert "vip" not in row.tags
