"""Taking back what a bulk action did: at once for a few rows, as a job of its own for any number.

What was done at once keeps in its Job row what each row held. A job keeps the marks of the history it wrote;
its undo walks that history and puts back what nobody has changed since.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import pghistory
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.lists import bulk
from crm.kit.lists.declared import Action
from crm.kit.models import Job
from crm.kit.progress import Progress

KIND = "lists.undo"


def undoable(job: Job) -> bool:
    """Whether the rows of a job can be put back."""
    if job.kind != bulk.KIND or not job.is_over:
        return False
    result = job.result or {}
    return bool(result.get("before")) or bool(result.get("changed") and _marks(job) and "undo" not in result)


def _marks(job: Job) -> list[str]:
    """The marks of the history that a job wrote, where its action can be taken back by them."""
    _listing, action = bulk.described(job)
    return list((job.result or {}).get("contexts", [])) if action is not None and action.sweep is not None else []


@transaction.atomic
def undo(*, job_id: int, user: Any, now: datetime) -> tuple[int, int] | Job:
    """Put back what an action changed: how many are as before and how many stay; a job where they are many.

    Raises Refused (409) the second time, and 404 for what somebody else did.
    """
    job = Job.objects.select_for_update().filter(pk=job_id, user=user, kind=bulk.KIND).first()
    if job is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    _listing, action = bulk.described(job)
    if action is None or not undoable(job):
        raise Refused(_("There is nothing to undo."), code="nothing")
    result = job.result or {}
    if not result.get("before"):
        asker = {name: job.args.get(name) for name in ("language", "zone")}
        queued = jobs.enqueue(KIND, {"job": job.pk, **asker}, user=user)
        Job.objects.filter(pk=job.pk).update(result={**result, "undo": str(queued.token)})
        return queued
    stayed = _at_once(job, action, user, now)
    back = len(result["before"]) - stayed
    Job.objects.filter(pk=job.pk).update(result={**result, "before": [], "back": back})
    return back, stayed


def _at_once(job: Job, action: Action, user: Any, now: datetime) -> int:
    """How many rows stay as they are."""
    if action.back is None:
        raise Refused(_("There is nothing to undo."), code="nothing")
    stayed = 0
    for pk, before in (job.result or {})["before"]:
        try:
            with transaction.atomic():
                action.back(user=user, pk=pk, value=job.args["value"], before=before, now=now)
        except (Refused, DataError, IntegrityError):
            stayed += 1
    return stayed


def run(job: Job, report: Progress, *, now: datetime) -> dict[str, Any]:
    """The job of an undo: chunk by chunk along the history, with the rights of this moment."""
    done = original(job)
    if done is None or done.user_id != job.user_id:
        raise Refused(_("There is nothing to undo."), code="nothing")
    with bulk.as_asked(job), pghistory.context(user=job.user_id, via="job", job=job.pk):
        tally = bulk.Tally.of(job)
        written = _written(done)
        report(done=tally.seen, total=written.count())
        while chunk := list(written.filter(pgh_id__gt=tally.last).order_by("pgh_id").values_list("pgh_id", "pgh_obj_id")[: bulk.MANY]):  # fmt: skip
            order = bulk.order_of(done)
            with transaction.atomic():
                _put_back(order, chunk, tally, written, now)
                report.fence()
                Job.objects.filter(pk=job.pk).update(result=asdict(tally))
            report(done=tally.seen)
    return asdict(tally)


def original(job: Job) -> Job | None:
    """The job that an undo takes back."""
    return Job.objects.filter(pk=job.args.get("job"), kind=bulk.KIND).first()


def _written(done: Job) -> QuerySet[Any]:
    """The history that a job wrote."""
    _listing, action = bulk.described(done)
    if action is None or action.model is None:
        raise Refused(_("This action is no longer offered. The rows that are left stay as they are."))
    events: QuerySet[Any] = action.model.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_context_id__in=(done.result or {}).get("contexts", []), pgh_label="update"
    )
    return events


def _put_back(
    order: bulk.Order, chunk: list[tuple[int, int]], tally: bulk.Tally, written: QuerySet[Any], now: datetime
) -> None:
    assert order.action.sweep is not None
    rows = {pk for _event, pk in chunk}
    events = written.filter(pgh_id__gte=chunk[0][0], pgh_id__lte=chunk[-1][0])
    done = order.action.sweep.take_back(user=order.user, ids=rows, events=events, value=order.value, now=now)
    tally.last = chunk[-1][0]
    tally.changed += done.changed
    tally.same += done.same
    for pk, why in done.refused:
        tally.refuse(pk, why)
