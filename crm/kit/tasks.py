"""Jobs of the kit: housekeeping, and actions on many rows of a list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit import idempotency
from crm.kit.jobs import handler
from crm.kit.lists import bulk, undo
from crm.kit.models import Job, LiveEvent, ScheduledSlot
from crm.kit.progress import Progress

KEEP_JOBS = dt.timedelta(days=90)
KEEP_SLOTS = dt.timedelta(days=400)
KEEP_BELLS = dt.timedelta(hours=2)
KEEP_ANSWERS = dt.timedelta(days=1)


@handler("kit.tidy", title=_("Tidy up"), time_limit=300)
def tidy(_job: Job, _report: Progress) -> dict[str, Any]:
    """Remove bells nobody waits for, answers kept for repeats, and old records of finished work."""
    bells, _by_model = LiveEvent.objects.filter(created_at__lt=Now() - KEEP_BELLS).delete()
    over = [Job.State.DONE, Job.State.CANCELLED]
    jobs, _by_model = Job.objects.filter(state__in=over, finished_at__lt=Now() - KEEP_JOBS).delete()
    slots, _by_model = ScheduledSlot.objects.filter(due_at__lt=Now() - KEEP_SLOTS).delete()
    answers = idempotency.forget(before=timezone.now() - KEEP_ANSWERS)
    return {"bells": bells, "jobs": jobs, "slots": slots, "answers": answers}


@handler(bulk.KIND, title=_("Bulk action"), time_limit=6 * 3600)
def run_bulk(job: Job, report: Progress) -> dict[str, Any]:
    """Act on everything that matches; a repeated run goes on behind the last row that was committed."""
    return bulk.run(job, report, now=timezone.now())


@handler(undo.KIND, title=_("Undo of a bulk action"), time_limit=6 * 3600)
def run_undo(job: Job, report: Progress) -> dict[str, Any]:
    """Take a bulk action back; a repeated run goes on behind the last row that was committed."""
    return undo.run(job, report, now=timezone.now())
