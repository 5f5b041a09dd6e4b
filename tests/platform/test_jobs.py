import datetime as dt
import json

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client

from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.models import Job, LiveEvent
from crm.kit.progress import LEASE, LeaseLost
from tests.cast import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind(monkeypatch):
    """Registers a handler for one test; the list records what it was given."""
    monkeypatch.setattr(jobs, "ring", lambda *_given: True)
    monkeypatch.setattr(jobs._handlers, "by_kind", dict(jobs.handlers()))

    def register(run):
        jobs.handler("test.kind", time_limit=60)(run)
        return "test.kind"

    return register


def expire(job):
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - dt.timedelta(seconds=1))


def test_a_job_runs_once_and_keeps_its_result(kind):
    seen = []
    job = jobs.enqueue(kind(lambda job, report: seen.append(job.args) or {"rows": 3}), {"a": 1})
    assert jobs.run(job.pk)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts, seen) == (Job.State.DONE, {"rows": 3}, 1, [{"a": 1}])
    assert job.finished_at >= job.started_at


def test_an_unknown_kind_is_refused_at_the_door():
    with pytest.raises(KeyError):
        jobs.enqueue("no.such.kind")


def test_only_one_of_two_claims_wins(kind):
    job = jobs.enqueue(kind(lambda job, report: {}))
    assert jobs.claim(job.pk) is not None
    assert jobs.claim(job.pk) is None


def test_the_job_of_a_dead_worker_comes_back(kind):
    job = jobs.enqueue(kind(lambda job, report: {"again": True}))
    jobs.claim(job.pk)
    assert jobs.sweep() == []
    expire(job)
    assert jobs.sweep() == [(job.pk, "test.kind")]
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)


def test_the_third_death_is_given_up_and_said(kind):
    job = jobs.enqueue(kind(lambda job, report: {}))
    for _attempt in range(3):
        assert jobs.claim(job.pk)
        expire(job)
    assert jobs.claim(job.pk) is None
    assert jobs.sweep() == []
    job.refresh_from_db()
    assert job.state == Job.State.DEAD
    assert "disappeared" in job.error


def test_an_error_is_tried_again_and_the_third_is_final(kind):
    def fail(job, report):
        raise ValueError("/secret/path")

    job = jobs.enqueue(kind(fail))
    for attempt in (1, 2, 3):
        assert jobs.run(job.pk)
        job.refresh_from_db()
        assert job.attempts == attempt
        Job.objects.filter(pk=job.pk).update(run_after=None)
    assert job.state == Job.State.DEAD
    assert "ValueError" in job.error
    assert "secret" not in job.error


def test_a_refusal_is_final_at_once_and_keeps_its_sentence(kind):
    def refuse(job, report):
        raise Refused("There are no orders yet.")

    job = jobs.enqueue(kind(refuse))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "There are no orders yet.")


def test_a_lost_database_does_not_count_as_an_attempt(kind):
    def lose(job, report):
        raise OperationalError("server closed the connection")

    job = jobs.enqueue(kind(lose))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.QUEUED, 0)


def test_progress_is_seen_and_the_lease_renewed_while_the_work_goes_on(kind):
    def work(job, report):
        expire(job)
        report(done=5, total=10, message="half")
        report.flush()
        row = Job.objects.get(pk=job.pk)
        assert (row.done, row.total, row.message) == (5, 10, "half")
        assert row.lease_until > row.started_at + LEASE - dt.timedelta(seconds=5)
        return {}

    job = jobs.enqueue(kind(work))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_running_job_stops_at_its_next_report_when_cancelled(kind):
    def work(job, report):
        jobs.cancel(job_id=job.pk)
        report._write()
        report(done=1)
        raise AssertionError("went on")

    job = jobs.enqueue(kind(work))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_waiting_job_is_cancelled_at_once_and_can_be_retried(kind):
    job = jobs.enqueue(kind(lambda job, report: {}))
    assert jobs.cancel(job_id=job.pk)
    assert not jobs.run(job.pk)
    assert jobs.retry(job_id=job.pk)
    assert jobs.run(job.pk)


def test_who_lost_the_lease_may_not_write(kind):
    def work(job, report):
        Job.objects.filter(pk=job.pk).update(claimed_by="someone else")
        with pytest.raises(LeaseLost):
            report.fence()
        report.fence()

    job = jobs.enqueue(kind(work))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.claimed_by) == (Job.State.RUNNING, "someone else")


def test_a_job_for_later_waits(kind):
    later = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    job = jobs.enqueue(kind(lambda job, report: {}), run_after=later)
    assert not jobs.run(job.pk)
    assert jobs.sweep() == []


def test_heavy_jobs_share_one_lane():
    from crm.kit import lanes

    with lanes.lane(heavy=True) as first, lanes.lane(heavy=True) as second, lanes.lane(heavy=False) as third:
        assert (first, second, third) == (True, False, True)
        with lanes.lane(heavy=False) as fourth:
            assert not fourth


def test_the_asker_hears_once_that_a_job_is_over(kind, client):
    asker, other = make_user("asker"), make_user("other")
    name = kind(lambda job, report: {})
    job = jobs.enqueue(name, user=asker)
    jobs.enqueue(name)  # nobody asked for this one
    client.force_login(asker)
    assert "HX-Trigger" not in client.post("/jobs/news/").headers  # it still runs
    jobs.run_waiting()
    assert list(LiveEvent.objects.filter(topic="jobs").values_list("user", flat=True)) == [asker.pk]
    stranger = Client()
    stranger.force_login(other)
    assert "HX-Trigger" not in stranger.post("/jobs/news/").headers
    news = json.loads(client.post("/jobs/news/").headers["HX-Trigger"])["toast"]
    assert news["href"] == f"/jobs/{job.token}/" and "done" in news["text"]
    assert "HX-Trigger" not in client.post("/jobs/news/").headers


def test_a_failure_is_told_as_one(kind, client):
    def refuse(job, report):
        raise Refused("No.")

    asker = make_user("asker")
    jobs.enqueue(kind(refuse), user=asker)
    jobs.run_waiting()
    client.force_login(asker)
    assert json.loads(client.post("/jobs/news/").headers["HX-Trigger"])["toast"]["tone"] == "bad"


def test_two_jobs_that_end_together_are_both_told(kind, client):
    asker = make_user("asker")
    name = kind(lambda job, report: {})
    both = {f"/jobs/{jobs.enqueue(name, user=asker).token}/" for _n in range(2)}
    jobs.run_waiting()
    client.force_login(asker)
    first = json.loads(client.post("/jobs/news/").headers["HX-Trigger"])
    assert "live:jobs" in first  # so that the page asks again
    second = json.loads(client.post("/jobs/news/").headers["HX-Trigger"])
    assert "live:jobs" not in second
    assert {first["toast"]["href"], second["toast"]["href"]} == both


def test_the_asker_hears_of_a_job_whose_worker_never_came_back(kind, client):
    asker = make_user("asker")
    job = jobs.enqueue(kind(lambda job, report: {}), user=asker)
    Job.objects.filter(pk=job.pk).update(attempts=3, max_attempts=3)
    jobs.sweep()
    job.refresh_from_db()
    assert job.state == Job.State.DEAD
    assert list(LiveEvent.objects.filter(topic="jobs").values_list("user", flat=True)) == [asker.pk]
    client.force_login(asker)
    assert json.loads(client.post("/jobs/news/").headers["HX-Trigger"])["toast"]["tone"] == "bad"


def test_the_end_of_a_repeated_job_is_told_again(kind, client):
    def refuse(job, report):
        raise Refused("No.")

    asker = make_user("asker")
    job = jobs.enqueue(kind(refuse), user=asker)
    jobs.run_waiting()
    client.force_login(asker)
    client.post("/jobs/news/")
    jobs.retry(job_id=job.pk)
    jobs.run_waiting()
    assert "HX-Trigger" in client.post("/jobs/news/").headers
