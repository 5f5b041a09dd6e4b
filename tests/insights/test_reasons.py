"""Why a run refused, failed or needs a word: codes in the table, sentences in the reader's language."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.translation import get_language, override

from insights import words
from insights.models import Run
from insights.refusals import Thin, why
from insights.services.analysis import Analysis, run_part
from insights.services.runs import analysis_lock, start_run
from tests.cast import make_user, root_team
from tests.insights.workspace import AS_OF

ROOT = Path(words.__file__).parent


class InTwo:
    """A sentence in the language that is on when it is read."""

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        return "需要 %(needed)s 位客户，现有 %(found)s 位。" if chinese else "Needs %(needed)s, has %(found)s."


def refused(**values) -> Run:
    return Run.objects.create(kind="segments", as_of=AS_OF, started_at=AS_OF, state=Run.State.REFUSED, **values)


def refuse(analysis, run):
    raise Thin(why("few_active", needed=20, found=3))


def fail(analysis, run):
    raise ZeroDivisionError("by nothing")


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setitem(words.WHY, "few_active", InTwo())


def test_every_code_that_is_raised_has_a_sentence():
    raised = set()
    for path in ROOT.rglob("*.py"):
        raised |= set(re.findall(r'\bwhy\(\s*"(\w+)"', path.read_text()))
    assert raised == set(words.WHY)


def test_every_rule_that_drops_rows_has_words():
    noted = set()
    for path in ROOT.rglob("*.py"):
        noted |= set(re.findall(r'log\.note\("([^"]+)"', path.read_text()))
    assert noted <= set(words.DROPPED)


def test_the_page_the_list_and_the_api_speak_the_language_of_the_reader(client, db, chinese):
    run = refused(why=[why("few_active", needed=20, found=3)])
    client.force_login(make_user("reader", "admin", root_team()))
    for language, wanted in (("en", "Needs 20, has 3."), ("zh-hans", "需要 20 位客户，现有 3 位。")):
        headers = {"accept-language": language}
        for address in (f"/insights/runs/{run.pk}/", "/insights/runs/", "/insights/segments/"):
            assert wanted in client.get(address, headers=headers).content.decode(), (address, language)
        told = client.get(f"/api/v1/runs/{run.pk}/", headers=headers).json()
        assert told["reason"] == wanted
        assert told["why"] == [{"code": "few_active", "values": {"needed": 20, "found": 3}}]


def test_a_refusal_is_kept_as_code_and_figures(db):
    run = run_part(Analysis(AS_OF, AS_OF, "UTC", None, None), "segments", refuse)
    run.refresh_from_db()
    assert run.state == Run.State.REFUSED
    assert words.run_reason(run) == "Needs 20 customers with a purchase in the last 365 days; has 3."


def test_a_failure_names_the_kind_of_error_and_shows_nothing_of_its_text(db):
    """Which may hold SQL, a path or somebody's data; whoever runs the analysis has it in the log."""
    with pytest.raises(ZeroDivisionError):
        run_part(Analysis(AS_OF, AS_OF, "UTC", None, None), "segments", fail)
    run = Run.objects.get()
    assert run.state == Run.State.FAILED
    assert words.run_reason(run) == "Stopped by an error; nothing was written. ZeroDivisionError"


def test_a_run_that_was_cut_off_says_so(db):
    run = start_run(kind="churn", as_of=AS_OF, now=AS_OF - timedelta(hours=1), seed=1, settings={})
    with analysis_lock():
        run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert words.run_reason(run) == "Cut off before its end; nothing was written."


def test_commands_print_a_sentence(db):
    out = io.StringIO()
    call_command("insights", "run", only=["segments"], stdout=out, stderr=io.StringIO())
    told = {run["kind"]: run["reason"] for run in json.loads(out.getvalue())}
    assert told["segments"] == "Needs 20 customers with a purchase in the last 365 days; has 0."
    out = io.StringIO()
    call_command("insights", "evaluate", "churn", "--json", stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["refused"].startswith("Needs 30 gaps between purchases")


def test_an_unknown_code_stands_for_itself():
    assert (
        words.why_words([{"code": "of_a_plug_in", "values": {}}, {"code": "few_active"}]) == "of a plug in few active"
    )


def test_short_metrics_are_named_in_the_language_of_the_reader():
    with override("en"):
        [(text, days)] = words.dropped_words({"orders_per_day": 7})
    assert (text, days) == ("Orders per day: needs 20 days, has 7", 7)
