import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from alerts import services
from alerts.models import Alert, Rule
from customers.models import Customer
from insights.models import Finding, MetricPoint
from tests.counting import counting

from .conftest import NOW

RULE = {"name": "Too many returns", "metric": "returns_per_day", "labels": {}, "detector": "threshold",
        "settings": {"above": 50}, "for": "PT0S", "severity": "warning"}  # fmt: skip


def client(user):
    made = Client()
    made.force_login(user)
    return made


def post(user, path, body, **headers):
    return client(user).post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def point(value, **changes):
    at = datetime.now(UTC).isoformat()
    return {
        "type": "metric",
        "metric": "returns_per_day",
        "at": at,
        "value": value,
        "id": f"v{value}",
        **changes,
    }


@pytest.fixture
def alert(rule, sender):
    post(sender, "events/", {"events": [point(60)]})
    services.check(now=datetime.now(UTC))
    return Alert.objects.get()


def test_a_rule_is_posted_as_the_contract_says(boss):
    answer = post(boss, "rules/", RULE)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {name: body[name] for name in RULE} == RULE
    assert client(boss).get(f"/api/v1/rules/{body['id']}/").json()["for"] == "PT0S"


def test_a_rule_that_makes_no_sense_is_told_what_is_wrong(boss):
    answer = post(boss, "rules/", {**RULE, "settings": {}, "for": "soon"})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"settings", "for"}
    assert not Rule.objects.exists()


def test_a_rule_is_changed_by_what_is_sent(boss, rule):
    sent = {"settings": {"below": 3}, "for": "PT5M", "active": False}
    answer = client(boss).patch(f"/api/v1/rules/{rule.pk}/", sent, content_type="application/json")
    assert answer.status_code == 200, answer.content
    rule.refresh_from_db()
    assert (rule.name, rule.settings, rule.hold_seconds, rule.active) == (
        "Too many returns",
        {"below": 3},
        300,
        False,
    )


def test_a_rep_sees_no_rules_and_makes_none(seller, rule):
    assert client(seller).get("/api/v1/rules/").status_code == 403
    assert post(seller, "rules/", RULE).status_code == 403
    assert Rule.objects.count() == 1


def test_a_batch_is_answered_event_by_event(sender):
    answer = post(sender, "events/", {"events": [point(1), point(1), {"type": "metric"}, 4]})
    assert answer.status_code == 202
    assert [one["status"] for one in answer.json()["results"]] == [
        "created",
        "repeated",
        "rejected",
        "rejected",
    ]
    assert answer.json()["rejected"] == 2


@pytest.mark.parametrize("body", [{}, [], {"events": 4}, {"events": [{}] * 1001}, 5, None, "x"])
def test_what_is_no_batch_is_a_400(sender, body):
    assert post(sender, "events/", body).status_code == 400


def test_only_those_who_bring_data_post_events(seller):
    assert post(seller, "events/", {"events": [point(1)]}).status_code == 403
    assert not MetricPoint.objects.exists()


def test_a_breach_rings_once_on_commit(rule, sender, django_capture_on_commit_callbacks, monkeypatch):
    rings = []
    monkeypatch.setattr("alerts.api.ring", lambda: rings.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        post(sender, "events/", {"events": [point(60), point(61)]})
    with django_capture_on_commit_callbacks(execute=True):
        post(sender, "events/", {"events": [point(60)]})
    assert rings == [1]


def test_an_alert_goes_through_its_life(alert, lead):
    def step(name, **body):
        return post(lead, f"alerts/{alert.pk}/{name}/", body)

    assert step("acknowledge").json()["state"] == "acknowledged"
    assert step("acknowledge").status_code == 409
    assert step("resolve").status_code == 400
    assert step("resolve", reason="Trade fair").json()["resolution"] == "Trade fair"
    assert step("undo").json()["state"] == "acknowledged"
    assert step("assign", owner=None).json()["owner"] is None
    told = client(lead).get(f"/api/v1/alerts/{alert.pk}/").json()
    actions = [event["action"] for event in told["events"]]
    assert actions == ["raised", "acknowledged", "resolved", "undone", "assigned"]
    assert told["text"] == "returns_per_day is 60, above the limit of 50."


def test_the_list_has_the_same_queries_for_2_and_20_rows(boss, north):
    def more(count):
        customers = Customer.objects.bulk_create([Customer(name=f"C{n}", team=north) for n in range(count)])
        Finding.objects.bulk_create(
            Finding(
                kind="customer",
                customer=one,
                at=NOW,
                score=0.7,
                detector="x",
                fingerprint=f"f{one.pk}",
                as_of=NOW,
            )
            for one in customers
        )
        services.check(now=NOW)

    more(2)
    session = client(boss)
    session.get("/api/v1/alerts/")
    with counting() as two:
        assert len(session.get("/api/v1/alerts/").json()["results"]) == 2
    more(18)
    with counting() as twenty:
        assert len(session.get("/api/v1/alerts/").json()["results"]) == 20
    assert len(twenty) == len(two) <= 8


def test_another_teams_alert_and_an_absent_one_have_the_same_404(north, rival):
    customer = Customer.objects.create(name="Canary", team=north)
    Finding.objects.create(
        kind="customer", customer=customer, at=NOW, score=0.7, detector="x", fingerprint="f", as_of=NOW
    )
    services.check(now=NOW)
    pk = Alert.objects.get().pk
    session = client(rival)
    for path in ("", "acknowledge/", "undo/"):
        ask = session.post if path else session.get
        mine, absent = ask(f"/api/v1/alerts/{pk}/{path}"), ask(f"/api/v1/alerts/999999/{path}")
        if path:
            mine, absent = (post(rival, f"alerts/{one}/{path}", {}) for one in (pk, 999999))
        assert mine.status_code == absent.status_code == 404
        assert mine.content == absent.content
    assert Alert.objects.get().state == "open"
