from datetime import timedelta

import pytest

from alerts import services
from alerts.models import Alert, Rule
from alerts.services.rules import RuleInput, duration, written
from crm.kit.errors import Invalid, Refused
from crm.kit.models import LiveEvent
from customers.models import Customer
from insights.ingest import receive
from insights.models import Finding, MetricPoint

from .conftest import NOW


def post(user, value, *, minutes=0, metric="returns_per_day", **labels):
    at = NOW + timedelta(minutes=minutes)
    event = {
        "type": "metric",
        "metric": metric,
        "labels": labels,
        "at": at.isoformat(),
        "value": value,
        "id": f"{metric}-{value}-{minutes}-{sorted(labels.items())}",
    }
    receive(events=[event], user=user, now=NOW)


def check(minutes=0):
    return services.check(now=NOW + timedelta(minutes=minutes))


@pytest.fixture
def alert(rule, sender):
    post(sender, 60)
    check()
    return Alert.objects.get()


@pytest.fixture
def customer(north):
    return Customer.objects.create(name="Nordlicht", team=north)


def finding(customer, **changes):
    return Finding.objects.create(
        **{
            "kind": "unusual_customer",
            "customer": customer,
            "at": NOW,
            "score": 0.9,
            "severity": "critical",
            "detector": "isolation_forest",
            "fingerprint": f"{customer.pk}-{changes.get('at', NOW)}",
            "as_of": NOW,
            "reason": {"code": "unusual"},
            **changes,
        }
    )


def test_a_breach_becomes_one_alert_with_its_figures(rule, sender):
    post(sender, 60, region="EU")
    assert check().raised == 1
    alert = Alert.objects.get()
    assert (alert.rule, alert.severity, alert.state, alert.observed) == (rule, "warning", "open", 60)
    assert (alert.expected_low, alert.expected_high, alert.labels) == (None, 50, {"region": "EU"})
    assert alert.reason["code"] == "threshold_above"
    assert [event.action for event in alert.events.all()] == ["raised"]


def test_points_are_looked_at_once(alert):
    assert not MetricPoint.objects.filter(checked_at=None).exists()
    assert not services.work_waits()
    assert check().raised == 0


def test_repeats_of_an_open_alert_are_counted_not_raised(alert, sender):
    post(sender, 70, minutes=1)
    post(sender, 80, minutes=2)
    done = check(3)
    assert (done.raised, done.repeated) == (0, 1)
    alert.refresh_from_db()
    assert (alert.repeats, alert.observed) == (3, 80)


def test_a_new_alert_rings_and_a_repeat_does_not(alert, sender):
    before = LiveEvent.objects.filter(topic="alerts").count()
    assert before == 1
    post(sender, 70, minutes=1)
    check(1)
    assert LiveEvent.objects.filter(topic="alerts").count() == before


def test_a_switched_off_rule_is_silent(rule, sender):
    Rule.objects.update(active=False)
    post(sender, 60)
    assert check().raised == 0


def test_a_duration_passes_without_another_point(boss, sender):
    given = RuleInput("Slow", "queue", settings={"above": 5}, hold="PT5M")
    services.create_rule(given=given, user=boss)
    post(sender, 9, metric="queue")
    assert check().raised == 0
    assert check(4).raised == 0
    assert check(5).raised == 1
    assert check(6).raised == 0


def test_a_finding_becomes_an_alert_of_its_customer_and_owner(customer, seller):
    Customer.objects.update(owner=seller)
    finding(customer)
    assert check().raised == 1
    alert = Alert.objects.get()
    assert (alert.customer, alert.owner, alert.team_id, alert.group) == (
        customer,
        seller,
        customer.team_id,
        f"customer:{customer.pk}",
    )
    assert alert.severity == "critical"


def test_the_same_strangeness_next_day_is_a_repeat(customer):
    finding(customer)
    check()
    finding(customer, at=NOW + timedelta(days=1))
    done = check(24 * 60)
    assert (done.raised, done.repeated) == (0, 1)


def test_acknowledge_takes_the_alert_and_twice_is_refused(alert, boss):
    found = services.acknowledge(alert_id=alert.pk, user=boss, now=NOW)
    assert (found.state, found.owner) == ("acknowledged", boss)
    with pytest.raises(Refused):
        services.acknowledge(alert_id=alert.pk, user=boss, now=NOW)


def test_resolving_needs_a_reason(alert, boss):
    with pytest.raises(Invalid):
        services.resolve(alert_id=alert.pk, reason=" ", user=boss, now=NOW)
    found = services.resolve(alert_id=alert.pk, reason="A trade fair", user=boss, now=NOW)
    assert (found.state, found.resolution, found.resolved_at) == ("resolved", "A trade fair", NOW)


@pytest.mark.parametrize("verb", ["acknowledge", "resolve", "assign"])
def test_a_resolved_alert_takes_no_further_step(alert, boss, verb):
    services.resolve(alert_id=alert.pk, reason="Done", user=boss, now=NOW)
    more = {"resolve": {"reason": "x"}, "assign": {"owner_id": boss.pk}}.get(verb, {})
    with pytest.raises(Refused):
        getattr(services, verb)(alert_id=alert.pk, user=boss, now=NOW, **more)
    assert alert.events.count() == 2


def test_undo_takes_back_each_kind_of_step(alert, boss, lead):
    services.acknowledge(alert_id=alert.pk, user=boss, now=NOW)
    back = services.undo(alert_id=alert.pk, user=boss, now=NOW)
    assert (back.state, back.owner, back.acknowledged_at) == ("open", None, None)
    services.assign(alert_id=alert.pk, owner_id=lead.pk, user=boss, now=NOW)
    assert services.undo(alert_id=alert.pk, user=boss, now=NOW).owner is None
    services.resolve(alert_id=alert.pk, reason="Gone", user=boss, now=NOW)
    back = services.undo(alert_id=alert.pk, user=boss, now=NOW)
    assert (back.state, back.resolution) == ("open", "")
    with pytest.raises(Refused):
        services.undo(alert_id=alert.pk, user=boss, now=NOW)


def test_undo_of_reopen_resolves_again_with_the_same_reason(alert, boss):
    services.resolve(alert_id=alert.pk, reason="Gone", user=boss, now=NOW)
    services.reopen(alert_id=alert.pk, user=boss, now=NOW)
    back = services.undo(alert_id=alert.pk, user=boss, now=NOW)
    assert (back.state, back.resolution) == ("resolved", "Gone")


def test_an_old_alert_stays_closed_when_a_newer_one_is_open(alert, boss, sender):
    services.resolve(alert_id=alert.pk, reason="Gone", user=boss, now=NOW)
    post(sender, 90, minutes=5)
    assert check(5).raised == 1
    with pytest.raises(Refused, match="newer"):
        services.reopen(alert_id=alert.pk, user=boss, now=NOW)
    with pytest.raises(Refused, match="newer"):
        services.undo(alert_id=alert.pk, user=boss, now=NOW)
    assert Alert.objects.open().count() == 1


def test_a_late_event_does_not_wake_a_resolved_alert(alert, boss, sender):
    services.resolve(alert_id=alert.pk, reason="Gone", user=boss, now=NOW)
    post(sender, 90, minutes=-5)
    assert check().dropped == {"resolved": 1}


def test_alerts_of_customers_follow_the_reach_of_customers(customer, seller, rival, lead, rule, sender):
    finding(customer)
    post(sender, 60)
    check()
    seen = {user.username: Alert.objects.visible_to(user).count() for user in (seller, rival, lead)}
    assert seen == {"alerts-rep": 1, "alerts-rival": 0, "alerts-manager": 2}


def test_another_teams_alert_and_an_absent_one_are_the_same(customer, rival):
    finding(customer)
    check()
    for pk in (Alert.objects.get().pk, 0):
        with pytest.raises(Alert.DoesNotExist):
            services.acknowledge(alert_id=pk, user=rival, now=NOW)
    assert Alert.objects.get().state == "open"


def test_an_alert_is_given_only_to_someone_who_sees_it(customer, seller, rival, lead):
    finding(customer)
    check()
    pk = Alert.objects.get().pk
    with pytest.raises(Invalid):
        services.assign(alert_id=pk, owner_id=rival.pk, user=lead, now=NOW)
    assert services.assign(alert_id=pk, owner_id=seller.pk, user=lead, now=NOW).owner == seller


def test_a_rule_reports_every_problem_at_once(boss):
    given = RuleInput(" ", "a\0b", detector="magic", settings={}, labels={"a": []}, hold="soon", severity="bad")
    with pytest.raises(Invalid) as refused:
        services.create_rule(given=given, user=boss)
    assert set(refused.value.fields) == {"name", "metric", "detector", "labels", "for", "severity"}


def test_a_managers_rule_is_seen_by_the_teams_above_only(lead, boss, rule):
    mine = services.create_rule(given=RuleInput("Mine", "orders", settings={"below": 1}), user=lead)
    assert list(Rule.objects.visible_to(lead)) == [mine]
    assert set(Rule.objects.visible_to(boss)) == {mine, rule}


@pytest.mark.parametrize("text,seconds", [("PT0S", 0), ("PT5M", 300), ("P1D", 86400), ("P1DT2H3M4S", 93784)])
def test_durations_are_iso_8601(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)
    assert written(seconds) == text


@pytest.mark.parametrize("text", ["", "P", "PT", "5 min", "P32D", "PT-5M", "P1Y", "pt5m"])
def test_other_durations_are_refused(text):
    with pytest.raises(Invalid):
        duration(text)


def test_ten_thousand_events_are_checked_in_a_few_statements(rule, sender, django_assert_max_num_queries):
    points = [
        MetricPoint(metric_id=rule.metric_id, at=NOW - timedelta(seconds=n), value=n % 60, event_id=f"e{n}")
        for n in range(10_000)
    ]
    MetricPoint.objects.bulk_create(points)
    with django_assert_max_num_queries(45):
        done = check()
    assert (done.points, done.raised) == (10_000, 1)
    assert Alert.objects.get().repeats == sum(n % 60 > 50 for n in range(10_000))


def test_a_check_that_dies_gives_everything_back(rule, sender, customer, monkeypatch):
    post(sender, 60)
    finding(customer)

    def die(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("alerts.services.checks.announce", die)
    with pytest.raises(RuntimeError):
        check()
    assert not Alert.objects.exists()
    assert services.work_waits()
    monkeypatch.undo()
    assert check().raised == 2
    assert not services.work_waits()


def test_the_task_may_be_delivered_twice(rule, sender):
    from alerts.tasks import check_points

    post(sender, 60)
    check_points()
    check_points()
    assert Alert.objects.get().repeats == 1


def test_many_rings_are_one_and_a_worker_that_looks_makes_room_for_the_next(db, monkeypatch):
    from alerts import tasks

    sent = []
    monkeypatch.setattr(tasks.current_app, "send_task", lambda name, **kwargs: sent.append(name), raising=False)
    tasks.bell().delete(tasks.RUNG)
    assert [tasks.ring() for _time in range(3)] == [True] * 3
    assert sent == [tasks.TASK]
    tasks.check_points()
    tasks.ring()
    assert sent == [tasks.TASK] * 2
    tasks.bell().delete(tasks.RUNG)
