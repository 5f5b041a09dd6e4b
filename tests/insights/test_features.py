"""Five-row frames whose features can be counted by hand."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from insights.clean import Cleaning, orders_from_lines
from insights.estimators import REGISTRY
from insights.evaluate import choose
from insights.features.build import FeatureStore, default_horizon
from insights.features.contract import ORDERS, BadFacts, Facts, check
from insights.refusals import Thin
from tests.insights.frames import START, orders, rhythm

DAY = timedelta(days=1)


def five_rows() -> Facts:
    return Facts(
        customers=[7, 3],
        orders=pd.concat(
            [orders([(7, 0, 100), (7, 10, 50), (7, 40, 30), (3, 20, 10)]), orders([(7, 41, 20)], kind="return")],
            ignore_index=True,
        ),
    )


def test_five_rows_give_the_facts_counted_by_hand():
    raw = FeatureStore(five_rows()).snapshot(START + 50 * DAY).raw
    assert raw.index.tolist() == [7, 3]  # the given stable order, not the order of keys
    seven = raw.loc[7]
    assert seven["recency"] == pytest.approx(9.5)
    assert seven["tenure"] == pytest.approx(49.5)
    assert seven["orders"] == 3
    assert seven["mean_gap"] == pytest.approx(20)
    assert seven["last_gap"] == 30
    assert seven["net"] == 160
    assert seven["orders_30"] == 1
    assert pd.isna(raw.loc[3]["mean_gap"])


def test_a_moment_sees_only_rows_strictly_before_it():
    store = FeatureStore(five_rows())
    noon = START + 40 * DAY + timedelta(hours=12)
    assert store.snapshot(noon).raw.loc[7]["orders"] == 2
    assert store.snapshot(noon + timedelta(seconds=1)).raw.loc[7]["orders"] == 3


def test_churn_is_no_sale_within_the_horizon():
    store = FeatureStore(five_rows())
    assert store.left(START + 15 * DAY, 30).tolist() == [0]  # customer 3 is not active yet
    assert store.left(START + 41 * DAY, 30).tolist() == [1, 1]


def test_a_missing_column_is_refused_with_a_sentence():
    with pytest.raises(BadFacts, match="lack the column “net”"):
        check(orders([(1, 0, 1.0)]).drop(columns="net"), ORDERS)
    with pytest.raises(BadFacts, match="must be unique"):
        check(pd.concat([orders([(1, 0, 1.0)])] * 2), ORDERS)


def test_each_cleaning_rule_is_counted():
    lines = pd.DataFrame(
        {
            "customer": pd.array([1, 1, None, 1, 1], dtype="Int64"),
            "order": ["a", "a", "b", "c", "d"],
            "kind": "sale",
            "at": pd.to_datetime(["2024-01-01"] * 5, utc=True),
            "quantity": [2.0, 1.0, 1.0, -1.0, 1.0],
            "unit_price": [3.0, 9.0, 1.0, 1.0, 0.0],
            "net": [6.0, 9.0, 1.0, -1.0, 0.0],
            "product_kind": ["goods", "adjustment", "goods", "goods", "goods"],
            "product": ["X", "POST", "X", "X", "X"],
        }
    )
    log = Cleaning()
    made = orders_from_lines(lines, log)
    assert made[["key", "net"]].values.tolist() == [["a", 6.0]]
    assert log.rules == {
        "line without a customer": 1,
        "adjustment line": 1,
        "line without a price": 1,
        "sale line without a quantity": 1,
    }


def test_the_horizon_is_the_ninetieth_percentile_in_whole_weeks():
    assert default_horizon(pd.Series(range(1, 101)).to_numpy()) == 91
    assert default_horizon(pd.Series([3.0] * 50).to_numpy()) == 30
    assert default_horizon(pd.Series([3.0] * 5).to_numpy()) is None


def test_thin_data_are_refused_with_what_is_missing():
    store = FeatureStore(rhythm(customers=50))
    makers = [REGISTRY.get("logistic")]
    with pytest.raises(Thin, match="thin_base"):
        choose(store, START + 400 * DAY, 60, makers, REGISTRY.get("recency_rule"))


def test_where_nothing_beats_the_rule_the_rule_is_published():
    """Everyone buys with one rhythm, so that only the time since the last order can tell anything."""
    rows = [(c, day, 10.0) for c in range(1, 401) for day in range(c % 30, 30 + (c * 37) % 400, 30)]
    store = FeatureStore(Facts(customers=list(range(1, 401)), orders=orders(rows)))
    choice = choose(store, START + 330 * DAY, 45, [REGISTRY.get("decision_tree")], REGISTRY.get("recency_rule"))
    if choice.published is choice.rule:
        assert choice.why == "rule"
    else:
        assert choice.published.figures["auc"] > choice.rule.figures["auc"]
