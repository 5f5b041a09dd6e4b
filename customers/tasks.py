"""Background work on customers."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress
from customers.duplicates import scan
from customers.duplicates import services as duplicates
from customers.imports import services
from customers.imports.tidy import tidy


@handler("import", title=_("Import"), time_limit=6 * 3600)
def run_import(job: Job, report: Progress) -> dict[str, Any]:
    """Run an accepted import as the person who asked for it; a repeated run goes on where the last one stopped."""
    return services.run_accepted(import_id=int(job.args["import"]), now=job.created_at, progress=report)


@handler("imports.tidy", title=_("Tidy up imports"), time_limit=300)
def tidy_imports(_job: Job, _report: Progress) -> dict[str, Any]:
    """End what killed processes left of uploads and imports."""
    return dict(tidy(now=timezone.now()))


@handler(duplicates.SCAN, title=_("Search for duplicates"), time_limit=3600, heavy=True)
def find_duplicates(job: Job, report: Progress) -> dict[str, Any]:
    """Everything, or what changed since the last scan; a repeated run goes on where the last one stopped."""
    done = scan.run_scan(whole=bool(job.args.get("whole")), now=timezone.now(), progress=report)
    return {"customers": done.customers, "pairs": done.found}


@handler(duplicates.MERGE_CERTAIN, title=_("Merge all certain duplicates"), time_limit=3600)
def merge_certain(job: Job, report: Progress) -> dict[str, Any]:
    """Merge every certain pair within the asker's reach."""
    return duplicates.merge_certain(job, report, now=timezone.now())


@handler(duplicates.SPLIT_AGAIN, title=_("Split merged customers again"), time_limit=3600)
def split_again(job: Job, report: Progress) -> dict[str, Any]:
    """Take back the merges of another job."""
    return duplicates.split_again(job, report, now=timezone.now())
