"""Background work on tasks: reminders, rung by the tick, and the list of the morning."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import redis
from celery import current_app, shared_task
from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import KombuError

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress
from sales.services import told

logger = logging.getLogger("sales.tasks")

TASK = "sales.remind"


@shared_task(name=TASK, time_limit=300, ignore_result=True)
def remind() -> None:
    """Give the reminders that are due; safe to deliver any number of times, and beside itself."""
    if not connection.in_atomic_block:  # a test's transaction stays
        close_old_connections()
    told.remind_due(now=timezone.now())


def ring_for_reminders(*, now: datetime) -> bool:
    """For the tick: ring when a reminder is due."""
    if not told.waits(now=now):
        return False
    try:
        current_app.send_task(TASK, retry=False, expires=60)
    except (OSError, KombuError, redis.RedisError) as error:
        logger.warning("Redis is away; reminders wait for the next tick (%s)", type(error).__name__)
        return False
    return True


@handler("activities.digest", title=_("Morning lists of tasks"), time_limit=900)
def send_digests(_job: Job, _report: Progress) -> dict[str, Any]:
    """Write to those whose morning it is; a repeated run finds who was written to."""
    return {"sent": told.send_digests(now=timezone.now())}
