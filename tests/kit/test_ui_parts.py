"""Words, cells, reasons, charts and slots."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.kit import nav, slots
from crm.kit.charts import KINDS, Chart, Series
from crm.kit.ui import cells, words
from crm.kit.ui.charts import as_csv, draw
from crm.kit.ui.reasons import Reason, add_up

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = '<script>alert(1)</script>"&'


class Anyone:
    is_authenticated = True

    class access:
        roles: list[str] = []

        @staticmethod
        def can(obj: str, action: str) -> bool:
            return obj != "hidden"


@pytest.mark.parametrize(
    "language, value, expected",
    [("en", 12_000, "12 K"), ("en", 9_999, "9,999"), ("en", 3_140_000, "3.1 M"), ("zh-hans", 12_000, "1.2 万"), ("en", None, "–")],
)  # fmt: skip
def test_compact_figures_follow_the_language(language, value, expected):
    with translation.override(language):
        assert words.compact(value) == expected


@pytest.mark.parametrize(
    "amount, currency, expected",
    [(Decimal("48216.50"), "CNY", "¥48,217"), (Decimal("12.50"), "EUR", "€12.50"), (-9, "USD", "−$9"), (5, "JPY", "JP¥5"), (None, "EUR", "–"), (3, "XTS", "XTS 3")],
)  # fmt: skip
def test_money_reads_well(amount, currency, expected):
    assert words.money(amount, currency) == expected


@pytest.mark.parametrize("value, expected", [(0.299, "low"), (0.3, "medium"), (0.599, "medium"), (0.6, "high")])
def test_risk_bands_change_at_30_and_60_per_cent(value, expected):
    assert words.band(value) == expected


@pytest.mark.parametrize(
    "gap, expected",
    [(timedelta(seconds=20), "just now"), (timedelta(minutes=3), "3 min ago"), (timedelta(hours=5), "5 h ago"),
     (timedelta(days=1), "1 day ago"), (timedelta(days=6), "6 days ago"), (timedelta(minutes=-3), "in 3 min")],
)  # fmt: skip
def test_time_is_relative_up_to_seven_days(gap, expected):
    with translation.override("en"):
        assert words.ago(NOW - gap, NOW) == expected


def test_older_times_show_the_day():
    with translation.override("en"):
        assert words.ago(datetime(2020, 3, 4, tzinfo=UTC), NOW) == "4 Mar 2020"


@pytest.mark.parametrize(
    "name, expected", [("Lin Xiaoyu", "LX"), ("王磊", "王磊"), ("翡翠酒店", "酒店"), ("Ada", "AD"), ("", "?")]
)
def test_initials(name, expected):
    assert words.initials(name) == expected


@given(
    st.floats(0, 1),
    st.lists(st.floats(-0.5, 0.5), max_size=20),
    st.floats(0, 1),
)
def test_reasons_always_add_up_to_the_value(base, points, value):
    told = add_up(base, [Reason(str(place), point) for place, point in enumerate(points)], value)
    assert told.base + sum(bar.points for bar in told.bars) + told.other == told.value
    assert len(told.bars) <= 5
    assert all(0 <= bar.x <= 100.001 and bar.x + bar.width <= 100.001 for bar in told.bars)


def test_cells_escape_what_people_typed():
    drawn = [
        cells.person(EVIL, "/x/"), cells.link(EVIL, "/x/"), cells.text(EVIL), cells.chip(EVIL), cells.chips([EVIL] * 4),
        cells.tags([EVIL]), cells.avatar(EVIL), cells.meter(1, 2, EVIL), cells.severity(EVIL),
    ]  # fmt: skip
    assert all("<script" not in html for html in drawn)


def test_a_row_of_nine_cells_has_at_most_24_nodes():
    row = [
        cells.person("Lin", "/x/"), cells.text("Mei"), cells.health(62), cells.risk(0.78), cells.money(1, "CNY"),
        cells.ago(NOW, NOW), cells.chips(["a", "b", "c"]), cells.tags(["x"]),
    ]  # fmt: skip
    nodes = 1 + 9 + 1 + sum(len(re.findall(r"<[a-z]", html)) for html in row)
    assert nodes <= 24


def sample(kind: str) -> Chart:
    xs: list = [date(2026, 1, n) for n in range(1, 9)] if kind in ("line", "control") else [n / 8 for n in range(8)]
    if kind in ("bar", "hbar", "grouped", "stacked", "heat"):
        xs = [EVIL, "b", "c"]
    ys = [0.5, None, 0.25, 0.75, 0.1, 0.2, 0.3, 0.4]
    return Chart(
        kind, EVIL, "u",
        [Series(EVIL, list(zip(xs, ys, strict=False))), Series("two", [(x, 0.5) for x in xs])],
        source=NOW, limits=(0.1, 0.9), breaches=[0], mean=0.4, cutoff=0.2, notes=[(xs[1], EVIL)], csv="/c/",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_of_each_kind_draws_escaped_with_its_numbers(kind):
    html = draw(sample(kind))
    assert "<script" not in html
    assert "style=" not in html
    assert "nan" not in html.lower()
    if kind != "heat":
        assert 'class="chart-data"' in html
        assert html.count("<tr>") == 1 + len(sample(kind).xs())


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_without_data_says_so(kind):
    assert "No data" in draw(Chart(kind, "t", "u", [Series("a", [])]))


def test_a_chart_of_one_value_draws():
    for kind in KINDS:
        draw(Chart(kind, "t", "u", [Series("a", [(1, 0.0)])]))


def test_csv_of_a_chart_holds_the_same_numbers_and_no_formulas():
    text = as_csv(Chart("bar", "t", "u", [Series("=1+1", [("@a", 1.5), ("b", None)])]))
    assert text.splitlines() == ["Value,'=1+1 (u)", "'@a,1.5", "b,"]


def test_a_failing_panel_does_not_blank_the_page(caplog):
    @slots.panel("test.slot", title="Broken", policy=("self", "view"), name="broken")
    def broken(request, record):
        raise ValueError("no")

    request = RequestFactory().get("/")
    request.user = Anyone()  # type: ignore[assignment]
    html = slots.draw_slot(request, "test.slot")
    assert "Could not load" in html
    mark = re.search(r"<code>(\w+)</code>", html)
    assert mark is not None
    assert mark.group(1) in caplog.text


def test_a_panel_shows_only_to_those_its_policy_allows():
    @slots.panel("test.hidden", title="Secret", policy=("hidden", "view"), name="secret")
    def secret(request, record):
        raise AssertionError("never asked")

    assert slots.panels_of("test.hidden", Anyone()) == []


def test_an_unknown_panel_or_row_is_a_404():
    with pytest.raises(Http404):
        slots.get_panel("nowhere", "nothing")
    with pytest.raises(Http404):
        slots.find_record("nowhere", Anyone(), 1)


def test_navigation_shows_only_pages_that_exist_and_may_be_seen(monkeypatch):
    monkeypatch.setattr(nav, "_entries", {})
    nav.entry("a", "A", "no-such-page")
    nav.entry("b", "B", "gallery")
    nav.entry("c", "C", "gallery", policy=("hidden", "view"))
    assert [item.key for item in nav.entries_for(Anyone())] == ["b"]
    with pytest.raises(ValueError, match="Two entries"):
        nav.entry("b", "other", "gallery")


def test_buttons_take_attributes_and_escape_them():
    html = Template("{% load ui %}{% button label hx_post=label data_x=True disabled=False %}").render(
        Context({"label": EVIL})
    )
    assert "<script" not in html
    assert " data-x>" in html
    assert "disabled" not in html
