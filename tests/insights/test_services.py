"""The mathematics meets the tables: one Run per part, one set of results, the same on the same data."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from crm.kit.errors import Invalid, Refused
from customers.models import Customer
from insights import modelfiles
from insights.clean import Cleaning
from insights.facts import customer_facts
from insights.models import (
    CustomerScore,
    Finding,
    Metric,
    MetricPoint,
    ModelVersion,
    Run,
    ScoreHistory,
    Segment,
    SegmentMembership,
)
from insights.refusals import ModelRefused
from insights.services.analysis import run_analysis
from insights.services.definitions import define_churn
from insights.services.runs import LOCK, analysis_lock
from insights.words import run_reason
from tests.insights.workspace import AS_OF, build, talk

SHOWN = ("churn_probability", "churn_band", "churn_reasons", "rfm_segment", "cluster", "anomaly", "health")


def scores() -> dict[str, tuple]:
    """What is shown of every customer, by name."""
    rows = CustomerScore.objects.values_list("customer__name", *SHOWN)
    return {row[0]: row[1:] for row in rows}


def forget() -> None:
    """Take away everything that runs made."""
    for model in (SegmentMembership, Segment, ScoreHistory, Finding, MetricPoint, CustomerScore):
        model.objects.all().delete()
    Run.objects.all().delete()
    ModelVersion.objects.all().delete()


@pytest.fixture
def analysed(db):
    build()
    define_churn(horizon_days=60)
    return run_analysis(as_of=AS_OF, now=AS_OF)


def test_every_part_writes_one_run_and_every_score_points_to_it(analysed):
    assert {run.kind: run.state for run in analysed} == {
        "segments": "done", "churn-training": "done", "churn": "done", "value": "refused", "metrics": "done",
        "anomalies": "done", "health": "done",
    }  # fmt: skip
    assert all(run.finished_at for run in analysed)
    churn = next(run for run in analysed if run.kind == "churn")
    assert churn.model is not None
    scored = CustomerScore.objects.filter(churn_probability__isnull=False)
    assert scored.count() == churn.rows_out > 100
    assert set(scored.values_list("churn_run", flat=True)) == {churn.pk}
    assert "Needs 820 days of history" in run_reason(next(run for run in analysed if run.kind == "value"))
    assert Metric.objects.filter(name="orders_per_day").exists()


def test_reasons_add_up_to_the_score(analysed):
    for row in CustomerScore.objects.filter(churn_probability__isnull=False):
        told = row.churn_reasons
        total = told["base"] + sum(part["points"] for part in told["parts"]) + told["other"]
        assert total == pytest.approx(told["value"], abs=0.011)
        assert told["value"] == pytest.approx(100 * row.churn_probability, abs=0.006)
        moved = sum(abs(part["points"]) for part in told["parts"]) + abs(told["other"])
        assert abs(told["other"]) <= 0.21 * moved + 0.02


def test_the_same_data_in_another_sequence_give_identical_scores(analysed):
    before = scores()
    forget()
    from sales.models import Order, OrderLine

    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    Customer.objects.all().delete()
    build(reverse=True)
    run_analysis(as_of=AS_OF, now=AS_OF)
    assert scores() == before


def test_a_second_run_changes_nothing_and_makes_no_new_model(analysed):
    before = scores()
    members = set(SegmentMembership.objects.values_list("segment__key", "customer", "entered_at", "left_at"))
    run_analysis(as_of=AS_OF, now=AS_OF + timedelta(hours=1))
    assert scores() == before
    assert set(SegmentMembership.objects.values_list("segment__key", "customer", "entered_at", "left_at")) == members
    assert ModelVersion.objects.count() == 1
    assert ScoreHistory.objects.filter(name="churn").count() == len(
        [row for row in before.values() if row[0] is not None]
    )


def test_rows_after_the_moment_change_nothing(analysed):
    before = scores()
    forget()
    customer = Customer.objects.get(name="Customer 1")
    talk(customer, AS_OF + timedelta(days=1))
    from sales.models import Order, OrderLine
    from tests.cast import root_team

    order = Order.objects.create(
        number="later", customer=customer, team=root_team(), ordered_at=AS_OF + timedelta(hours=1)
    )
    OrderLine.objects.create(order=order, position=1, quantity=1, unit_price=999, net=999, home_net=999)
    run_analysis(as_of=AS_OF, now=AS_OF)
    assert scores() == before


def test_clusters_keep_their_identity_in_the_next_run(analysed):
    keys = set(Segment.objects.filter(method="kmeans", active=True).values_list("key", flat=True))
    run_analysis(as_of=AS_OF + timedelta(days=2), now=AS_OF + timedelta(days=2), only=["segments"])
    after = set(Segment.objects.filter(method="kmeans", active=True).values_list("key", flat=True))
    assert keys
    assert len(after - keys) <= 1


def test_thin_data_are_refused_with_what_is_missing(db):
    build(customers=30, days=200)
    runs = run_analysis(as_of=AS_OF, now=AS_OF)
    training = next(run for run in runs if run.kind == "churn-training")
    assert training.state == Run.State.REFUSED
    assert "Needs 200 active customers" in run_reason(training)
    assert "has 25" in run_reason(training)


def test_a_changed_model_file_is_refused_and_the_last_good_one_serves(analysed):
    version = ModelVersion.objects.get()
    path = modelfiles.path_of("churn", version.version)
    kept = path.read_text()
    try:
        path.write_text(kept.replace("0.", "1.", 1))
        with pytest.raises(ModelRefused, match="model_signature"):
            modelfiles.read("churn", version.version, expected_digest=version.digest)
        path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch marker'\ntR.")
        with pytest.raises(ModelRefused):
            modelfiles.read("churn", version.version, expected_digest=version.digest)
    finally:
        path.write_text(kept)
    with pytest.raises(ModelRefused, match="model_features"):
        modelfiles.read("churn", version.version, expected_digest=version.digest, features=["recency"])
    with pytest.raises(ModelRefused, match="model_other"):
        modelfiles.read("churn", version.version, expected_digest="0" * 64)


def test_the_facts_by_sql_agree_with_the_definition_in_clean(db):
    build(customers=40, days=200)
    talk(Customer.objects.get(name="Customer 2"), AS_OF - timedelta(days=300))
    log = Cleaning()
    facts = customer_facts(until=AS_OF, zone="UTC", log=log)
    from tests.insights.frames import rhythm

    wanted = rhythm(40, 200).orders
    assert len(facts.orders) == len(wanted)
    assert facts.orders["net"].sum() == pytest.approx(wanted["net"].round(2).sum())
    assert set(facts.orders["lines"]) == {1}  # postage is an adjustment
    assert log.rules["adjustment line"] == len(wanted)
    assert len(facts.tickets) == len(facts.interactions) == 1


def test_the_horizon_must_be_within_its_limits(db):
    with pytest.raises(Invalid):
        define_churn(horizon_days=7)


@pytest.mark.django_db(transaction=True)
def test_two_analyses_never_run_beside_each_other():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            with pytest.raises(Refused), analysis_lock():
                pass
    finally:
        other.close()


def test_web_processes_load_no_heavy_library():
    code = (
        "import json, sys, crm.wsgi\n"
        "from django.urls import get_resolver\nget_resolver().url_patterns\n"
        "from insights.detectors import REGISTRY as a\nfrom insights.estimators import REGISTRY as b\n"
        "from insights.segmenters import REGISTRY as c\nlist(a), list(b), list(c)\n"
        "import insights.tasks\n"
        "print(json.dumps([m for m in ('numpy', 'openpyxl', 'pandas', 'sklearn', 'scipy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout.splitlines()[-1]) == []
