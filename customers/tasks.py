"""Background work on customers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Cancelled, Progress
from customers.imports import services
from customers.imports.tidy import tidy


@handler("import", title=_("Import"), time_limit=6 * 3600)
def run_import(job: Job, report: Progress) -> dict[str, Any]:
    """Run an accepted import as the person who asked for it; a repeated run goes on where the last one stopped."""
    return _run(job, report)


@handler("import.check", title=_("Check of an import"), time_limit=6 * 3600)
def check_import(job: Job, report: Progress) -> dict[str, Any]:
    """Try an import without writing."""
    return _run(job, report)


def _run(job: Job, report: Progress) -> dict[str, Any]:
    """In the asker's language, which the reasons of refused rows are written in."""
    number = int(job.args["import"])
    language = job.args.get("language") or (job.user.language if job.user else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        try:
            return services.run_accepted(import_id=number, now=job.created_at, progress=report)
        except Cancelled:
            services.stopped(import_id=number, now=timezone.now())
            raise


@handler("import.undo", title=_("Undo of an import"), time_limit=6 * 3600)
def undo_import(job: Job, report: Progress) -> dict[str, Any]:
    """Take an import back as the person who asked; a repeated run goes on where the last one stopped."""
    return services.undo_asked(import_id=int(job.args["import"]), user=job.user, now=job.created_at, progress=report)


@handler("imports.tidy", title=_("Tidy up imports"), time_limit=300)
def tidy_imports(_job: Job, _report: Progress) -> dict[str, Any]:
    """End what killed processes left of uploads and imports."""
    return dict(tidy(now=timezone.now()))
