"""What a job's handler talks to: progress, cancellation, and the proof that the job is still its own."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection
from django.db.models.functions import Now

from crm.kit.models import Job

logger = logging.getLogger("crm.kit.jobs")

LEASE = dt.timedelta(seconds=30)
RENEW_SECONDS = 8.0
SHOW_SECONDS = 0.7  # how soon progress is seen by others


class Cancelled(Exception):
    """Someone asked the job to stop; raised from ``report`` inside the handler."""


class LeaseLost(Exception):
    """The job belongs to another worker by now: nothing of this run may be written."""


class Progress:
    """Called as ``report(done=…, total=…, message=…)``; a thread with its own connection writes it.

    The own connection lets others see progress in the middle of the handler's transaction, and renews
    the lease while the handler computes. Calling it raises Cancelled or LeaseLost.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._values: dict[str, Any] = {}
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._over = threading.Event()
        self._cancelled = self._lost = False
        self._thread = threading.Thread(target=self._keep, name=f"lease-{job.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._wake.set()
        self._thread.join(timeout=10)

    def __call__(self, *, done: int | None = None, total: int | None = None, message: str | None = None) -> None:
        """Say how far the work is; cheap enough for every chunk."""
        given = {"done": done, "total": total, "message": message}
        with self._guard:
            self._values |= {name: value for name, value in given.items() if value is not None}
        self._wake.set()
        self.check()

    def check(self) -> None:
        """Stop here when the job was cancelled or lost."""
        if self._lost:
            raise LeaseLost
        if self._cancelled:
            raise Cancelled

    def fence(self) -> None:
        """Inside the transaction that writes results: nobody else can take the job before it commits."""
        mine = Job.objects.select_for_update().filter(
            pk=self.job.pk, claimed_by=self.job.claimed_by, state=Job.State.RUNNING
        )
        if not mine.exists():
            raise LeaseLost

    def flush(self) -> None:
        """Write the last report before the job ends."""
        self.__exit__(None, None, None)
        if self._values:
            self._write()

    def _keep(self) -> None:
        try:
            while not self._over.is_set():
                self._wake.wait(RENEW_SECONDS)
                self._wake.clear()
                self._write_or_log()
                self._over.wait(SHOW_SECONDS)
        finally:
            connection.close()

    def _write_or_log(self) -> None:
        try:
            self._write()
        except DatabaseError as error:
            logger.warning("Job %s cannot report: %s", self.job.pk, str(error).split("\n")[0])
            connection.close()

    def _write(self) -> None:
        """Renew the lease, write the latest values, learn of a wish to cancel."""
        with self._guard:
            values, self._values = self._values, {}
        mine = Job.objects.filter(pk=self.job.pk, claimed_by=self.job.claimed_by, state=Job.State.RUNNING)
        try:
            renewed = mine.update(lease_until=Now() + LEASE, **values)
        except DatabaseError:
            with self._guard:
                self._values = values | self._values
            raise
        self._lost = not renewed
        self._cancelled = bool(renewed) and mine.filter(cancel_requested=True).exists()
