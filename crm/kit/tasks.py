"""Jobs of the kit: housekeeping, and actions on many rows of a list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit import idempotency, vocabulary
from crm.kit.customfields import converting, indexing, services
from crm.kit.jobs import handler
from crm.kit.lists import bulk, undo
from crm.kit.models import CustomField, Job, LiveEvent, ScheduledSlot
from crm.kit.progress import Progress
from crm.kit.standing import services as standing

KEEP_JOBS = dt.timedelta(days=90)
KEEP_SLOTS = dt.timedelta(days=400)
KEEP_BELLS = dt.timedelta(hours=2)
KEEP_ANSWERS = dt.timedelta(days=1)


@handler("kit.tidy", title=_("Tidy up"), time_limit=300)
def tidy(_job: Job, _report: Progress) -> dict[str, Any]:
    """Remove bells nobody waits for, answers kept for repeats, words kept twice, and old records of finished work."""
    bells, _by_model = LiveEvent.objects.filter(created_at__lt=Now() - KEEP_BELLS).delete()
    over = [Job.State.DONE, Job.State.CANCELLED]
    jobs, _by_model = Job.objects.filter(state__in=over, finished_at__lt=Now() - KEEP_JOBS).delete()
    slots, _by_model = ScheduledSlot.objects.filter(due_at__lt=Now() - KEEP_SLOTS).delete()
    answers = idempotency.forget(before=timezone.now() - KEEP_ANSWERS)
    words = vocabulary.tidy()
    files = standing.tidy(now=timezone.now())
    return {"bells": bells, "jobs": jobs, "slots": slots, "answers": answers, "words": words, "files": files}


@handler(standing.KIND, title=_("Standing export"), time_limit=3 * 3600)
def write_standing(job: Job, report: Progress) -> dict[str, Any]:
    """Write one file of a standing export as its owner; a repeated run begins again or finds it done."""
    return standing.run(job, report, now=timezone.now())


@handler(bulk.KIND, title=_("Bulk action"), time_limit=6 * 3600)
def run_bulk(job: Job, report: Progress) -> dict[str, Any]:
    """Act on everything that matches; a repeated run goes on behind the last row that was committed."""
    return bulk.run(job, report, now=timezone.now())


@handler(services.INDEX, title=_("Index a field"), time_limit=6 * 3600)
def index_field(job: Job, report: Progress) -> dict[str, Any]:
    """Make the index of a custom field beside the running system."""
    return indexing.build(field_id=int(job.args["field"]), report=report)


@handler(services.DELETE, title=_("Delete a field"), time_limit=6 * 3600)
def delete_field(job: Job, report: Progress) -> dict[str, Any]:
    """Delete an archived custom field with all its values."""
    return indexing.delete(field_id=int(job.args["field"]), report=report)


@handler(converting.CONVERT, title=_("Convert a field"), time_limit=6 * 3600)
def convert_field(job: Job, _report: Progress) -> dict[str, Any]:
    """Give a custom field another type; a second run finds it done."""
    field = CustomField.objects.get(pk=int(job.args["field"]))
    if field.type == job.args["type"]:
        return {"field": field.label}
    done = converting.convert(field_id=field.pk, new_type=job.args["type"])
    field.refresh_from_db()
    indexing.drop(field)
    return done


@handler(undo.KIND, title=_("Undo of a bulk action"), time_limit=6 * 3600)
def run_undo(job: Job, report: Progress) -> dict[str, Any]:
    """Take a bulk action back; a repeated run goes on behind the last row that was committed."""
    return undo.run(job, report, now=timezone.now())
