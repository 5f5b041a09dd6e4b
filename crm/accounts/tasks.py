"""Background work on what people are told."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts import mailing, notifications
from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress


@shared_task(name=mailing.TASK, time_limit=300, ignore_result=True)
def mail_notifications() -> None:
    """Send what is due; safe to deliver any number of times, and beside itself."""
    if not connection.in_atomic_block:  # a test's transaction stays
        close_old_connections()
    mailing.send_due(now=timezone.now())


@handler("notifications.tidy", title=_("Clear old notifications"), time_limit=600)
def clear_old(_job: Job, _report: Progress) -> dict[str, Any]:
    """Remove notifications of more than ninety days ago."""
    return {"notifications": notifications.forget_old(now=timezone.now())}
