"""The bell of the check: rung when points arrive, and by the tick when something still waits."""

from __future__ import annotations

import logging

import redis
from celery import current_app, shared_task
from django.db import close_old_connections, connection
from django.utils import timezone
from kombu.exceptions import KombuError

from alerts import services
from crm.kit.live import bell

logger = logging.getLogger("alerts")

TASK = "alerts.check_points"
RUNG = "vantage.alerts.rung"
RUNG_SECONDS = 5  # a ring that no worker heard is forgotten after this


@shared_task(name=TASK, time_limit=120, ignore_result=True)
def check_points() -> None:
    """Check what waits; safe to deliver any number of times, and beside itself."""
    if not connection.in_atomic_block:  # a test's transaction stays
        close_old_connections()
    try:
        bell().delete(RUNG)  # before the look: what arrives from now on rings again
    except (OSError, redis.RedisError):
        logger.info("Redis is away; the check goes on without it")
    done = services.check(now=timezone.now())
    if done.raised or done.dropped:
        logger.info(
            "%s points, %s findings: %s alerts, dropped %s",
            done.points,
            done.findings,
            done.raised,
            done.dropped,
        )


def ring() -> bool:
    """Tell a worker that something waits; many rings within a moment are one. False when Redis is away."""
    try:
        if bell().set(RUNG, 1, nx=True, ex=RUNG_SECONDS):
            current_app.send_task(TASK, retry=False, expires=60)
    except (OSError, KombuError, redis.RedisError) as error:
        logger.warning("Redis is away; the check waits for the tick (%s)", type(error).__name__)
        return False
    return True


def ring_if_waiting() -> bool:
    """For the tick: ring when a check would find anything."""
    return services.work_waits() and ring()
