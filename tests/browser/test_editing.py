"""Editing in place in a real browser: keys, and two people who change the same field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(browser: Any, live_server: Any, cast: Cast, actor: str = "rep", **options: Any) -> Any:
    """The rep's customer in a browser of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url, **options)
    context.add_cookies(cookies_of(cast, actor, live_server.url))
    page = context.new_page()
    page.goto(f"/customers/{cast.rows['rep']['customer'].pk}/", wait_until="networkidle")
    return page


def ready(page: Any, field: str) -> None:
    """The field is open, and the script has taken hold of its form."""
    page.wait_for_selector(f"form.inline-edit [name={field}]:focus")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def begin(page: Any, field: str) -> None:
    """Open one field by keyboard."""
    page.focus(f'#facts a.pen[hx-get$="/fields/{field}/"]')
    page.keyboard.press("Enter")
    ready(page, field)


def test_enter_saves_escape_restores_and_tab_goes_on(live_server: Any, browser: Any, cast: Cast) -> None:
    row = cast.rows["rep"]["customer"]
    page = opened(browser, live_server, cast)
    begin(page, "city")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Nowhere")
    page.keyboard.press("Escape")
    page.wait_for_selector('a.pen[hx-get$="/fields/city/"]:focus')
    row.refresh_from_db()
    assert row.city == "kiterepcustomer"
    page.keyboard.press("Enter")
    ready(page, "city")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Bremen")
    page.keyboard.press("Enter")
    page.wait_for_selector('a.pen[hx-get$="/fields/city/"]:focus')
    assert "Bremen" in page.inner_text("#facts")
    page.keyboard.press("Enter")
    ready(page, "city")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Kiel")
    page.keyboard.press("Tab")
    page.wait_for_selector("form.inline-edit [name=address]:focus")
    row.refresh_from_db()
    assert row.city == "Kiel"


@pytest.mark.parametrize(("press", "left"), [(0, "Mine town"), (1, "Their town"), (2, "kiterepcustomer")])
def test_two_people_change_one_field_and_the_second_is_asked(
    live_server: Any, browser: Any, cast: Cast, press: int, left: str
) -> None:
    row = cast.rows["rep"]["customer"]
    first, second = opened(browser, live_server, cast), opened(browser, live_server, cast, "manager")
    for page in (first, second):
        begin(page, "city")
        page.keyboard.press("ControlOrMeta+a")
    second.keyboard.type("Their town")
    second.keyboard.press("Enter")
    second.wait_for_selector('a.pen[hx-get$="/fields/city/"]:focus')
    first.keyboard.type("Mine town")
    first.keyboard.press("Enter")
    first.wait_for_selector("dialog#dialog[open] input[value=mine]:focus")
    told = first.inner_text("#dialog")
    for words in ("Mine town", "Their town", "kiterepcustomer", cast.users["manager"].display_name):
        assert words in told
    first.keyboard.press("Space")
    for _n in range(press):
        first.keyboard.press("ArrowDown")
    with first.expect_navigation():
        first.keyboard.press("Enter")
    first.wait_for_load_state("networkidle")
    row.refresh_from_db()
    assert row.city == left
    assert left in first.inner_text("#facts")


def test_the_whole_form_opens_the_same_dialog_and_keeps_what_was_typed(
    live_server: Any, browser: Any, cast: Cast
) -> None:
    row = cast.rows["rep"]["customer"]
    first, second = opened(browser, live_server, cast), opened(browser, live_server, cast, "manager")
    first.goto(f"/customers/{row.pk}/edit/")
    begin(second, "city")
    second.keyboard.press("ControlOrMeta+a")
    second.keyboard.type("Their town")
    second.keyboard.press("Enter")
    second.wait_for_selector('a.pen[hx-get$="/fields/city/"]:focus')
    first.fill("[name=city]", "Mine town")
    first.fill("[name=title]", "Buyer")
    first.press("[name=title]", "Enter")
    first.wait_for_selector("dialog#dialog[open] input[value=mine]:focus")
    assert first.locator("#dialog fieldset").count() == 1
    first.check("#dialog input[value=theirs]")
    first.click("#dialog button[type=submit]")
    arrive(first, f"**/customers/{row.pk}/")
    row.refresh_from_db()
    assert (row.city, row.title) == ("Their town", "Buyer")


def test_a_point_is_removed_and_brought_back_and_the_profile_follows(
    live_server: Any, browser: Any, cast: Cast
) -> None:
    page = opened(browser, live_server, cast)
    page.click("#points summary")
    page.fill("#points [name=value]", "brand.new@example.com")
    page.check("#points [name=primary]")
    page.click("#points details button[type=submit]")
    page.wait_for_selector("#points >> text=brand.new@example.com")
    page.wait_for_selector("#facts >> text=brand.new@example.com")
    page.click("#points .point:has-text('brand.new') a.edit")
    with page.expect_response("**/points/*/remove/"):
        page.click("#points .point button.danger")
    page.click("#toasts .toast:has-text('Removed') button:has-text('Undo')")
    page.wait_for_selector("#points >> text=brand.new@example.com")


def test_the_pin_is_in_the_sidebar_at_once_and_first_in_the_palette(live_server: Any, browser: Any, cast: Cast) -> None:
    page = opened(browser, live_server, cast)
    page.wait_for_selector("#pin button[aria-pressed=false]")
    page.click("#pin button")
    page.wait_for_selector("#nav-pins >> text=kiterepcustomer Ltd")
    page.wait_for_selector("#pin button[aria-pressed=true]")
    page.goto("/settings/profile/")
    page.wait_for_selector("#nav-pins >> text=kiterepcustomer Ltd")
    page.keyboard.press("ControlOrMeta+k")
    page.wait_for_selector("#palette-list [role=option] >> text=kiterepcustomer Ltd")
