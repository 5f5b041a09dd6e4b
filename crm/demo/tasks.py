"""The job behind "clear sample data"."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.demo.clear import clear
from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Progress


@handler("clear_sample", title=_("Clear sample data"), time_limit=1800)
def clear_sample(job: Job, report: Progress) -> dict[str, Any]:
    """Remove the sample data; a second run finds nothing and says so."""
    report(done=0, total=1)
    result = clear(user=job.user, session=job.args.get("session"))
    report(done=1, total=1, message=result["message"])
    return result
