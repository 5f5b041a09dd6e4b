"""Background work: a Job row is the queue, the lock and the log; Celery only rings.

A claim is a lease that a thread renews while the work goes on. A worker that dies stops renewing, and
the sweeper gives its job to another one. Every unexpected end counts as an attempt; the last one leaves
the job in the state "given up", where a person sees it.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pghistory
import redis
from celery import current_app
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from crm.kit import lanes
from crm.kit.errors import Refused, error_id
from crm.kit.live import announce
from crm.kit.models import Heartbeat, Job
from crm.kit.progress import LEASE, Cancelled, LeaseLost, Progress

logger = logging.getLogger("crm.kit.jobs")

TASK = "crm.run_job"
RETRY_AFTER = dt.timedelta(seconds=10)  # times the number of attempts so far
UNHEARD_AFTER = dt.timedelta(seconds=3)  # a ring older than this may be lost
WAKE_AT_ONCE = 20
DATABASE_PATIENCE = 90.0  # seconds a finished job waits for a lost database to write its end

NEWS = "jobs"  # the topic that a user's open pages hear when a job of theirs is over

Run = Callable[[Job, Progress], dict[str, Any] | None]


@dataclass(frozen=True)
class Handler:
    """What runs one kind of job."""

    kind: str
    run: Run
    title: str | Promise
    time_limit: int  # seconds; then the process is killed and the attempt counts
    heavy: bool  # needs much memory: at most one of these at a time on a machine


class _Handlers:
    """All handlers by kind; the ``tasks`` module of every app is loaded at the first look."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Handler] = {}
        self._loaded = False

    def add(self, new: Handler) -> None:
        known = self.by_kind.get(new.kind)
        if known is not None and known.run is not new.run:
            raise ValueError(f"Two handlers want the job kind “{new.kind}”.")
        self.by_kind[new.kind] = new

    def all(self) -> dict[str, Handler]:
        if not self._loaded:
            autodiscover_modules("tasks")
            self._loaded = True
        return self.by_kind


_handlers = _Handlers()


def handler(
    kind: str, *, title: str | Promise = "", time_limit: int = 1800, heavy: bool = False
) -> Callable[[Run], Run]:
    """Register a function as the one that runs jobs of this kind."""

    def register(run: Run) -> Run:
        _handlers.add(Handler(kind, run, title or kind, time_limit, heavy))
        return run

    return register


def handlers() -> dict[str, Handler]:
    """Every registered handler by its kind."""
    return dict(_handlers.all())


def enqueue(
    kind: str,
    args: dict[str, Any] | None = None,
    *,
    user: Any = None,
    run_after: dt.datetime | None = None,
    max_attempts: int = 3,
) -> Job:
    """Write a job in the current transaction and ring for it on commit; raises KeyError for no handler."""
    if kind not in _handlers.all():
        raise KeyError(f"No handler is registered for the job kind “{kind}”.")
    job = Job.objects.create(
        kind=kind,
        args=args or {},
        user=user if getattr(user, "pk", None) else None,
        run_after=run_after,
        max_attempts=max_attempts,
    )
    if run_after is None:
        transaction.on_commit(lambda: ring(job.pk, kind))
    return job


def ring(job_id: int, kind: str) -> bool:
    """Tell a worker that the job waits; False when Redis is away, and then the sweeper tells it later."""
    found = _handlers.all().get(kind)
    limit = found.time_limit if found else 1800
    try:
        current_app.send_task(TASK, args=[job_id], retry=False, time_limit=limit)
    except (OSError, KombuError, redis.RedisError) as error:
        logger.warning("Redis is away; job %s waits for the sweeper (%s)", job_id, type(error).__name__)
        return False
    return True


def waiting() -> Q:
    """Jobs that somebody should run now: due, or left by a worker that died. The database's clock counts."""
    due = Q(state=Job.State.QUEUED) & (Q(run_after__isnull=True) | Q(run_after__lte=Now()))
    return due | Q(state=Job.State.RUNNING, lease_until__lt=Now())


def claim(job_id: int) -> Job | None:
    """Take the job for this worker by one conditional UPDATE; None when it is not free."""
    name = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(8)}"
    taken = Job.objects.filter(waiting(), pk=job_id, attempts__lt=F("max_attempts"), cancel_requested=False).update(
        state=Job.State.RUNNING,
        claimed_by=name,
        lease_until=Now() + LEASE,
        attempts=F("attempts") + 1,
        started_at=Coalesce(F("started_at"), Now()),
        error="",
    )
    return Job.objects.get(pk=job_id) if taken else None


def run(job_id: int) -> bool:
    """Claim and run one job; False when it was not free or every lane is taken."""
    kind = Job.objects.filter(waiting(), pk=job_id).values_list("kind", flat=True).first()
    if kind is None:
        return False
    found = _handlers.all().get(kind)
    with lanes.lane(heavy=bool(found and found.heavy)) as free:
        job = claim(job_id) if free else None
        if job is None:
            return False
        _run_claimed(job, found)
    wake_waiting(limit=2)
    return True


def _run_claimed(job: Job, found: Handler | None) -> None:
    if found is None:
        _settle(job, state=Job.State.FAILED, error=_("Nothing here can run this kind of job."))
        return
    try:
        with Progress(job) as progress, pghistory.context(via="job", job=job.pk, kind=job.kind, user=job.user_id):
            result = found.run(job, progress) or {}
            progress.flush()
        _settle(job, state=Job.State.DONE, result=result, error="")
    except Cancelled:
        _settle(job, state=Job.State.CANCELLED, error="")
    except LeaseLost:
        logger.warning("Job %s (%s) was taken over by another worker; this run is dropped", job.pk, job.kind)
    except Refused as refusal:
        _settle(job, state=Job.State.FAILED, error=refusal.message)
    except (OperationalError, InterfaceError) as error:
        logger.warning("Job %s (%s) lost the database: %s", job.pk, job.kind, str(error).split("\n")[0])
        _again(job, _("The database was away; the work starts again."), counts=False)
    except Exception as error:  # any fault of a handler must end in a row that a person can read
        reference = error_id()
        logger.exception("Job %s (%s) failed, reference %s", job.pk, job.kind, reference)
        text = _("%(what)s (reference %(reference)s)") % {
            "what": type(error).__name__,
            "reference": reference,
        }
        _again(job, text, counts=True)


def _again(job: Job, error: str, *, counts: bool) -> None:
    """Back into the queue, or given up when the attempts are used."""
    if counts and job.attempts >= job.max_attempts:
        _settle(job, state=Job.State.DEAD, error=error)
        return
    pause = RETRY_AFTER * job.attempts if counts else dt.timedelta(seconds=1)
    attempts = job.attempts if counts else job.attempts - 1
    _settle(job, state=Job.State.QUEUED, error=error, run_after=Now() + pause, attempts=attempts)


def _settle(job: Job, *, state: str, **values: Any) -> None:
    """Write how the attempt ended if the job is still ours; waits for a database that is away."""
    if state != Job.State.QUEUED:
        values["finished_at"] = Now()
    until = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            mine = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, state=Job.State.RUNNING)
            with transaction.atomic():
                ended = mine.update(state=state, lease_until=None, **values)
                if ended and job.user_id and state != Job.State.QUEUED:
                    announce(NEWS, user=job.user)
            if not ended:
                logger.warning("Job %s ended as %s, but it was no longer ours", job.pk, state)
            return
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def sweep() -> list[tuple[int, str]]:
    """End what can end without a worker; return (id, kind) of the jobs that a worker should run."""
    _end(Q(cancel_requested=True), state=Job.State.CANCELLED)
    gone = _("The worker disappeared in the middle of the work, every time it was tried.")
    _end(Q(attempts__gte=F("max_attempts")), state=Job.State.DEAD, error=gone)
    unheard = Q(state=Job.State.RUNNING) | Q(created_at__lt=Now() - UNHEARD_AFTER)
    found = Job.objects.filter(waiting(), unheard).order_by("run_after", "id")
    return list(found.values_list("pk", "kind")[:WAKE_AT_ONCE])


@transaction.atomic
def _end(which: Q, **values: Any) -> None:
    """End jobs that nobody runs; whoever asked for them hears it as for any other end."""
    found = Job.objects.filter(waiting(), which).select_for_update(of=("self",), skip_locked=True)
    ended = list(found.select_related("user"))
    Job.objects.filter(pk__in=[job.pk for job in ended]).update(finished_at=Now(), lease_until=None, **values)
    for user in {job.user for job in ended if job.user}:
        announce(NEWS, user=user)


def wake_waiting(*, limit: int = WAKE_AT_ONCE) -> int:
    """Ring for what waits; how many rings were heard."""
    try:
        return sum(ring(job_id, kind) for job_id, kind in sweep()[:limit])
    except DatabaseError as error:
        logger.warning("The sweep was skipped: %s", str(error).split("\n")[0])
        return 0


def cancel(*, job_id: int) -> bool:
    """Ask a job to stop; a waiting one is cancelled at once. False when it is over already."""
    stopped = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, cancel_requested=True, finished_at=Now()
    )
    asked = Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(cancel_requested=True)
    return bool(stopped or asked)


def retry(*, job_id: int) -> bool:
    """Give a failed, cancelled or given-up job a fresh set of attempts."""
    over = [Job.State.FAILED, Job.State.CANCELLED, Job.State.DEAD]
    with transaction.atomic():
        again = Job.objects.filter(pk=job_id, state__in=over).update(
            state=Job.State.QUEUED,
            attempts=0,
            cancel_requested=False,
            run_after=None,
            finished_at=None,
            told_at=None,
            error="",
        )
        if again:
            kind = Job.objects.values_list("kind", flat=True).get(pk=job_id)
            transaction.on_commit(lambda: ring(job_id, kind))
    return bool(again)


def run_waiting() -> int:
    """Run everything that waits, in this process (commands and tests); how many jobs ran."""
    done = 0
    while True:
        ids = list(Job.objects.filter(waiting(), attempts__lt=F("max_attempts")).values_list("pk", flat=True))
        ran = sum(run(job_id) for job_id in ids)
        done += ran
        if not ran:
            return done


def show_life(name: str, *, now: dt.datetime) -> None:
    """Record that a background part works."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
