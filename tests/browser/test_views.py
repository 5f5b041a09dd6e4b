"""Build a view and edit many rows, cells in place, groups: in a real browser, by keyboard only."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from crm.accounts.models import SavedView
from customers.models import Customer
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast, make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Iterator[Any]:
    """A page of the rep's, with leads in two cities."""
    for number in range(6):
        make_customer(
            f"Lead {number:03d}", team=cast.teams["north"], owner=cast.users["rep"], lifecycle="lead",
            city="Berlin" if number < 4 else "Kiel",
        )  # fmt: skip
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    yield context.new_page()
    context.close()


def faults_of(page: Any) -> list[Any]:
    """What axe finds on the page as it is."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    run = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then((all) => all.violations)"
    return [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in page.evaluate(run)]


def press(page: Any, *keys: str) -> None:
    """One key after the other."""
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Any, selector: str) -> None:
    """Go on by Tab until an element has the focus."""
    for _step in range(120):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_a_view_is_built_and_its_rows_are_edited_by_keyboard_only(page: Any, cast: Cast) -> None:
    """Conditions, a saved view, all rows of it, a field, and Undo."""
    page.goto("/customers/")
    press(page, "w")
    page.wait_for_selector("#dialog [name='w.0-0.f']")
    page.wait_for_selector("[name='w.0-0.f']:focus")
    page.keyboard.type("City")
    page.wait_for_selector("#dialog [name='w.0-0.v']")
    assert faults_of(page) == []
    tab_to(page, "[name='w.0-0.v']")
    page.keyboard.type("Berlin")
    press(page, "Enter")
    arrive(page, "**where=city.is:Berlin*")
    press(page, "v")
    page.wait_for_selector("#view-name:focus")
    page.keyboard.type("Berliners")
    press(page, "Enter")
    page.wait_for_selector(".tab[aria-current=page]:has-text('Berliners')")
    view = SavedView.objects.get()
    assert view.query == "where=city.is%3ABerlin"
    press(page, "j", "Control+a")
    page.wait_for_selector("[data-bulk-count]:has-text('4 selected')")
    tab_to(page, ".bulk button[value=edit]")
    press(page, "Enter")
    page.wait_for_selector("h1:has-text('Edit field')")
    assert faults_of(page) == []
    tab_to(page, "#edit-field")
    page.keyboard.type("City")
    page.wait_for_selector("#edit-field option[selected]:has-text('City')", state="attached")
    tab_to(page, "#edit-value")
    page.keyboard.type("Hamburg")
    press(page, "Enter")
    page.wait_for_selector(".toast:has-text('4 records changed.')")
    assert Customer.objects.filter(city="Hamburg").count() == 4
    tab_to(page, ".toast .btn:not(.icon-only)")
    press(page, "Enter")
    page.wait_for_selector(".toast:has-text('4 records are as before.')")
    assert Customer.objects.filter(city="Berlin").count() == 4


def test_cells_are_edited_by_keyboard(page: Any, cast: Cast) -> None:
    """E opens, Tab saves and goes on, Escape restores, Enter saves; a conflict shows both values."""
    page.goto("/customers/?lifecycle=lead&columns=city,email&ordering=name")
    press(page, "j", "e")
    page.wait_for_selector("[data-cell-editor] [name=name]")
    assert faults_of(page) == []
    page.keyboard.type("Lead zero")
    press(page, "Tab")
    page.wait_for_selector("[data-cell-editor] [name=city]")
    page.keyboard.type("Bonn")
    press(page, "Escape")
    page.wait_for_selector("[data-cell-editor]", state="detached")
    first = Customer.objects.get(name="Lead zero")
    assert first.city == "Berlin"
    press(page, "ArrowRight", "Enter")
    page.wait_for_selector("[data-cell-editor] [name=email]")
    page.keyboard.type("no address")
    press(page, "Enter")
    page.wait_for_selector("[data-cell-editor] .errorlist")
    Customer.objects.filter(pk=first.pk).update(email="other@x.org", version=first.version + 1)
    press(page, "Control+a")
    page.keyboard.type("mine@x.org")
    press(page, "Enter")
    page.wait_for_selector("[data-cell-editor] .errorlist:has-text('other@x.org')")
    assert page.input_value("[data-cell-editor] [name=email]") == "mine@x.org"
    press(page, "Enter")
    page.wait_for_selector("[data-cell-editor]", state="detached")
    first.refresh_from_db()
    assert first.email == "mine@x.org"


def test_a_group_opens_by_keyboard_and_its_rows_can_be_ticked(page: Any, cast: Cast) -> None:
    """Once by a request, then it folds."""
    page.goto("/customers/?group=lifecycle")
    tab_to(page, "[data-group]")
    press(page, "Enter")
    page.wait_for_selector("#group-1 tr[data-row]")
    assert page.locator("#group-1 tr[data-row]").count() == 6
    assert faults_of(page) == []
    press(page, "Enter")
    assert page.locator("#group-1").is_hidden()
    press(page, "Enter", "j", "x")
    page.wait_for_selector("[data-bulk-count]:has-text('1 selected')")


def test_columns_are_put_in_order_by_keyboard(page: Any, cast: Cast) -> None:
    """The focus stays on the button that moved the column."""
    page.goto("/customers/?columns=city,owner")
    tab_to(page, "a[aria-label=Display]")
    press(page, "Enter")
    page.wait_for_selector("#dialog #up-owner")
    tab_to(page, "#up-owner")
    press(page, "Enter")
    page.wait_for_selector("#dialog li:first-child [name=order][value=owner]", state="attached")
    assert faults_of(page) == []
    tab_to(page, "#dialog .form-foot .primary")
    press(page, "Enter")
    arrive(page, "**columns=owner,city*")


@pytest.mark.parametrize("scheme, width", [("light", 390), ("dark", 1440)])
def test_the_new_parts_are_accessible_in_both_themes_and_on_a_phone(
    live_server: Any, browser: Any, cast: Cast, scheme: str, width: int
) -> None:
    """Pages without a script around them: conditions, columns, groups, totals."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, base_url=live_server.url, color_scheme=scheme
    )
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    for query in (
        "part=where&where=(city.is:Berlin|lifecycle.any:lead,lost);owner.is:me;created.last:7", "part=display", "part=export",
        "group=owner&totals=filled", "where=(city.is:Berlin|lifecycle.any:lead,lost,active)&columns=city,email&totals=sum",
    ):  # fmt: skip
        page.goto(f"/customers/?{query}")
        assert faults_of(page) == [], query
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, query
    context.close()
