"""The two Celery tasks: run one job, and the tick that finds what is due or was forgotten."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

import crm.demo.tasks  # noqa: F401  registers its job
from alerts.tasks import ring_if_waiting
from crm import schedule
from crm.accounts import mailing
from crm.celery import app
from crm.conf import CONF
from crm.kit import jobs
from crm.kit.standing import services as standing
from sales.tasks import ring_for_reminders

logger = logging.getLogger("crm.tasks")


@app.task(name=jobs.TASK)
def run_job(job_id: int) -> None:
    """Run one Job row when it is free; safe to deliver any number of times."""
    close_old_connections()
    jobs.run(job_id)


@app.task(name="crm.tick", time_limit=120)
def tick() -> None:
    """Every ten seconds: show life, create what the schedule wants, wake what waits."""
    close_old_connections()
    now = timezone.now()
    try:
        jobs.show_life("beat", now=now)
        schedule.enqueue_due(now=now)
        standing.enqueue_due(now=now)
        jobs.wake_waiting()
        ring_if_waiting()
        mailing.ring_if_waiting(now=now)
        ring_for_reminders(now=now)
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database is away; the next tick tries again (%s)", str(error).split("\n")[0])
        return
    (CONF.run_dir / "tick").touch()
