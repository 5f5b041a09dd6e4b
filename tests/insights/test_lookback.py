"""A first analysis that looks back: the facts of the day, today's model, and a Run that says so."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from insights import modelfiles
from insights.facts import customer_facts
from insights.features.build import FeatureStore
from insights.models import CustomerScore, Run, ScoreHistory
from insights.services.analysis import run_analysis
from insights.services.definitions import define_churn
from insights.words import run_reason
from tests.insights.workspace import AS_OF, build

THEN = AS_OF - timedelta(days=30)


@pytest.fixture
def runs(db):
    build()
    define_churn(horizon_days=60)
    return run_analysis(as_of=AS_OF, now=AS_OF, only=["churn"], look_back=[30, 60])


def test_a_history_is_scored_as_of_the_earlier_days_and_its_runs_say_how(runs):
    back = [run for run in runs if run.settings.get("looked_back")]
    assert [(run.kind, (AS_OF - run.as_of).days, run.state) for run in back] == [
        ("churn", 60, "done"), ("health", 60, "done"), ("churn", 30, "done"), ("health", 30, "done"),
    ]  # fmt: skip
    for run in back:
        assert run_reason(run).startswith(
            "Computed afterwards for the history: from the facts before this moment, with"
        )
        assert ScoreHistory.objects.filter(run=run, at=run.as_of, name=run.kind).exists()
    now = CustomerScore.objects.filter(churn_probability__isnull=False)
    assert set(now.values_list("as_of", flat=True)) == {AS_OF}
    assert set(now.values_list("churn_run__as_of", flat=True)) == {AS_OF}


def test_the_earlier_scores_know_nothing_that_came_later(runs):
    version = Run.objects.filter(kind="churn", as_of=THEN).get().model
    model = modelfiles.read("churn", version.version, expected_digest=version.digest)
    snapshot = FeatureStore(customer_facts(until=THEN, zone="UTC")).snapshot(THEN)
    blind = model.platt.probability(model.flat.score(snapshot.features), in_odds=model.flat.in_odds)
    known = dict(zip(snapshot.customers.tolist(), blind, strict=True))
    written = ScoreHistory.objects.filter(name="churn", at=THEN).values_list("customer", "value")
    assert len(written) > 50
    assert np.allclose([known[customer] for customer, _value in written], [value for _customer, value in written])


def test_only_moves_are_appended_so_that_no_entry_repeats_the_one_before(runs):
    several = ScoreHistory.objects.filter(name="churn").values("customer").annotate(n=Count("id")).filter(n__gt=1)
    for row in several[:40]:
        values = ScoreHistory.objects.filter(name="churn", customer=row["customer"]).order_by("at")
        told = list(values.values_list("value", flat=True))
        assert all(abs(a - b) >= 0.005 for a, b in pairwise(told))


def test_a_workspace_with_a_history_is_not_rewritten(runs):
    before = ScoreHistory.objects.count()
    later = run_analysis(as_of=AS_OF, now=AS_OF, only=["churn"], look_back=[30, 60])
    assert not [run for run in later if run.settings.get("looked_back")]
    assert ScoreHistory.objects.count() == before


def test_without_a_model_nothing_is_looked_back(db):
    build(customers=30, days=200)
    made = run_analysis(as_of=AS_OF, now=AS_OF, only=["churn"], look_back=[30])
    assert {run.as_of for run in made} == {AS_OF}


@pytest.mark.parametrize("wrong", ["0", "-3", "a", "366", "1.5"])
def test_days_that_make_no_sense_are_refused(wrong):
    with pytest.raises(CommandError, match="numbers of days"):
        call_command("insights", "run", f"--look-back={wrong}")
