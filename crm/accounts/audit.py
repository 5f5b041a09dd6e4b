"""The security audit trail: append-only, and chained so that any change, gap or cut end shows.

Each entry carries a keyed digest over itself and the digest before it; ``AuditHead`` keeps the number of
entries and the newest digest under the same key. Whoever can write the tables but does not hold the
installation's secret cannot make a chain that verifies.

What an entry says in detail stands in ``AuditDetail`` and enters the chain as a salted digest. ``scrub`` takes
details away that name an erased person, and is an entry itself: a detail that is missing without one is a fault.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import AuditDetail, AuditEntry, AuditHead

START = "0" * 64
SALT = b"vantage audit trail"
SCRUB = "audit.scrub"


@transaction.atomic
def record(
    *, action: str, obj: str, user_id: int | None, detail: dict[str, Any], address: str | None, at: datetime
) -> AuditEntry:
    """Append one entry; the head's row lock lets one writer in at a time, so the chain has no forks."""
    AuditHead.objects.get_or_create(pk=1, defaults={"entries": 0, "digest": START, "seal": _seal(0, START)})
    head = AuditHead.objects.select_for_update().get(pk=1)
    salt = secrets.token_hex(16)
    entry = AuditEntry(
        pk=head.entries + 1, at=at, user_id=user_id, action=action[:40], object=obj[:60],
        detail_digest=detail_digest(salt, detail), address=address, previous=head.digest,
    )  # fmt: skip
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    entry.kept = AuditDetail.objects.create(entry=entry, salt=salt, data=detail)
    head.entries, head.digest = entry.pk, entry.digest
    head.seal = _seal(head.entries, head.digest)
    head.save(update_fields=["entries", "digest", "seal"])
    return entry


@transaction.atomic
def scrub(*, entry_ids: Collection[int], user_id: int | None, why: str, at: datetime) -> int:
    """Take the details of some entries away for good, and say so in the trail; how many there were."""
    rows = AuditDetail.objects.filter(entry__in=entry_ids).exclude(entry__action=SCRUB)
    found = sorted(rows.values_list("entry", flat=True))
    if found:
        record(action=SCRUB, obj=why, user_id=user_id, detail={"entries": found}, address=None, at=at)
        AuditDetail.objects.filter(pk__in=found).delete()
    return len(found)


def detail_digest(salt: str, detail: dict[str, Any]) -> str:
    """What stands for a detail in the chain."""
    return _keyed(f"detail {salt} {json.dumps(detail, sort_keys=True, ensure_ascii=False)}")


def digest_of(entry: AuditEntry) -> str:
    """HMAC-SHA256 over everything an entry says and the digest before it."""
    body = [
        entry.previous, entry.pk, entry.at.isoformat(), entry.user_id, entry.action, entry.object,
        entry.detail_digest, entry.address or "",
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
    scrubbed: set[int] = set()
    for data in AuditDetail.objects.filter(entry__action=SCRUB).values_list("data", flat=True):
        scrubbed.update(data.get("entries", []))
    for entry in AuditEntry.objects.order_by("pk").select_related("kept").iterator(chunk_size=2_000):
        if entry.pk != expected:
            return expected, _("entry %(id)s is missing") % {"id": expected}
        fault = _entry_fault(entry, previous, scrubbed)
        if fault:
            return entry.pk, fault
        expected, previous = entry.pk + 1, entry.digest
    return _head_fault(expected - 1, previous)


def _entry_fault(entry: AuditEntry, previous: str, scrubbed: Collection[int]) -> str:
    if entry.previous != previous:
        return _("entry %(id)s does not follow the one before it") % {"id": entry.pk}
    if not hmac.compare_digest(entry.digest, digest_of(entry)):
        return _("entry %(id)s was changed or not written by us") % {"id": entry.pk}
    kept = getattr(entry, "kept", None)
    if kept is None:
        return "" if entry.pk in scrubbed else _("the detail of entry %(id)s is missing") % {"id": entry.pk}
    if not hmac.compare_digest(entry.detail_digest, detail_digest(kept.salt, kept.data)):
        return _("entry %(id)s was changed or not written by us") % {"id": entry.pk}
    return ""


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
