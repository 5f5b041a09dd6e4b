"""Jobs of the mathematics; the heavy libraries are loaded when one runs, in the worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress
from insights.services.analysis import PARTS, run_analysis


@handler("insights.run", title=_("Analysis"), time_limit=3600, heavy=True)
def run(job: Job, report: Progress) -> dict[str, Any]:
    """The whole analysis or some parts of it; run again, it gives the same results."""
    given = job.args.get("as_of")
    now = timezone.now()
    as_of = datetime.fromisoformat(given).astimezone(UTC) if given else now
    parts = [part for part in PARTS if part in job.args.get("only", PARTS)]
    runs = run_analysis(as_of=as_of, now=now, only=parts, say=report, fence=report.fence)
    return {run.kind: run.state for run in runs}
