"""Background work on customers."""

from __future__ import annotations

from typing import Any

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress
from customers.imports import services


@handler("import", title="Import", time_limit=6 * 3600)
def run_import(job: Job, report: Progress) -> dict[str, Any]:
    """Run an accepted import as the person who asked for it; a repeated run goes on where the last one stopped."""
    return services.run_accepted(import_id=int(job.args["import"]), now=job.created_at, progress=report)
