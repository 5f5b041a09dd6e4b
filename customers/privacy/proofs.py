"""Proofs of erasure: keyed digests in the table and, line by line, in a file outside the database.

A backup that is older than an erasure brings the person back. ``replay`` finds them again by the digests and
erases them once more; who does not hold the installation's secret learns nothing from either place.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from crm.conf import CONF
from customers.models import Contact, Customer, EraseProof, ExternalId
from customers.privacy.reach import Subject

SALT = b"vantage proof of erasure"


def log_path() -> Path:
    """The file that a restored database cannot take back."""
    return CONF.data_dir / "erasures.log"


def digest(text: str) -> str:
    """A keyed digest of what must not be written down."""
    key = hashlib.sha256(SALT + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def key_of(kind: str, row: Customer | Contact) -> str:
    """One row as it stands in every backup: its number and the moment it was made."""
    return digest(f"{kind} {row.pk} {row.created_at.isoformat()}")


def digests_of(subject: Subject) -> list[str]:
    """The person's names in outside systems."""
    names = ExternalId.objects.filter(customer__in=subject.customers).values_list("source__name", "external_id")
    return sorted(digest(f"{source}\n{name}") for source, name in names)


def append(proof: EraseProof, at: datetime) -> None:
    """Write one line, once; it is on the disk before the person leaves the tables."""
    line = {
        "token": str(proof.token), "kind": proof.kind, "id": proof.subject_id, "key": proof.key,
        "digests": proof.digests, "at": at.isoformat(),
    }  # fmt: skip
    if any(known["token"] == line["token"] for known in lines()):
        return
    handle = os.open(log_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def lines() -> Iterator[dict[str, Any]]:
    """What the file says; a line that was cut off by a crash proves nothing and is passed over."""
    if not log_path().exists():
        return
    for text in log_path().read_text(encoding="ascii", errors="replace").splitlines():
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict) and {"token", "kind", "id", "key", "digests", "at"} <= found.keys():
            yield found


def returned() -> list[tuple[str, int]]:
    """Erased people who are here again: kind and key of each row."""
    found: dict[tuple[str, int], None] = {}
    by_name = _by_name({one for line in lines() for one in line["digests"]})
    for line in lines():
        found |= dict.fromkeys(_candidates(line, by_name))
    return list(found)


def _candidates(line: dict[str, Any], by_name: dict[str, tuple[int, datetime]]) -> Iterable[tuple[str, int]]:
    model: type[Customer] | type[Contact] = Customer if line["kind"] == "customer" else Contact
    row = model._base_manager.filter(pk=line["id"]).first()
    if row is not None and hmac.compare_digest(key_of(line["kind"], row), line["key"]):
        yield line["kind"], row.pk
        return
    erased_at = datetime.fromisoformat(line["at"])
    for name in line["digests"]:
        pk, made_at = by_name.get(name, (0, timezone.now()))
        if pk and made_at < erased_at:  # who came back on purpose after the erasure stays
            yield "customer", pk


def _by_name(wanted: set[str]) -> dict[str, tuple[int, datetime]]:
    if not wanted:
        return {}
    rows = ExternalId.objects.values_list("source__name", "external_id", "customer", "customer__created_at")
    found = {}
    for source, name, pk, made_at in rows.iterator(chunk_size=10_000):
        mark = digest(f"{source}\n{name}")
        if mark in wanted:
            found[mark] = (pk, made_at)
    return found
