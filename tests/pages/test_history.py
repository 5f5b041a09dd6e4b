"""The record page on what moved: health with its change, predictions in the timeline, types in one row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer, Interaction
from insights.models import CustomerScore, Run, ScoreHistory
from tests.cast import NOW, Cast
from tests.pages.looking import Seen

SignIn = Callable[[str], Client]
SPOKEN = 'aria-hidden="true"><span class="delta {mood}">'


@pytest.fixture
def customer(cast: Cast) -> Customer:
    """Of the rep, with health 70 as the cast's builder gives it."""
    return cast.rows["rep"]["customer"]


def remember(customer: Customer, name: str, *moves: tuple[float, float], **settings: bool) -> None:
    """(days ago, value) of a score; the newest health is what the lists show."""
    for days, value in moves:
        at = NOW - timedelta(days=days)
        run = Run.objects.create(kind=name, as_of=at, started_at=NOW, state="done", settings=settings)
        ScoreHistory.objects.create(customer=customer, at=at, name=name, value=value, run=run)
        if name == "health" and days == 0:
            CustomerScore.objects.filter(pk=customer.pk).update(health=value, as_of=NOW)


def page(sign_in: SignIn, customer: Customer, query: str = "") -> str:
    return sign_in("rep").get(f"/customers/{customer.pk}/{query}").content.decode()


def test_health_shows_direction_period_and_meaning(sign_in: SignIn, customer: Customer) -> None:
    remember(customer, "health", (60, 90), (30, 76), (0, 62))
    body = page(sign_in, customer)
    assert '<span class="delta poor">▼ 14<span class="sr"> worse</span> in 30 d</span>' in body
    assert '<span class="sr">Down by 14 in 30 days: worse</span>' in body
    assert 'aria-label="Health of late: 90, 76, 62"' in body


def test_health_that_rose_is_better_and_one_that_stayed_says_so(sign_in: SignIn, customer: Customer) -> None:
    remember(customer, "health", (45, 50), (0, 62))
    assert "Up by 12 in 30 days: better" in page(sign_in, customer)
    ScoreHistory.objects.all().delete()
    remember(customer, "health", (45, 70))
    CustomerScore.objects.filter(pk=customer.pk).update(health=70, as_of=NOW)
    body = page(sign_in, customer)
    assert "No change in 30 days" in body
    assert 'class="spark' not in body


def test_a_young_history_names_its_own_beginning(sign_in: SignIn, customer: Customer) -> None:
    remember(customer, "health", (9, 66), (0, 62))
    body = page(sign_in, customer)
    assert "Down by 4 since 13 Nov 2026: worse" in body
    assert "in 30 d" not in body


def test_many_moves_within_the_month_do_not_hide_what_was_thirty_days_ago(sign_in: SignIn, customer: Customer) -> None:
    remember(customer, "health", (31, 80), *((29 - n, 60 + n % 2) for n in range(29)), (0, 62))
    assert "Down by 18 in 30 days: worse" in page(sign_in, customer)


def test_without_a_history_there_is_no_change(sign_in: SignIn, customer: Customer) -> None:
    remember(customer, "health", (0, 62))
    assert 'class="delta' not in page(sign_in, customer)


def test_the_timeline_tells_moves_of_the_risk_and_which_were_computed_afterwards(
    sign_in: SignIn, customer: Customer
) -> None:
    remember(customer, "churn", (60, 0.2), (30, 0.52), looked_back=True)
    remember(customer, "churn", (1, 0.525), (0, 0.78))
    body = page(sign_in, customer, "?tab=timeline&type=predictions")
    assert "<b>Churn risk rose to 78%</b> from 52%" in body or "<b>Churn risk rose to 78%</b> from 53%" in body
    assert "<b>Churn risk rose to 52%</b> from 20%" in body
    assert body.count("Churn risk rose to") == 2  # half a point is no move
    assert body.count("Computed afterwards, from what was known by then.") == 2


def test_rare_types_wait_behind_more(sign_in: SignIn, customer: Customer) -> None:
    body = page(sign_in, customer)
    row = body.split('<div class="chips types"')[1].split('id="menu-types"')[0]
    menu = body.split('id="menu-types"')[1].split("</div>")[0]
    for word in ("Messages", "Orders", "Service", "Predictions", "More"):
        assert word in row
    for word in ("Deals", "Campaigns", "Changes"):
        assert word in menu
        assert word not in row
    chosen = page(sign_in, customer, "?tab=timeline&type=deals")
    opener = chosen.split('id="menu-types-button"')[1].split("</button>")[0]
    assert 'aria-current="true"' in opener
    assert "Deals" in opener
    assert Seen(chosen).nodes


def test_all_counts_what_this_reader_may_see_up_to_ninety_nine(sign_in: SignIn, customer: Customer) -> None:
    def count(query: str = "") -> str:
        chip = page(sign_in, customer, query).split('class="filter-pick" href="?tab=timeline"')[1].split("</a>")[0]
        return chip.split('<span class="num">')[1].split("<")[0] if "num" in chip else ""

    before = int(count())
    few = [
        Interaction(customer=customer, kind="note", occurred_at=NOW - timedelta(hours=n), text="x") for n in range(99)
    ]
    Interaction.objects.bulk_create(few[: 99 - before])
    assert count() == "99"
    Interaction.objects.bulk_create(few[99 - before :])
    assert count() == ("99+" if before else "99")
    assert count("?tab=timeline&type=messages") == ""


def test_the_newest_move_names_what_moved_it_most_and_older_ones_do_not_guess(
    sign_in: SignIn, customer: Customer
) -> None:
    remember(customer, "churn", (30, 0.52), (0, 0.78))
    newest = ScoreHistory.objects.order_by("-at").first()
    assert newest is not None
    parts = [
        {"code": "recency", "values": {"days": 74, "usual": 31}, "points": 26},
        {"code": "service", "values": {"open": 2}, "points": -40},
    ]
    CustomerScore.objects.filter(pk=customer.pk).update(
        churn_reasons={"base": 39, "parts": parts}, churn_run=newest.run
    )
    body = page(sign_in, customer)
    assert body.count("Main reason: ") == 1
    assert "Main reason: No order for 74 days" in body
