"""What load balancers, ``up`` and people ask: does the process live, can it do its work."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, ClassVar

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Min
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views import View

from crm.kit.jobs import waiting
from crm.kit.models import Heartbeat, Job

OLDEST_WAIT = dt.timedelta(minutes=5)
OLDEST_BEAT = dt.timedelta(seconds=60)
TRUST_MIGRATIONS = 30.0  # seconds


class _Migrations:
    """Comparing files with the table is slow, so a good answer is kept for a while."""

    def __init__(self) -> None:
        self.good_until = 0.0
        self.known: set[tuple[str, str]] | None = None

    def missing(self) -> int:
        if time.monotonic() < self.good_until:
            return 0
        if self.known is None:
            self.known = set(MigrationLoader(None).disk_migrations)
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return len(self.known)
            cursor.execute("SELECT app, name FROM django_migrations")
            missing = len(self.known - set(cursor.fetchall()))
        if not missing:
            self.good_until = time.monotonic() + TRUST_MIGRATIONS
        return missing


_migrations = _Migrations()


def check_database() -> dict[str, Any]:
    """Whether PostgreSQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def check_migrations() -> dict[str, Any]:
    """Whether the tables are those that this code expects."""
    missing = _migrations.missing()
    return {"ok": not missing, "missing": missing}


def check_redis() -> dict[str, Any]:
    """Whether Redis answers within two seconds."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        return {"ok": bool(client.ping())}


def check_queue() -> dict[str, Any]:
    """How long the oldest job that is due has waited, in seconds; a delay by design is not a wait."""
    oldest = Job.objects.filter(waiting()).aggregate(since=Min(Coalesce("lease_until", "run_after", "created_at")))[
        "since"
    ]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {"ok": age <= OLDEST_WAIT.total_seconds(), "age": round(max(age, 0.0), 1)}


def check_beat() -> dict[str, Any]:
    """How long ago background work last showed life, in seconds."""
    row = Heartbeat.objects.filter(name="beat").annotate(clock=Now()).values_list("at", "clock").first()
    if row is None:
        return {"ok": False, "age": None}
    age = (row[1] - row[0]).total_seconds()
    return {"ok": age <= OLDEST_BEAT.total_seconds(), "age": round(age, 1)}


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "queue": check_queue,
    "beat": check_beat,
}


def report() -> dict[str, dict[str, Any]]:
    """Every check with its answer; a check that cannot be made has failed."""
    answers: dict[str, dict[str, Any]] = {}
    for name, check in CHECKS.items():
        try:
            answers[name] = check()
        except (DatabaseError, redis.RedisError, OSError):
            answers[name] = {"ok": False}
    return answers


class Healthz(View):
    """The process lives."""

    policy: ClassVar = ("public", "view")

    def get(self, _request: HttpRequest) -> JsonResponse:
        return JsonResponse({"status": "ok"})


class Readyz(View):
    """The process can do its work: 200, or 503 with the part that fails."""

    policy: ClassVar = ("public", "view")

    def get(self, _request: HttpRequest) -> JsonResponse:
        checks = report()
        ready = all(answer["ok"] for answer in checks.values())
        body = {"status": "ok" if ready else "unavailable", "checks": checks}
        return JsonResponse(body, status=200 if ready else 503, headers={} if ready else {"Retry-After": "5"})
