"""The layout of the record by keyboard only: hide, move, own tab, preview, default, Undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import cookies_of
from tests.browser.test_views import faults_of, press, tab_to
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Iterator[Any]:
    """A page of the administrator's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "admin", live_server.url))
    yield context.new_page()
    context.close()


def focused(page: Any, label: str) -> None:
    """Wait until the button of that name has the focus, where a press leaves it."""
    page.wait_for_function(
        "(label) => document.activeElement?.getAttribute('aria-label') === label",
        arg=label,
    )


def stands(page: Any, part: str, place: int) -> None:
    """Wait until a tab stands at a place of its list."""
    page.wait_for_function(
        "([part, place]) => document.querySelectorAll('.layout-tabs li')[place]?.innerText.startsWith(part)",
        arg=[part, place],
    )


def test_the_page_is_laid_out_by_keyboard_only(page: Any, cast: Cast) -> None:
    """Each press is saved and keeps its place; the preview shows it; the default comes back and goes again."""
    page.goto("/settings/layout/")
    page.locator("[aria-label='Hide Campaigns']").focus()
    tab_to(page, "[aria-label='Move Notes up']")
    for place in (4, 3):
        press(page, "Enter")
        stands(page, "Notes", place)
        focused(page, "Move Notes up")
    tab_to(page, "[aria-label='Hide Notes']")
    press(page, "Enter")
    focused(page, "Show Notes")
    page.wait_for_selector("#toasts >> text=“Notes” is hidden.")
    press(page, "Enter")
    focused(page, "Hide Notes")
    page.locator("[aria-label='Contacts: as a tab of its own']").focus()
    press(page, "Enter")
    focused(page, "Contacts: back to its column")
    assert faults_of(page) == []
    page.locator("a:has-text('Preview')").focus()
    press(page, "Enter")
    page.wait_for_selector("text=Preview of the layout for “Everyone”")
    tabs = page.locator("nav[aria-label='Parts of this record'] a").all_inner_texts()
    assert [one.split("\n")[0].rstrip("0123456789 ") for one in tabs] == [
        "Timeline", "Orders", "Tickets", "Notes", "Deals", "Campaigns", "Files", "Contacts",
    ]  # fmt: skip
    page.locator("text=Back to the layout").focus()
    press(page, "Enter")
    page.wait_for_selector("text=Latest changes")
    page.locator("button[value=reset]").focus()
    press(page, "Enter")
    page.wait_for_selector("text=This is the default.")
    page.locator("#toasts button:has-text('Undo')").focus()
    press(page, "Enter")
    page.wait_for_selector("text=has a layout of its own")
