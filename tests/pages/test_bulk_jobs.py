"""Actions on more rows than run at once: jobs that look again at filter, reach and rights."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from crm.accounts.models import Grant, Membership, User
from crm.kit import jobs
from crm.kit.lists import bulk
from crm.kit.models import Job
from crm.kit.progress import LeaseLost
from crm.kit.sets import Swept
from customers import services
from customers.models import Customer
from customers.services import bulk as many
from customers.views import CustomerList
from tests.cast import Cast
from tests.pages.bulking import LEADS, Report, keys, leads, queued, run, said, send, with_tag

SignIn = Callable[[str], Client]


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that four rows are a job, in chunks of two."""
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk, "MANY", 2)
    monkeypatch.setattr("crm.kit.jobs.ring", lambda *_given: True)


@pytest.mark.django_db(transaction=True)
def test_the_runner_of_jobs_runs_it_to_its_end(cast: Cast, sign_in: SignIn, few_at_once: None) -> None:
    """With its lease, its progress and its page."""
    rows, client = leads(cast, 5), sign_in("rep")
    job = queued(client)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.error) == (Job.State.DONE, 5, 5, "")
    assert with_tag("fair") == keys(rows)
    assert "5 records changed." in client.get(f"/jobs/{job.token}/").content.decode()


def test_more_rows_than_run_at_once_become_a_job_that_finds_its_rows_when_it_runs(
    cast: Cast, sign_in: SignIn, few_at_once: None
) -> None:
    """What left the filter or the reach since is untouched, what came in is done."""
    rows = leads(cast, 6)
    job = queued(sign_in("rep"))
    assert with_tag("fair") == set()
    assert "ids" not in job.args
    Customer.objects.filter(pk=rows[0].pk).update(lifecycle="active")
    Customer.objects.filter(pk=rows[1].pk).update(team=cast.teams["south"], owner=None)
    came = leads(cast, 1)
    result = run(job)
    assert with_tag("fair") == keys(rows[2:]) | keys(came)
    assert (result["changed"], result["refused"]) == (5, 0)


def test_a_job_looks_at_the_rights_again(cast: Cast, sign_in: SignIn, few_at_once: None) -> None:
    """Taken away before it runs: a sentence, and nothing is written."""
    leads(cast, 5)
    job = queued(sign_in("rep"))
    Grant.objects.filter(role="rep", object="customer", action="change").delete()
    with pytest.raises(bulk.Refused, match="no longer reaches"):
        run(job)
    assert with_tag("fair") == set()


def test_a_right_that_is_taken_away_in_the_middle_stops_the_job(cast: Cast, sign_in: SignIn, few_at_once: None) -> None:
    """The chunks before are kept and counted."""

    class Shuts(Report):
        def fence(self) -> None:
            super().fence()
            Membership.objects.filter(user=cast.users["rep"]).delete()

    rows = leads(cast, 5)
    job = queued(sign_in("rep"))
    with pytest.raises(bulk.Refused):
        run(job, Shuts())
    job.refresh_from_db()
    assert with_tag("fair") == keys(rows[:2])
    assert job.result["changed"] == 2


def test_somebody_who_may_not_sign_in_any_more_changes_nothing(cast: Cast, sign_in: SignIn, few_at_once: None) -> None:
    """Disabled between the click and the run."""
    leads(cast, 5)
    job = queued(sign_in("rep"))
    User.objects.filter(pk=cast.users["rep"].pk).update(is_active=False)
    with pytest.raises(bulk.Refused, match="may not sign in"):
        run(job)
    assert with_tag("fair") == set()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_lost_its_worker_goes_on_behind_the_last_row_it_wrote(
    cast: Cast, sign_in: SignIn, few_at_once: None
) -> None:
    """Every row is changed once, and counted once."""
    rows = leads(cast, 7)
    job = queued(sign_in("rep"))
    with pytest.raises(LeaseLost):
        run(job, Report(dies=2))
    assert with_tag("fair") == keys(rows[:2])
    result = run(job)
    assert with_tag("fair") == keys(rows)
    assert (result["changed"], result["same"], result["refused"]) == (7, 0, 0)
    assert {row.events.count() for row in rows} == {1}
    assert run(job)["changed"] == 7


def test_the_history_names_who_asked_for_the_job(cast: Cast, sign_in: SignIn, few_at_once: None) -> None:
    """As if each row had been changed by hand."""
    rows = leads(cast, 4)
    run(queued(sign_in("rep")))
    context = rows[0].events.get().pgh_context.metadata
    assert (context["user"], context["via"]) == (cast.users["rep"].pk, "job")


def test_an_address_with_an_unknown_filter_is_refused_and_never_widened_to_all_rows(
    cast: Cast, sign_in: SignIn, few_at_once: None
) -> None:
    """A filter that is left out silently would mean every customer."""
    leads(cast, 5)
    answer = send(sign_in("rep"), "/customers/?lifecicle=lead", "trash", sure="1")
    assert "cannot be filtered by “lifecicle”" in said(answer)
    job = queued(sign_in("rep"))
    Job.objects.filter(pk=job.pk).update(args={**job.args, "query": "churn_bandage=high"})
    with pytest.raises(bulk.Invalid):
        run(job)
    assert with_tag("fair") == set()
    assert not Customer.objects.exclude(deleted_at=None).exists()


def test_a_filter_of_an_app_above_that_the_reader_lost_is_refused_too(
    cast: Cast, sign_in: SignIn, few_at_once: None
) -> None:
    """Who may no longer see scores must not act on all instead of on those at risk."""
    leads(cast, 5)
    rows = {"query": "churn_band=high"}
    Grant.objects.filter(role="rep", object="score").delete()
    job = queued(sign_in("rep"))
    Job.objects.filter(pk=job.pk).update(args={**job.args, **rows})
    with pytest.raises(bulk.Invalid, match="churn_band"):
        run(job)
    assert with_tag("fair") == set()


def test_a_day_in_a_filter_begins_where_the_asker_is_also_in_the_job(
    cast: Cast, sign_in: SignIn, few_at_once: None
) -> None:
    """One in the morning of the 23rd in Shanghai is still the 22nd in UTC."""
    User.objects.filter(pk=cast.users["rep"].pk).update(time_zone="Asia/Shanghai")
    early = leads(cast, 4)
    leads_before = leads(cast, 4)
    Customer.objects.filter(pk__in=keys(early)).update(created_at=datetime(2026, 11, 22, 17, tzinfo=UTC))
    Customer.objects.filter(pk__in=keys(leads_before)).update(created_at=datetime(2026, 11, 22, 15, tzinfo=UTC))
    run(queued(sign_in("rep"), "/customers/?created_after=2026-11-23&created_before=2026-11-24"))
    assert with_tag("fair") == keys(early)


def test_a_row_that_the_database_refuses_is_reported_and_does_not_stop_the_others(
    cast: Cast, sign_in: SignIn, few_at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad row must not keep ten thousand from their work."""
    rows = leads(cast, 5)
    real, real_set = services.tag_customer, many.add_tag

    def fails(*, customer_id: int, **given: Any) -> Customer:
        if customer_id == rows[1].pk:
            raise IntegrityError
        return real(customer_id=customer_id, **given)

    def fails_too(*, ids: Collection[int], **given: Any) -> Swept:
        if rows[1].pk in ids:
            raise IntegrityError
        return real_set(ids=ids, **given)

    monkeypatch.setattr(services, "tag_customer", fails)
    monkeypatch.setattr(many, "add_tag", fails_too)
    result = run(queued(sign_in("rep")))
    assert (result["changed"], result["refused"], result["named"][0][0]) == (4, 1, rows[1].pk)


def test_moving_more_to_the_trash_than_can_be_undone_asks_first_with_the_count(
    cast: Cast, sign_in: SignIn, few_at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U5: without Undo it asks, naming the object and the count."""
    row_by_row = [replace(one, sweep=None) for one in CustomerList.actions]
    monkeypatch.setattr(CustomerList, "actions", row_by_row)
    leads(cast, 5)
    client = sign_in("rep")
    asked = send(client, LEADS, "trash")
    body = asked.content.decode()
    assert asked.status_code == 200
    assert "5 records of “Customers” are selected." in body
    assert "Move to trash: 5 records" in body
    assert not Job.objects.filter(kind=bulk.KIND).exists()
    run(queued(client, action="trash", sure="1"))
    assert Customer.objects.exclude(deleted_at=None).count() == 5


def test_the_page_of_a_job_says_what_history_keeps(
    cast: Cast, sign_in: SignIn, few_at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verb that knows one row only has no Undo for so many."""
    monkeypatch.setattr(CustomerList, "actions", [replace(one, sweep=None) for one in CustomerList.actions])
    leads(cast, 5)
    client = sign_in("rep")
    job = queued(client)
    assert "looked at again while it runs" in client.get(f"/jobs/{job.token}/").content.decode()
    run(job)
    page = client.get(f"/jobs/{job.token}/").content.decode()
    assert "Add tag “fair” · Customers" in page
    assert "the history of every record keeps what it held before" in page
    assert "/undo/" not in page
