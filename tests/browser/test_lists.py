"""The bulk bar and the comboboxes in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from customers.models import Customer
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast, make_customer, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Iterator[Any]:
    """A page of the rep's, with a colleague who has a name."""
    make_user("ada.l", "rep", cast.teams["north"], first_name="Ada", last_name="Lovelace")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    yield context.new_page()
    context.close()


def leads(cast: Cast, n: int) -> None:
    """So many leads of the rep's team."""
    for number in range(n):
        make_customer(f"Lead {number:03d}", team=cast.teams["north"], owner=cast.users["rep"], lifecycle="lead")


def tagged(tag: str) -> int:
    """How many customers carry a tag."""
    return Customer.objects.filter(tags__contains=[tag]).count()


def test_select_page_then_all_that_match_then_undo(page: Any, cast: Cast) -> None:
    """U25: count and scope before the click, and what came of it afterwards."""
    leads(cast, 60)
    page.goto("/customers/?lifecycle=lead")
    page.check("[data-select-all]")
    page.wait_for_selector("[data-bulk-count]:has-text('50 selected')")
    page.check("text=Select all 60 matching")
    page.wait_for_selector("[data-bulk-count]:has-text('All 60 matching are selected.')")
    page.fill(".bulk input[name=tag]", "fair")
    page.press(".bulk input[name=tag]", "Enter")
    page.wait_for_selector(".toast:has-text('60 records changed.')")
    assert tagged("fair") == 60
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(".toast:has-text('60 records are as before.')")
    assert tagged("fair") == 0


def test_unticking_one_row_takes_all_that_match_back(page: Any, cast: Cast) -> None:
    """Then only the ticked ones count."""
    leads(cast, 60)
    page.goto("/customers/?lifecycle=lead")
    page.check("[data-select-all]")
    page.check("[data-bulk-every]")
    page.locator("[data-row] input[name=ids]").first.uncheck()
    page.wait_for_selector("[data-bulk-count]:has-text('49 selected')")
    assert not page.locator("[data-bulk-every]").is_checked()
    assert not page.locator("[data-bulk-offer]").is_visible()


def test_ctrl_a_selects_the_page_and_then_all(page: Any, cast: Cast) -> None:
    """By keyboard, from a row."""
    leads(cast, 60)
    page.goto("/customers/?lifecycle=lead")
    page.keyboard.press("j")
    page.keyboard.press("Control+a")
    page.wait_for_selector("[data-bulk-count]:has-text('50 selected')")
    page.keyboard.press("Control+a")
    page.wait_for_selector("[data-bulk-count]:has-text('All 60 matching')")


def test_rows_are_assigned_by_keyboard_from_the_bulk_bar(page: Any, cast: Cast) -> None:
    """Type, Enter takes the name, Enter again does it."""
    leads(cast, 2)
    page.goto("/customers/?lifecycle=lead")
    page.check("[data-select-all]")
    page.click("#combo-assign")
    page.keyboard.type("love")
    page.wait_for_selector("#combo-assign-options [role=option][aria-selected=true]:has-text('Ada Lovelace')")
    page.keyboard.press("Enter")
    assert page.input_value("#combo-assign") == "Ada Lovelace (ada.l)"
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast:has-text('2 records changed.')")
    assert Customer.objects.filter(lifecycle="lead", owner__username="ada.l").count() == 2


def test_the_combobox_follows_the_aria_pattern(page: Any, cast: Cast) -> None:
    """Closed, open by Down, walked by arrows, closed by Escape without losing the text."""
    page.goto("/customers/new/")
    box = page.locator("#id_owner")
    assert box.get_attribute("aria-expanded") == "false"
    box.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#id_owner-options [role=option]")
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") != active
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.get_attribute("aria-activedescendant") is None
    assert box.input_value() == "cast-rep"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "id_team"


def test_escape_in_the_suggestions_keeps_the_filter_dialog_and_the_edit_in_place(page: Any, cast: Cast) -> None:
    """Only the list closes."""
    page.goto("/customers/")
    page.click("a:has-text('Filter')")
    page.click("#dialog #id_owner")
    page.wait_for_selector("#id_owner-options [role=option]")
    page.keyboard.press("Escape")
    assert page.locator("#dialog[open]").count() == 1
    assert not page.locator("#id_owner-options").is_visible()
    page.goto(f"/customers/{cast.rows['rep']['customer'].pk}/")
    line = page.locator(".facts > div", has_text="Owner")
    line.hover()
    line.locator(".edit.pen").click()
    page.click(".inline-edit [role=combobox]")
    page.wait_for_selector(".inline-edit [role=option]")
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    assert page.locator(".inline-edit").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector(".inline-edit", state="detached")


def test_the_filter_sends_the_key_and_keeps_it_when_another_filter_changes(page: Any, cast: Cast) -> None:
    """U2: the address stays the short one."""
    page.goto("/customers/")
    page.click("a:has-text('Filter')")
    page.click("#dialog #id_owner")
    page.keyboard.type("cast-rep")
    page.wait_for_selector("#id_owner-options [role=option]:has-text('cast-rep')")
    page.click("#id_owner-options [role=option]:has-text('cast-rep')")
    page.click("button:has-text('Apply filters')")
    arrive(page, f"**owner={cast.users['rep'].pk}*")
    page.click("a:has-text('Filter')")
    page.fill("#dialog #id_city", "Kiel")
    page.click("button:has-text('Apply filters')")
    arrive(page, "**city=Kiel*")
    assert f"owner={cast.users['rep'].pk}" in page.url


def test_without_scripts_ticked_rows_are_assigned_by_a_typed_name(live_server: Any, browser: Any, cast: Cast) -> None:
    """U28: the bar is there, and offers no more than what is ticked."""
    leads(cast, 60)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto("/customers/?lifecycle=lead")
    page.locator("input[name=ids]").nth(0).check()
    page.locator("input[name=ids]").nth(1).check()
    assert not page.locator("[data-bulk-offer]").is_visible()
    page.fill("input[name=assign]", "cast-manager")
    page.click("button:has-text('Assign')")
    assert "2 records changed." in page.locator("#toasts").inner_text()
    assert Customer.objects.filter(lifecycle="lead", owner=cast.users["manager"]).count() == 2
    context.close()


def test_the_open_bulk_bar_and_the_open_suggestions_are_accessible(page: Any, cast: Cast) -> None:
    """axe, with everything open that a page load does not show."""
    from importlib.resources import files

    leads(cast, 60)
    page.goto("/customers/?lifecycle=lead")
    page.check("[data-select-all]")
    page.check("[data-bulk-every]")
    page.click("#combo-assign")
    page.wait_for_selector("#combo-assign-options [role=option]")
    script = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then((all) => all.violations)"
    )
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
