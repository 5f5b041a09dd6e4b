"""Step 4: how far the import is, at what pace, and stopping it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.models import Job
from crm.kit.views import Page, go_to
from customers.imports import services
from customers.imports.wizard import figures
from customers.imports.wizard.steps import OfImport, address, standing
from customers.models import ImportJob


class RunPage(OfImport, Page):
    """Progress that refreshes itself; the result follows by itself."""

    policy = ("import", "view")
    write_policy = ("import", "run")
    step = "run"
    template_name = "imports/run.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        job = self.row.job
        if standing(self.row) != "run" or (job and job.is_over):
            return go_to(request, address(self.row, "result" if self.row.state != ImportJob.State.DRAFT else "map"))
        template = "imports/progress.html" if request.headers.get("HX-Target") == "progress" else self.template_name
        return render(request, template, self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        more = {
            "job": row.job,
            "where": address(row, "run"),
            "pace": pace(row.job, timezone.now()),
            "stop": self.may_stop,
        }
        return super().get_context_data(so_far=figures.sentence(row), **more, **self.about(row), **kwargs)

    @property
    def may_stop(self) -> bool:
        """Whose import it is may stop it."""
        return self.row.user_id == self.request.user.pk

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Stop it between two spans; what is in stays in."""
        row = self.row
        if row.job_id and self.may_stop and jobs.cancel(job_id=row.job_id):
            job = Job.objects.get(pk=row.job_id)
            if job.is_over:
                services.stopped(import_id=row.pk, now=timezone.now())
            messages.info(request, _("The import stops after the rows that it is writing now."))
        return go_to(request, address(row, "run"))


def pace(job: Job | None, now: datetime) -> dict[str, float] | None:
    """Rows per second since it began and seconds left; None before there is anything to tell."""
    if job is None or not job.started_at or not job.done:
        return None
    passed = max((now - job.started_at).total_seconds(), 0.1)
    rate = job.done / passed
    left = (job.total - job.done) / rate if job.total else 0
    return {"rate": round(rate), "left": round(left)}
