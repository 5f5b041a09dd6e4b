"""Asking for an analysis; a worker does it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from crm.kit.jobs import enqueue
from crm.kit.models import Job

KIND = "insights.run"


def analysis_under_way() -> Job | None:
    """The job that waits or runs."""
    return Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("-id").first()


@transaction.atomic
def request_analysis(*, user: Any, only: list[str] | None = None) -> Job:
    """Queue an analysis of all data up to now; Refused while one waits or runs."""
    if analysis_under_way():
        raise Refused(_("An analysis is running already. Its results will appear by themselves."))
    return enqueue(KIND, {"only": only} if only else {}, user=user)
