"""The security audit trail: append-only, each row carries the digest of the one before it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from crm.accounts.models import AuditEntry

LOCK = 0x5641  # one writer at a time, so that the chain has no forks
START = "0" * 64


@transaction.atomic
def record(*, action: str, obj: str, user_id: int | None, detail: dict[str, Any], address: str | None, at: datetime) -> AuditEntry:
    """Append one entry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    previous = AuditEntry.objects.order_by("-id").values_list("digest", flat=True).first() or START
    digest = digest_of(at=at, user_id=user_id, action=action, obj=obj, detail=detail, address=address, previous=previous)
    return AuditEntry.objects.create(
        at=at, user_id=user_id, action=action, object=obj, detail=detail, address=address, previous=previous, digest=digest
    )


def digest_of(
    *, at: datetime, user_id: int | None, action: str, obj: str, detail: dict[str, Any], address: str | None, previous: str
) -> str:
    """SHA-256 over everything an entry says and the digest before it."""
    body = [previous, at.isoformat(), user_id, action, obj, detail, address or ""]
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def record_request(request: HttpRequest, action: str, obj: str, detail: dict[str, object]) -> None:
    """Append what the user of a request did."""
    record(
        action=action,
        obj=obj,
        user_id=request.user.pk if request.user.is_authenticated else None,
        detail=dict(detail),
        address=request.META.get("REMOTE_ADDR") or None,
        at=timezone.now(),
    )
