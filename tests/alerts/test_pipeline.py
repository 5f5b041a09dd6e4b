from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import pipeline
from alerts.conditions.threshold import Threshold
from alerts.pipeline import Held, Point, Watch
from crm.kit.errors import Invalid

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
RULE = Watch(7, 1, {"region": "EU"}, Threshold(above=50.0), "warning")


def point(value, *, minutes=0, **labels):
    return Point(1, labels or {"region": "EU"}, NOW + timedelta(minutes=minutes), value)


def candidates(*points, rule=RULE):
    return [found for _rule, p in pipeline.pairs(points, [rule]) if (found := pipeline.breach(rule, p))]


def test_a_value_on_the_limit_is_fine_and_one_above_is_not():
    assert candidates(point(50.0)) == []
    assert [c.reason["code"] for c in candidates(point(50.1))] == ["threshold_above"]


def test_a_rule_sees_only_series_with_its_labels():
    assert candidates(point(99.0, region="US")) == []
    assert len(candidates(point(99.0, region="EU", shop="a"))) == 1


def test_the_same_condition_is_one_alert_with_its_repeats():
    flush = pipeline.decide(
        candidates(point(60.0), point(70.0, minutes=-5), point(80.0, minutes=-1)), handled={}, now=NOW
    )
    assert [(c.repeats, c.observed, c.first_at) for c in flush.raised] == [(3, 60.0, NOW - timedelta(minutes=5))]


def test_series_with_other_labels_are_other_alerts():
    flush = pipeline.decide(candidates(point(60.0), point(60.0, region="EU", shop="a")), handled={}, now=NOW)
    assert len(flush.raised) == 2


def test_what_a_person_resolved_does_not_come_back_by_a_late_event():
    [late] = candidates(point(60.0, minutes=-10))
    flush = pipeline.decide([late], handled={late.fingerprint: NOW - timedelta(minutes=5)}, now=NOW)
    assert flush.raised == []
    assert flush.why() == {"resolved": 1}


def test_a_new_breach_after_a_resolved_one_is_news():
    [new] = candidates(point(60.0))
    assert pipeline.decide([new], handled={new.fingerprint: NOW - timedelta(minutes=5)}, now=NOW).raised == [new]


def test_an_event_of_last_quarter_is_history():
    flush = pipeline.decide(candidates(point(60.0, minutes=-60 * 24 * 90)), handled={}, now=NOW)
    assert flush.why() == {"history": 1}


def test_a_clock_that_runs_ahead_is_dated_now():
    [raised] = pipeline.decide(candidates(point(60.0, minutes=300)), handled={}, now=NOW).raised
    assert raised.last_at == NOW


def test_a_breach_must_last_as_long_as_the_rule_says():
    rule = replace(RULE, hold=timedelta(minutes=5))
    state, found = pipeline.hold(rule, point(60.0), None)
    assert found is None
    state, found = pipeline.hold(rule, point(60.0, minutes=4), state)
    assert found is None
    state, found = pipeline.hold(rule, point(61.0, minutes=5), state)
    assert found is not None
    assert (found.first_at, found.last_at) == (NOW, NOW + timedelta(minutes=5))


def test_a_fine_value_in_between_starts_the_duration_again():
    rule = replace(RULE, hold=timedelta(minutes=5))
    state, _ = pipeline.hold(rule, point(60.0), None)
    state, _ = pipeline.hold(rule, point(10.0, minutes=3), state)
    state, found = pipeline.hold(rule, point(60.0, minutes=6), state)
    assert found is None
    assert state.since == NOW + timedelta(minutes=6)


def test_a_late_point_leaves_the_duration_alone():
    rule = replace(RULE, hold=timedelta(minutes=5))
    state, _ = pipeline.hold(rule, point(60.0), None)
    assert pipeline.hold(rule, point(10.0, minutes=-3), state) == (state, None)


def test_silence_after_a_breach_does_not_stop_the_duration():
    rule = replace(RULE, hold=timedelta(minutes=5))
    known = Held(NOW, 60.0, since=NOW)
    assert pipeline.overdue(rule, {"region": "EU"}, known, NOW + timedelta(minutes=4)) is None
    assert pipeline.overdue(rule, {"region": "EU"}, known, NOW + timedelta(minutes=5)) is not None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"above": "50"},
        {"above": True},
        {"above": float("inf")},
        {"over": 5},
        {"above": 1, "below": 1},
        {"above": 10**400},
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused_with_a_sentence(settings):
    with pytest.raises(Invalid) as refused:
        Threshold.checked(settings)
    assert refused.value.fields["settings"].endswith(".")


def test_a_band_is_broken_on_either_side():
    band = Threshold.checked({"above": 10, "below": 2})
    assert [band.crossed(value) for value in (1.0, 5.0, 11.0)] == [("below", 2.0), None, ("above", 10.0)]
