"""The page of one background job: progress while it runs, its result or its error afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.models import Job
from crm.kit.views import Action, Page, Policed


@dataclass(frozen=True)
class Failure:
    """One row that a job could not do."""

    what: object  # text, or a cell that is safe HTML
    why: str


@dataclass(frozen=True)
class Story:
    """A job in words: what it does, what came of it, which rows were refused and why."""

    title: str
    text: str = ""
    note: str = ""
    failures: list[Failure] = field(default_factory=list)
    more: int = 0  # refused rows that are not named
    reasons: list[tuple[str, int]] = field(default_factory=list)
    undo: str = ""  # where Undo is posted to
    href: str = ""  # the page that has the whole of it
    action: str = ""  # the words of that link


Teller = Callable[[Job, Any], Story]
_tellers: dict[str, Teller] = {}


def told_by(kind: str) -> Callable[[Teller], Teller]:
    """Register what tells the story of a kind of job to a reader."""

    def register(teller: Teller) -> Teller:
        _tellers[kind] = teller
        return teller

    return register


def jobs_of(user: Any) -> QuerySet[Job]:
    """The jobs a user may see: all, or those they started."""
    if user.access.scope("job") == "all":
        return Job.objects.all()
    return Job.objects.filter(user=user)


def job_or_404(user: Any, token: Any) -> Job:
    """The job behind a link."""
    found = jobs_of(user).filter(token=token).select_related("user").first()
    if found is None:
        raise Http404
    return found


class JobPage(Page):
    """Progress, result and errors of one job; the part refreshes itself until the job is over."""

    policy = ("self", "view")
    template_name = "jobs/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = job_or_404(self.request.user, kwargs.pop("token"))
        teller = _tellers.get(job.kind)
        story = teller(job, self.request.user) if teller else None
        lines = [] if story else result_lines(job)
        title = story.title if story else title_of(job)
        return super().get_context_data(job=job, title=title, story=story, result=lines, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        if request.headers.get("HX-Request"):
            return render(request, "jobs/part.html", context)
        return self.render_to_response(context)


NEWS_FOR = timedelta(days=1)
"""Whoever comes back later than this finds the job on its page, but hears nothing of it."""


class JobNews(Policed):
    """Tells the reader's open page which of their jobs are over, each once; POST, because it is noted."""

    policy = ("self", "view")

    def post(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        waiting = Job.objects.filter(user=request.user, told_at=None, finished_at__gt=now - NEWS_FOR)
        jobs_over = list(waiting.order_by("finished_at")[:2])
        if not jobs_over or not _tell(jobs_over[0], now):
            return HttpResponse(status=204)
        told: dict[str, Any] = {"toast": toast(jobs_over[0])}
        if jobs_over[1:]:
            told[f"live:{jobs.NEWS}"] = {}  # the page asks again
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})


def _tell(job: Job, now: datetime) -> bool:
    """Whether this is the first time that it is told."""
    return bool(Job.objects.filter(pk=job.pk, told_at=None).update(told_at=now))


def title_of(job: Job) -> str:
    """What a job is called."""
    known = jobs.handlers().get(job.kind)
    return str(known.title) if known else job.kind


def toast(job: Job) -> dict[str, str]:
    """The news of a job that is over."""
    ends = {Job.State.DONE: _("%(what)s: done."), Job.State.CANCELLED: _("%(what)s: cancelled.")}
    text = ends.get(Job.State(job.state), _("%(what)s: failed.")) % {"what": title_of(job)}
    tone = "" if job.state in ends else "bad"
    return {"text": text, "tone": tone, "href": f"/jobs/{job.token}/", "action": _("Show")}


class CancelJob(Action):
    """Ask a job to stop."""

    policy = ("self", "view")

    def act(self, request: HttpRequest) -> str:
        job = job_or_404(request.user, self.kwargs["token"])
        jobs.cancel(job_id=job.pk)
        return f"/jobs/{job.token}/"


def result_lines(job: Job) -> list[tuple[str, Any]]:
    """The plain facts of a result, for a description list."""
    if not isinstance(job.result, dict):
        return []
    plain = [
        (key.replace("_", " "), value) for key, value in job.result.items() if isinstance(value, str | int | float)
    ]
    return plain[:20]
