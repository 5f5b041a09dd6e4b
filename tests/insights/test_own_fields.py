"""Own fields as features: only what the history says stood there at the moment; a short history is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pgtrigger
import pytest
from django.db import connection

from crm.kit.models import CustomField
from customers.models import Customer
from insights.clean import Cleaning
from insights.facts import customer_facts
from insights.features.build import FeatureStore, reasons_of
from insights.features.own import LEFT_OUT, OwnFields
from sales.models import Order, OrderLine, Product
from tests.cast import make_customer, root_team

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
OLD = NOW - timedelta(days=500)


def spans(*rows: tuple[int, str, float | None, str | None, int, int | None]) -> pd.DataFrame:
    """(customer, field, value, option, since, until) with moments in days before now."""
    frame = pd.DataFrame(rows, columns=["customer", "field", "value", "option", "since", "until"])
    for name in ("since", "until"):
        days = [None if pd.isna(n) else pd.Timestamp(NOW) - pd.Timedelta(days=n) for n in frame[name]]
        frame[name] = pd.to_datetime(pd.Series(days), utc=True).astype("datetime64[ns, UTC]")
    frame["option"] = frame["option"].astype(object)
    return frame


def test_a_value_counts_from_the_moment_it_was_written_until_it_was_changed() -> None:
    """Before it is unknown; options are 0 and 1; the columns are the same at every moment."""
    own = OwnFields(
        spans(
            (1, "seats", 5, None, 400, 100), (1, "seats", 9, None, 100, None), (2, "seats", 7, None, 50, None),
            (1, "plan", None, "plus", 400, None), (2, "plan", None, "basic", 400, 200), (2, "plan", None, "plus", 200, None),
        ),
        np.array([1, 2, 3]),
    )  # fmt: skip

    def at(days: int) -> dict[str, list[Any]]:
        return {
            name: [None if np.isnan(v) else v for v in values]
            for name, values in own.at(NOW - timedelta(days=days)).items()
        }

    assert at(300) == {"own_seats": [5, None, None], "own_plan=basic": [0, 1, None], "own_plan=plus": [1, 0, None]}
    assert at(60)["own_seats"] == [9, None, None]
    assert at(0) == {"own_seats": [9, 7, None], "own_plan=basic": [0, 0, None], "own_plan=plus": [1, 1, None]}
    assert at(450).keys() == at(0).keys()
    assert reasons_of(["own_plan=plus", "recency"]) == {"own_plan=plus": "own_plan", "recency": "recency"}


@pytest.fixture
def buyers(db: None) -> list[Customer]:
    """Ten customers of 500 days ago, with the fields that they have had since then."""
    for name, kind in (
        ("plan", "choice"),
        ("seats", "number"),
        ("vip", "boolean"),
        ("late", "number"),
        ("memo", "text"),
    ):
        CustomField.objects.create(object="customer", name=name, label=name, type=kind)
    product, team = Product.objects.create(sku="A", name="A"), root_team()
    made = []
    for n in range(10):
        custom = {"plan": "plus" if n % 2 else "basic", "seats": n, "vip": n == 3, "memo": "text"}
        one = make_customer(f"Buyer {n}", custom=custom)
        order = Order.objects.create(
            number=f"B{n}", customer=one, team=team, ordered_at=NOW - timedelta(days=100), currency="EUR"
        )
        OrderLine.objects.create(
            order=order, position=1, product=product, name="A", quantity=1, unit_price=4, net=4, home_net=4
        )
        made.append(one)
    Customer.objects.update(created_at=OLD)
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customerevent")
    return made


def features(moment: datetime, log: Cleaning | None = None) -> pd.DataFrame:
    return FeatureStore(customer_facts(until=NOW, zone="UTC", log=log)).snapshot(moment).features


def test_what_is_written_later_changes_no_feature_of_an_earlier_moment(buyers: list[Customer]) -> None:
    """A field of yesterday is left out and told; a changed value shows its old state before the change."""
    log = Cleaning()
    before = features(NOW - timedelta(days=10), log)
    own = [name for name in before if name.startswith("own_")]
    assert own == ["own_seats", "own_vip", "own_plan=basic", "own_plan=plus"]
    assert list(before["own_seats"]) == list(range(10))
    assert LEFT_OUT not in log.rules
    for one in buyers:
        Customer.objects.filter(pk=one.pk).update(custom={"plan": "gone", "seats": 99, "late": 1}, version=2)
    with pgtrigger.ignore(), connection.cursor() as cursor:  # the change was two days ago
        cursor.execute("UPDATE customers_customerevent SET pgh_created_at = %s", [NOW - timedelta(days=2)])
    log = Cleaning()
    after = features(NOW - timedelta(days=10), log)
    pd.testing.assert_frame_equal(after[own], before[own])
    assert log.rules[LEFT_OUT] == 1
    assert not [name for name in after if "late" in name]
    assert list(features(NOW)["own_seats"]) == [99] * 10


def test_a_state_whose_beginning_the_history_does_not_show_is_unknown(buyers: list[Customer]) -> None:
    """The row was changed three times, and the history of it was cut."""
    Customer.objects.filter(pk=buyers[0].pk).update(version=4)
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customerevent")
    found = features(NOW)["own_seats"]
    assert np.isnan(found.loc[buyers[0].pk])
    assert found.loc[buyers[1].pk] == 1
