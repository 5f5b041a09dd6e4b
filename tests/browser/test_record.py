"""The record page as it is drawn: types in one row, rare ones by keyboard, the health figure in one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm.accounts.models import User
from insights.models import CustomerScore, Run, ScoreHistory
from tests.browser.conftest import arrive, cookies_of
from tests.cast import NOW, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOPS = "chips => chips.map(chip => Math.round(chip.getBoundingClientRect().top))"


def opened(browser: Any, live_server: Any, cast: Cast, language: str = "en", width: int = 1440) -> tuple[Any, str]:
    """A page of the rep, and the address of a customer of the rep."""
    User.objects.filter(pk=cast.users["rep"].pk).update(language=language)
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    return context.new_page(), f"/customers/{cast.rows['rep']['customer'].pk}/"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_types_of_the_timeline_stand_in_one_row(live_server: Any, browser: Any, cast: Cast, language: str) -> None:
    """Whichever of them is chosen, the longest word too."""
    page, record = opened(browser, live_server, cast, language)
    for query in ("", "?tab=timeline&type=predictions", "?tab=timeline&type=campaigns"):
        page.goto(record + query)
        tops = page.eval_on_selector_all(".types > .filter-pick", TOPS)
        assert len(tops) == 6
        assert len(set(tops)) == 1, (language, query, tops)


def test_rare_types_are_reached_by_keyboard(live_server: Any, browser: Any, cast: Cast) -> None:
    """Enter opens the menu, arrows walk it, Enter chooses; the opener says what is chosen."""
    page, record = opened(browser, live_server, cast)
    page.goto(record)
    page.focus("#menu-types-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#menu-types:popover-open :focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    arrive(page, "**type=campaigns")
    page.wait_for_selector('#menu-types-button[aria-current="true"]')
    assert page.inner_text("#menu-types-button") == "Campaigns"


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_health_with_its_change_and_trend_fits_its_cell(live_server: Any, browser: Any, cast: Cast, width: int) -> None:
    """In one line on a large screen, on two where it is narrow."""
    customer = cast.rows["rep"]["customer"]
    run = Run.objects.create(kind="health", as_of=NOW, started_at=NOW, state="done")
    for days, value in ((60, 100), (30, 88), (0, 100)):
        at = NOW - timedelta(days=days)
        ScoreHistory.objects.create(customer=customer, at=at, name="health", value=value, run=run)
    CustomerScore.objects.filter(pk=customer.pk).update(health=100, as_of=NOW)
    page, record = opened(browser, live_server, cast, width=width)
    page.goto(record)
    size = page.eval_on_selector(
        ".figures .figure-body:has(.spark)", "e => [e.scrollWidth - e.clientWidth, e.clientHeight]"
    )
    assert size[0] <= 0
    assert size[1] <= (32 if width == 1440 else 60)
