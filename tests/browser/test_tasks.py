"""A task from T on a customer's page to D on the home and back by Undo, all by keyboard."""

from __future__ import annotations

from typing import Any

import pytest

from crm.accounts.models import Notification
from sales.models import Activity
from sales.services import told
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_task_is_made_done_and_opened_again_by_keyboard(live_server: Any, browser: Any, cast: Cast) -> None:
    Activity.objects.all().delete()
    customer = cast.rows["rep"]["customer"]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto(f"/customers/{customer.pk}/")
    page.wait_for_selector("[data-key=t]")
    page.keyboard.press("t")
    page.wait_for_selector("#dialog[open] #id_title:focus")
    page.keyboard.press("Enter")  # nothing typed yet: refused with a sentence, the dialog stays
    page.wait_for_selector("#dialog[open] .errorlist")
    page.fill("#id_title", "Send the offer")
    page.locator("#dialog [data-into]").first.focus()
    page.keyboard.press("Enter")
    page.locator("#dialog [type=submit]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast:has-text('Send the offer')")
    page.wait_for_selector("#panel-customer-detail-rail-tasks a:has-text('Send the offer')")
    row = Activity.objects.get()
    assert (row.customer_id, row.owner, row.due_on is not None) == (customer.pk, cast.users["rep"], True)

    page.goto("/")
    today = "#panel-home-rep-main-today"
    page.wait_for_selector(f"{today} [data-row]")
    page.keyboard.press("j")
    page.wait_for_selector(f"{today} [data-row].at")
    page.keyboard.press("d")
    page.wait_for_selector(f"{today} [data-row]", state="detached")
    row.refresh_from_db()
    assert row.state == "done"
    page.keyboard.press("u")
    page.wait_for_selector(f"{today} [data-row]")
    row.refresh_from_db()
    assert (row.state, row.done_at) == ("open", None)
    page.keyboard.press("s")
    page.wait_for_selector(f"#menu-snooze-{row.pk}:popover-open :focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{today} [data-row]", state="detached")

    Activity.objects.filter(pk=row.pk).update(remind_at=row.created_at)
    assert told.remind_due(now=row.created_at) == 1
    page.reload()
    page.wait_for_selector("#bell .badge")
    page.focus("#bell")
    page.keyboard.press("Enter")
    arrive(page, "**/notifications/")
    page.locator("#notifications a", has_text="Reminder: Send the offer").focus()
    page.keyboard.press("Enter")
    arrive(page, f"**/sales/activities/{row.pk}/")
    assert Notification.objects.get().read_at is not None
