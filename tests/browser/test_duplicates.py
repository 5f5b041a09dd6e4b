"""Merging and splitting again by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from customers.models import DuplicatePair, Merge
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast, make_pair

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_merge_and_split_again_by_keyboard(live_server: Any, browser: Any, cast: Cast) -> None:
    """J to the pair, Enter opens it, M merges; Undo in the toast splits it again."""
    pair = make_pair(cast, "rep")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto("/data/duplicates/")
    page.keyboard.press("j")
    page.wait_for_selector("tr.at")
    page.keyboard.press("Enter")
    arrive(page, f"**/data/duplicates/{pair.pk}/")
    page.wait_for_function("document.getElementById('merge-form') && document.readyState === 'complete'")
    page.keyboard.press("m")
    arrive(page, "**/customers/*/")
    made = Merge.objects.get()
    assert made.undone_at is None
    undo = page.locator(f'.toast form[action="/customers/merges/{made.pk}/split/"] button')
    undo.focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.wait_for_function("document.body.innerText.includes('Split again')")
    made.refresh_from_db()
    assert made.undone_at is not None
    assert DuplicatePair.objects.get(pk=pair.pk).state == "open"


def test_the_letter_i_says_that_a_pair_is_none(live_server: Any, browser: Any, cast: Cast) -> None:
    """In the queue, on the row that J chose."""
    pair = make_pair(cast, "rep")
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto("/data/duplicates/")
    page.keyboard.press("j")
    page.wait_for_selector("tr.at")
    page.keyboard.press("i")
    page.wait_for_function("!document.querySelector('[data-row]')")
    assert DuplicatePair.objects.get(pk=pair.pk).state == "dismissed"
