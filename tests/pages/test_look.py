"""Rules of the house that every page keeps: headings, one solid button, nothing inline, nothing from outside."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from tests.cast import Cast
from tests.pages.addresses import NO_PAGES, PARTS, address, every_route
from tests.pages.looking import Seen

SignIn = Callable[[str], Client]


def test_every_page_keeps_the_rules_of_the_house(cast: Cast, sign_in: SignIn) -> None:
    """U1, U30: one h1, one main, at most one solid button, no inline script or style, no other host, no id twice."""
    faults: list[str] = []
    looked_at = 0
    for actor in ("admin", "rep", "agent"):
        client = sign_in(actor)
        for route in every_route():
            if (
                not route.takes_get
                or route.name in PARTS
                or route.route.startswith(NO_PAGES)
                or route.name == "gallery"
            ):
                continue
            where = address(route, cast, "rep")
            answer = client.get(where) if where is not None else None
            if (
                answer is None
                or answer.status_code != 200
                or answer.streaming
                or "html" not in answer.headers["Content-Type"]
            ):
                continue
            looked_at += 1
            seen = Seen(answer.content.decode())
            told = {
                "h1": seen.tags.get("h1") != 1,
                "main": seen.tags.get("main") != 1,
                "primary": seen.primary > 1,
                "inline": bool(seen.faults),
                "outside": bool(seen.outside),
                "id twice": bool(seen.twice),
            }
            faults += [
                f"{actor} {where}: {name} {seen.tags.get(name, '')} {seen.faults[:2]} {seen.twice}"
                for name, bad in told.items()
                if bad
            ]
    assert looked_at > 50
    assert faults == []


def test_the_error_pages_keep_the_shell_and_say_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    """404 offers search; nothing internal is shown."""
    body = sign_in("rep").get("/customers/999999999/").content.decode()
    seen = Seen(body)
    assert seen.tags.get("h1") == 1
    assert "search" in body.lower()
    assert "Traceback" not in body
