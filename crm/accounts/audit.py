"""The security audit trail: append-only, and chained so that any change, gap or cut end shows.

Each entry carries a keyed digest over itself and the digest before it; ``AuditHead`` keeps the number of
entries and the newest digest under the same key. Whoever can write the tables but does not hold the
installation's secret cannot make a chain that verifies.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import AuditEntry, AuditHead

START = "0" * 64
SALT = b"vantage audit trail"


@transaction.atomic
def record(
    *, action: str, obj: str, user_id: int | None, detail: dict[str, Any], address: str | None, at: datetime
) -> AuditEntry:
    """Append one entry; the head's row lock lets one writer in at a time, so the chain has no forks."""
    AuditHead.objects.get_or_create(pk=1, defaults={"entries": 0, "digest": START, "seal": _seal(0, START)})
    head = AuditHead.objects.select_for_update().get(pk=1)
    entry = AuditEntry(
        pk=head.entries + 1, at=at, user_id=user_id, action=action[:40], object=obj[:60], detail=detail, address=address,
        previous=head.digest,
    )  # fmt: skip
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    head.entries, head.digest = entry.pk, entry.digest
    head.seal = _seal(head.entries, head.digest)
    head.save(update_fields=["entries", "digest", "seal"])
    return entry


def digest_of(entry: AuditEntry) -> str:
    """HMAC-SHA256 over everything an entry says and the digest before it."""
    body = [
        entry.previous, entry.pk, entry.at.isoformat(), entry.user_id, entry.action, entry.object, entry.detail,
        entry.address or "",
    ]  # fmt: skip
    return _keyed(json.dumps(body, sort_keys=True, ensure_ascii=False))


def _keyed(text: str) -> str:
    key = hashlib.sha256(SALT + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _seal(entries: int, digest: str) -> str:
    return _keyed(f"head {entries} {digest}")


def first_fault() -> tuple[int, str] | None:
    """The first entry that is not as it was written, with a sentence; None when the whole trail holds."""
    expected, previous = 1, START
    for entry in AuditEntry.objects.order_by("pk").iterator(chunk_size=2_000):
        if entry.pk != expected:
            return expected, _("entry %(id)s is missing") % {"id": expected}
        if entry.previous != previous:
            return entry.pk, _("entry %(id)s does not follow the one before it") % {"id": entry.pk}
        if not hmac.compare_digest(entry.digest, digest_of(entry)):
            return entry.pk, _("entry %(id)s was changed or not written by us") % {"id": entry.pk}
        expected, previous = entry.pk + 1, entry.digest
    return _head_fault(expected - 1, previous)


def _head_fault(entries: int, digest: str) -> tuple[int, str] | None:
    head = AuditHead.objects.filter(pk=1).first()
    if head is None:
        return None if entries == 0 else (entries, _("the head of the trail is missing"))
    if not hmac.compare_digest(head.seal, _seal(head.entries, head.digest)):
        return head.entries, _("the head of the trail was changed")
    if (head.entries, head.digest) != (entries, digest):
        return entries + 1, _("the end was cut off: entry %(id)s is missing") % {"id": entries + 1}
    return None


def record_request(request: HttpRequest, action: str, obj: str, detail: dict[str, object]) -> None:
    """Append what the user of a request did."""
    user = getattr(request, "user", None)
    record(
        action=action,
        obj=obj,
        user_id=user.pk if user is not None and user.is_authenticated else None,
        detail=dict(detail),
        address=address_of(request),
        at=timezone.now(),
    )


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from, as the web server saw it; None over a unix socket."""
    return request.META.get("REMOTE_ADDR") or None
