"""What people do, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from customers.models import Customer, Interaction
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Any:
    """A page of the rep's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    yield context.new_page()
    context.close()


def test_a_rep_finds_a_customer_by_keyboard_and_logs_a_call(page: Any, cast: Cast) -> None:
    """Ctrl-K, type, Enter; L, type, Ctrl-Enter."""
    row = cast.rows["rep"]["customer"]
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(row.name[:14])
    page.wait_for_selector(f"#palette-list [role=option][aria-selected=true]:has-text('{row.name}')")
    page.keyboard.press("Enter")
    arrive(page, f"**/customers/{row.pk}/")
    page.click(".kind:has-text('Call')")
    page.wait_for_selector("#composer select[name=outcome]")
    page.fill("#composer-text", "Asked for a price match.")
    page.press("#composer-text", "Control+Enter")
    page.wait_for_selector(".event-text:has-text('Asked for a price match.')")
    assert Interaction.objects.get(customer=row, text="Asked for a price match.").kind == "call"


def test_a_line_of_the_profile_is_edited_in_place(page: Any, cast: Cast) -> None:
    """Pencil, type, Enter; Escape restores."""
    row = cast.rows["rep"]["customer"]
    page.goto(f"/customers/{row.pk}/")
    line = page.locator(".facts > div", has_text="Phone")
    line.hover()
    line.locator(".edit.pen").click()
    page.fill(".inline-edit input[name=phone]", "+49 40 555555")
    page.press(".inline-edit input[name=phone]", "Enter")
    page.wait_for_selector(".facts dd:has-text('+49 40 555555')")
    line.hover()
    line.locator(".edit.pen").click()
    page.fill(".inline-edit input[name=phone]", "nothing")
    page.press(".inline-edit input[name=phone]", "Escape")
    page.wait_for_selector(".facts dd:has-text('+49 40 555555')")
    assert Customer.objects.get(pk=row.pk).phone == "+49 40 555555"


def test_trash_can_be_undone_from_the_toast(page: Any, cast: Cast) -> None:
    """U5: it runs at once and offers Undo."""
    row = cast.rows["rep"]["customer"]
    page.goto(f"/customers/{row.pk}/")
    page.click("#menu-more-button")
    page.click("text=Move to trash")
    arrive(page, "**/customers/")
    assert Customer.objects.get(pk=row.pk).deleted_at is not None
    page.click(".toast button:has-text('Undo')")
    arrive(page, f"**/customers/{row.pk}/")
    assert Customer.objects.get(pk=row.pk).deleted_at is None


def test_the_list_keeps_its_state_in_the_address(page: Any, cast: Cast) -> None:
    """U2: a tab, a sort and a filter survive reload and back."""
    page.goto("/customers/")
    page.click(".tab:has-text('Mine')")
    arrive(page, "**/customers/?owner=*")
    page.click("th a:has-text('Last contact')")
    arrive(page, "**ordering=*")
    asked = page.url
    page.reload()
    assert page.url == asked
    assert page.locator("th[aria-sort]").inner_text().startswith("Last contact")


def test_lists_and_forms_work_without_scripts(live_server: Any, browser: Any, cast: Cast) -> None:
    """U28: search, sort, filter page, a new customer."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto("/customers/")
    page.fill("input[name=search]", cast.rows["rep"]["customer"].name[:10])
    page.press("input[name=search]", "Enter")
    assert page.locator("tbody tr").count() == 1
    page.click("a:has-text('Filter')")
    page.check("input[name=lifecycle][value=active]")
    page.click("button:has-text('Apply filters')")
    assert "lifecycle=active" in page.url
    page.goto("/customers/new/")
    page.fill("input[name=name]", "Grace Hopper")
    page.click("button:has-text('Add customer')")
    assert page.locator("h1").inner_text() == "Grace Hopper"
    context.close()
