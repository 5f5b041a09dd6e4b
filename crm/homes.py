"""What the system puts on the homes of those who run it: imports, jobs, sources, API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import ApiKey
from crm.kit import jobs
from crm.kit.jobpages import jobs_of
from crm.kit.models import Heartbeat, Job, Source
from crm.kit.slots import panel

FEW = 8
SOON = timedelta(days=14)
UNHEARD = timedelta(minutes=2)
BEATS = {"beat": _("Background worker")}


@panel(
    "home.integrator.figures",
    title=_("Work"),
    order=10,
    policy=("job", "view"),
    bare=True,
    template="home/job_figures.html",
    name="jobs",
)
def job_figures(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Jobs that run, wait and failed in the last week; keys that expire soon."""
    now = timezone.now()
    recent = jobs_of(request.user).filter(created_at__gte=now - timedelta(days=7)).order_by()
    numbers = recent.aggregate(
        running=Count("pk", filter=Q(state="running")), waiting=Count("pk", filter=Q(state="queued")),
        failed=Count("pk", filter=Q(state__in=["failed", "dead"])),
    )  # fmt: skip
    keys = ApiKey.objects.filter(revoked_at=None, expires_at__gte=now, expires_at__lt=now + SOON)
    keys = keys if request.user.access.scope("apikey") == "all" else keys.filter(user=request.user)
    return {**numbers, "expiring": keys.count()}


@panel(
    "home.integrator.main",
    title=_("Background work"),
    order=10,
    policy=("job", "view"),
    icon="list-checks",
    live="jobs",
    template="home/jobs.html",
    name="jobs",
)
@panel(
    "home.admin.side",
    title=_("Background work"),
    order=60,
    policy=("job", "view"),
    icon="list-checks",
    live="jobs",
    template="home/jobs.html",
    name="jobs",
)
def recent_jobs(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest jobs, imports among them."""
    titles = {kind: handler.title for kind, handler in jobs.handlers().items()}
    found = jobs_of(request.user).exclude(state="done", claimed_by="")  # done within a request: nobody waited for it
    rows = list(found.select_related("user").defer("args", "result").order_by("-created_at", "-id")[:FEW])
    return {"jobs": [(row, titles.get(row.kind) or row.kind.replace("_", " ")) for row in rows], "tones": _TONES}


_TONES = {Job.State.DONE: "ok", Job.State.FAILED: "bad", Job.State.DEAD: "bad", Job.State.RUNNING: "accent"}


@panel(
    "home.integrator.main",
    title=_("Sources"),
    order=20,
    policy=("source", "view"),
    icon="database",
    template="home/sources.html",
    name="sources",
)
def sources(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Systems that send data, with their promise of freshness."""
    now = timezone.now()
    rows = []
    for one in Source.objects.order_by("name")[:50]:
        late = bool(
            one.freshness_hours
            and (not one.last_received_at or now - one.last_received_at > timedelta(hours=one.freshness_hours))
        )
        rows.append((one, late))
    return {"sources": rows}


@panel(
    "home.integrator.side",
    title=_("System"),
    order=10,
    policy=("job", "view"),
    icon="activity",
    template="home/system.html",
    name="system",
)
@panel(
    "home.admin.side",
    title=_("System"),
    order=70,
    policy=("job", "view"),
    icon="activity",
    template="home/system.html",
    name="system",
)
def system(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Whether the background parts show life."""
    now = timezone.now()
    beats = Heartbeat.objects.order_by("name")
    return {"beats": [(row, BEATS.get(row.name, row.name), now - row.at > UNHEARD) for row in beats]}
