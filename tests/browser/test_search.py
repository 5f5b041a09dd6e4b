"""The palette and the search page by keyboard, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast, make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Any:
    """A page of the rep's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    yield context.new_page()
    context.close()


def test_a_chinese_customer_is_found_by_keyboard_and_the_palette_does_all_it_says(page: Any, cast: Cast) -> None:
    """By initials, by sound, by the last four digits; Enter opens, Ctrl-Enter opens beside; a way on; an error."""
    row = make_customer("王小明", phone="+86 138 0013 8642", team=cast.teams["north"])
    chosen = "#palette-list [role=option][aria-selected=true]"
    for text in ("wxm", "xiaoming", "8642"):
        page.goto("/")
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        page.wait_for_selector(f"{chosen}:has-text('王小明')")
        assert page.get_attribute("#palette-input", "aria-activedescendant") == page.locator(chosen).get_attribute("id")
        page.keyboard.press("Enter")
        arrive(page, f"**/customers/{row.pk}/")
    assert page.locator("mark").count() == 0
    page.keyboard.press("Control+k")
    page.fill("#palette-input", "8642")
    page.wait_for_selector(f"{chosen} mark:has-text('8642')")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    assert opened.value.url.endswith(f"/customers/{row.pk}/")
    page.fill("#palette-input", ">")
    page.wait_for_selector("#palette-list [role=group][aria-label='This record'] [role=option]:has-text('王小明')")
    page.fill("#palette-input", "Zzyzx Roadhouse")
    page.wait_for_selector(f"{chosen}:has-text('Zzyzx Roadhouse')")
    page.route("**/palette/**", lambda route: route.abort())
    page.fill("#palette-input", "anna")
    page.wait_for_selector("#palette-list [role=alert]")
    page.unroute("**/palette/**")
    page.fill("#palette-input", "Zzyzx Roadhouse")
    page.wait_for_selector(f"{chosen}:has-text('Zzyzx Roadhouse')")
    page.keyboard.press("Enter")
    arrive(page, "**/customers/new/**")
    assert page.input_value("input[name=name]") == "Zzyzx Roadhouse"
