"""The layout of the customer's page: by administrators, for roles, for oneself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.kit.models import PageLayout
from tests.cast import Cast
from tests.counting import counting
from tests.pages.test_cost import queries

SignIn = Callable[[str], Client]
HX = {"HX-Request": "true", "HX-Target": "layout"}


def press(client: Client, part: str, do: str, version: int, role: str = "", **headers: Any) -> Any:
    """One button of the editor."""
    values = {"part": part, "do": do, "version": version, "for": role}
    return client.post("/settings/layout/", values, headers=headers.get("headers"))


def titles(client: Client, where: str) -> list[str]:
    """The tabs of a record, in order."""
    return [str(one["name"]) for one in client.get(where).context["panels"]]


def test_what_is_hidden_is_gone_for_everyone_and_costs_nothing(cast: Cast, sign_in: SignIn) -> None:
    """Fewer queries than before; a layout itself costs none."""
    admin, rep = sign_in("admin"), sign_in("rep")
    where = f"/customers/{cast.rows['rep']['customer'].pk}/"
    plain = queries(rep, where)
    assert press(admin, "profile.tags", "up", 0).status_code == 303
    assert queries(rep, where) == plain
    press(admin, "tabs.orders", "hide", 1)
    press(admin, "profile.segments", "hide", 2)
    body = rep.get(where).content.decode()
    assert "tab=orders" not in body
    assert queries(rep, where) == plain - 2
    with counting() as caught:
        rep.get(f"{where}?tab=orders")
    assert not [one for one in caught if 'FROM "sales_order"' in one["sql"] and "LIMIT 50" in one["sql"]]


def test_a_role_has_a_layout_of_its_own_and_goes_back_to_the_default_with_undo(cast: Cast, sign_in: SignIn) -> None:
    """The strongest role that has one counts; the toast takes the reset back."""
    admin, rep, manager = sign_in("admin"), sign_in("rep"), sign_in("manager")
    where = f"/customers/{cast.rows['rep']['customer'].pk}/"
    press(admin, "tabs.notes", "hide", 0)
    press(admin, "tabs.deals", "hide", 0, role="rep")
    assert {"notes", "deals"} & set(titles(rep, where)) == set()
    assert "deals" in titles(manager, where)
    assert "notes" not in titles(manager, where)
    assert "deals" not in titles(admin, f"{where}?layout=rep")
    assert "deals" in titles(manager, f"{where}?layout=rep"), "only who makes layouts looks at others'"
    press(admin, "", "reset", 1, role="rep")
    assert "deals" in titles(rep, where)
    admin.post("/settings/layout/undo/?for=rep&version=2")
    assert "deals" not in titles(rep, where)
    page = admin.get("/settings/layout/?for=rep").content.decode()
    assert "Back to the default" in page
    assert "hid Deals" in page


def test_a_change_on_top_of_another_is_refused_and_shows_what_stands(cast: Cast, sign_in: SignIn) -> None:
    """Two administrators at once; and nobody else changes a layout at all."""
    admin = sign_in("admin")
    press(admin, "rail.alerts", "up", 0)
    answer = press(admin, "rail.health", "hide", 0, headers=HX)
    assert "This layout was changed meanwhile" in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    assert PageLayout.objects.get().version == 1
    assert press(sign_in("manager"), "rail.health", "hide", 1).status_code == 403
    for part, do in (("profile.facts", "hide"), ("tabs.timeline", "hide"), ("figures.health", "tab")):
        press(admin, part, do, 1)
    assert PageLayout.objects.get().version == 1
    assert press(admin, "profile.nonsense", "hide", 1).status_code == 404


def test_a_related_list_stands_as_a_tab_of_ones_own(cast: Cast, sign_in: SignIn) -> None:
    """For the person alone: out of the column, at the end of the tabs, with its content."""
    rep, manager = sign_in("rep"), sign_in("manager")
    where = f"/customers/{cast.rows['rep']['customer'].pk}/"
    plain = queries(rep, where)
    rep.post("/settings/tabs/", {"part": "profile.contacts", "do": "tab"})
    rep.post("/settings/tabs/", {"part": "rail.health", "do": "tab"})
    rep.post("/settings/tabs/", {"part": "rail.health", "do": "up"})
    assert titles(rep, where)[-2:] == ["rail.health", "profile.contacts"]
    assert 'id="contacts"' not in rep.get(where).content.decode()
    assert 'id="contacts"' in rep.get(f"{where}?tab=profile.contacts").content.decode()
    assert "profile.contacts" not in titles(manager, where)
    assert queries(rep, where) <= plain
    rep.post("/settings/tabs/", {"part": "profile.contacts", "do": "column"})
    assert 'id="contacts"' in rep.get(where).content.decode()


@pytest.mark.parametrize("do", ["down", "hide"])
def test_the_focus_stays_on_the_part_that_was_pressed(cast: Cast, sign_in: SignIn, do: str) -> None:
    """By keyboard one presses again and again."""
    body = press(sign_in("admin"), "tabs.orders", do, 0, headers=HX).content.decode()
    marked = body[body.index("data-focus") :][:120]
    assert ("Move Orders down" if do == "down" else "Show Orders") in marked
