"""Celery only wakes: the Job rows in PostgreSQL are the queue, the lock and the log."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

from crm.backends import broker_url
from crm.conf import CONF

CONCURRENCY = 3  # one more than jobs run at once, so that the tick always finds a free process
TICK_SECONDS = 10
HARD_LIMIT = 3600  # seconds; kinds of jobs have their own, shorter ones

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

COMMON: dict[str, Any] = {
    "broker_url": broker_url(),
    "task_default_queue": "vantage",
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "timezone": "UTC",
    "enable_utc": True,
    # An absent Redis must fail a publish at once; the sweeper rings again.
    "broker_transport_options": {
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
        "socket_connect_timeout": 2,
        "visibility_timeout": HARD_LIMIT + 60,
    },
}

app = Celery("vantage")
app.set_default()  # for every thread of the web part
app.conf.update(
    COMMON,
    imports=("crm.tasks", "alerts.tasks", "crm.accounts.tasks", "sales.tasks"),
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=HARD_LIMIT,
    worker_concurrency=CONCURRENCY,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_max_memory_per_child=350_000,  # KiB
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
)

# Beat rings one task and needs no Django: without the fixup it stays small.
clock = Celery("vantage-clock", fixups=[], set_as_current=False)
clock.conf.update(
    COMMON,
    beat_schedule={
        "tick": {"task": "crm.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    },
    beat_schedule_filename=str(CONF.run_dir / "beat-schedule"),
    beat_max_loop_interval=5,
)
