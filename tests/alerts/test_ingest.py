from datetime import timedelta

import pytest

from crm.kit.errors import Invalid
from customers.models import Customer, ExternalId, Interaction
from insights.ingest import AT_MOST, receive
from insights.models import Metric, MetricPoint

from .conftest import NOW

POINT = {
    "type": "metric",
    "metric": "orders_per_minute",
    "labels": {"region": "EU"},
    "at": "2026-11-22T07:59:00Z",
    "value": 412,
    "id": "a-1",
}
VISIT = {
    "type": "interaction",
    "source": "web",
    "external_id": "e-9",
    "customer": {"source": "shop", "external_id": "17850"},
    "kind": "call",
    "occurred_at": "2026-11-22T07:00:00Z",
    "subject": "Price list",
    "text": "Seen",
    "payload": {"page": 3},
}


def send(user, *events):
    return [result.status for result in receive(events=list(events), user=user, now=NOW).results]


def test_the_same_event_is_stored_once_however_often_it_comes(sender):
    assert send(sender, POINT, POINT) == ["created", "repeated"]
    assert send(sender, {**POINT, "value": 1}) == ["repeated"]
    assert MetricPoint.objects.values_list("value", flat=True).get() == 412


def test_a_point_without_a_name_is_corrected_by_the_newest(sender):
    nameless = {key: value for key, value in POINT.items() if key != "id"}
    assert send(sender, nameless, {**nameless, "value": 3}) == ["repeated", "created"]
    assert send(sender, {**nameless, "value": 3}) == ["repeated"]
    MetricPoint.objects.update(checked_at=NOW)
    assert send(sender, {**nameless, "value": 4}) == ["updated"]
    assert MetricPoint.objects.values_list("value", "checked_at").get() == (4, None)


def test_a_metric_that_nobody_knew_is_made(sender):
    send(sender, POINT)
    assert Metric.objects.get().name == "orders_per_minute"


def test_an_unknown_customer_is_made_and_named_by_the_id(sender, root):
    assert send(sender, VISIT, {**VISIT, "external_id": "e-10"}) == ["created", "created"]
    customer = Customer.objects.get(name="17850")
    assert customer.team == root
    assert customer.interactions.count() == 2
    assert customer.last_contact_at.isoformat() == "2026-11-22T07:00:00+00:00"


def test_an_interaction_that_comes_again_changes_nothing(sender):
    assert send(sender, VISIT, VISIT) == ["created", "repeated"]
    assert send(sender, {**VISIT, "subject": "Catalogue"}) == ["repeated"]
    assert Interaction.objects.values_list("subject", flat=True).get() == "Price list"


def test_one_bad_event_does_not_hold_up_the_others(sender):
    results = receive(events=[POINT, {**POINT, "value": "many"}, 7, VISIT], user=sender, now=NOW).results
    assert [r.status for r in results] == ["created", "rejected", "rejected", "created"]
    assert results[1].reason == "“value” must be a number."
    assert results[1].index == 1


@pytest.mark.parametrize(
    "change",
    [
        {"value": True},
        {"value": 10**400},
        {"value": float("nan")},
        {"at": "yesterday"},
        {"at": None},
        {"at": 5},
        {"at": "2031-01-01T00:00:00Z"},
        {"at": "0001-01-01T00:00:00Z"},
        {"metric": ""},
        {"metric": "x" * 81},
        {"metric": "a\0b"},
        {"metric": "\ud800"},
        {"labels": []},
        {"labels": {"a": {}}},
        {"labels": {"": "x"}},
        {"id": {}},
        {"id": "x" * 201},
        {"type": "other"},
        {"type": []},
        {"labels": {str(n): "x" for n in range(21)}},
    ],
)
def test_a_bad_point_is_rejected_with_a_sentence(sender, change):
    [result] = receive(events=[{**POINT, **change}], user=sender, now=NOW).results
    assert result.status == "rejected"
    assert result.reason.endswith(".")


@pytest.mark.parametrize(
    "change",
    [
        {"customer": None},
        {"customer": {"source": "shop"}},
        {"kind": "smoke"},
        {"kind": []},
        {"source": ""},
        {"external_id": None},
        {"payload": []},
        {"payload": {"a": "\0"}},
        {"payload": {"a": float("inf")}},
        {"payload": {"a": "\ud800"}},
        {"occurred_at": ""},
        {"subject": "x" * 301},
        {"direction": "up"},
    ],
)
def test_a_bad_interaction_is_rejected_with_a_sentence(sender, change):
    [result] = receive(events=[{**VISIT, **change}], user=sender, now=NOW).results
    assert result.status == "rejected"
    assert result.reason.endswith(".")
    assert not Interaction.objects.exists()


def test_a_naive_time_is_in_the_workspaces_zone(sender):
    assert send(sender, {**POINT, "at": "2026-11-22T07:00:00"}) == ["created"]


@pytest.mark.parametrize("events", [None, {}, "x", [POINT] * (AT_MOST + 1)])
def test_what_is_no_batch_is_refused_whole(sender, events):
    with pytest.raises(Invalid):
        receive(events=events, user=sender, now=NOW)
    assert not MetricPoint.objects.exists()


def test_a_rep_may_not_send_points(seller):
    assert send(seller, POINT) == ["rejected"]


def test_for_a_rep_another_teams_customer_and_an_absent_one_are_the_same(seller, south, sender):
    send(sender, VISIT)
    Customer.objects.update(team=south)
    other = receive(events=[{**VISIT, "external_id": "r-1"}], user=seller, now=NOW).results[0]
    absent = {**VISIT, "external_id": "r-1", "customer": {"source": "shop", "external_id": "nobody"}}
    assert other == receive(events=[absent], user=seller, now=NOW).results[0]
    assert Interaction.objects.count() == 1
    assert not ExternalId.objects.filter(external_id="nobody").exists()


def test_a_rep_adds_to_a_customer_of_the_team(seller, north, sender):
    send(sender, VISIT)
    Customer.objects.update(team=north)
    assert send(seller, {**VISIT, "external_id": "r-2"}) == ["created"]


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(sender, django_assert_max_num_queries):
    send(sender, POINT, VISIT)
    batch = [{**POINT, "id": f"n-{n}", "at": (NOW - timedelta(seconds=n)).isoformat()} for n in range(500)]
    with django_assert_max_num_queries(6):
        assert set(send(sender, *batch)) == {"created"}
