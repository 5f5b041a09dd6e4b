"""Verbs of files: add, remove, put back; and what the hourly tidying does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.conf import CONF
from crm.kit.content import PICTURES, PLAIN, kind_of, plain_name
from crm.kit.errors import Invalid, Refused
from customers import holders
from customers.files.models import Attachment

BLOCK = 1024 * 1024
KEPT_REMOVED = dt.timedelta(days=1)
"""How long a removed file can be put back; then its bytes go."""
MOST_PER_RECORD = 500


def most_bytes() -> int:
    """The largest file that is taken."""
    return CONF.file_mb * BLOCK


def too_large() -> str:
    """The sentence for a larger one."""
    return _("The file is larger than %(n)s MB. It was not kept.") % {"n": CONF.file_mb}


def add_file(*, user: User, obj: str, pk: int, upload: IO[bytes], name: str, now: dt.datetime) -> Attachment:
    """Hang a file on a record that the user may change; raises Invalid or Refused with a sentence.

    What it is is told by its content; a picture is drawn anew. Its bytes lie on the disk before its row stands,
    so that a row never names a file that is not there.
    """
    kind, row = holders.changeable(user, obj, pk)
    _check_size(upload)
    if Attachment.objects.filter(**kind.of(row.pk), removed_at=None).count() >= MOST_PER_RECORD:
        raise _wrong(_("This record has %(n)s files, which is all there is room for.") % {"n": MOST_PER_RECORD})
    told = kind_of(upload)
    drawn = _drawn(upload, told) if told in PICTURES else None
    if told in PICTURES and drawn is None:
        told = PLAIN
    content: IO[bytes] = drawn or upload
    digest, size = _measured(content)
    made = Attachment(
        **kind.keys(row), name=plain_name(name), kind=told, size=size, digest=digest, author=user, created_at=now
    )
    made.file.save("", File(content), save=False)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except BaseException:
        made.file.delete(save=False)
        raise
    return made


def _check_size(upload: IO[bytes]) -> None:
    size = upload.seek(0, 2)
    if not size:
        raise _wrong(_("The file is empty. It was not kept."))
    if size > most_bytes():
        raise _wrong(too_large())


def _drawn(upload: IO[bytes], told: str) -> BytesIO | None:
    from crm.kit.pictures import drawn_anew  # the first picture brings the library, which no other page needs

    return drawn_anew(upload, told)


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": sentence})


def _measured(content: IO[bytes]) -> tuple[str, int]:
    content.seek(0)
    seen, size = hashlib.sha256(), 0
    while block := content.read(BLOCK):
        seen.update(block)
        size += len(block)
    content.seek(0)
    return seen.hexdigest(), size


def find(user: User, token: UUID, *, removed: bool = False) -> Attachment:
    """A file of a record that the user may see; Refused (404) for any other."""
    row = Attachment.objects.filter(token=token, removed_at__isnull=not removed).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    holders.seen(user, row.object, row.record or row.customer_id or row.contact_id)
    return row


def _changeable(user: User, token: UUID, *, removed: bool) -> Attachment:
    row = find(user, token, removed=removed)
    holders.changeable(user, row.object, row.record or row.customer_id or row.contact_id)
    return Attachment.objects.select_for_update().get(pk=row.pk)


@transaction.atomic
def remove_file(*, user: User, token: UUID, now: dt.datetime) -> Attachment:
    """Take a file off its record; it can be put back for a day."""
    row = _changeable(user, token, removed=False)
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    return row


@transaction.atomic
def put_back_file(*, user: User, token: UUID) -> Attachment:
    """Undo of ``remove_file``."""
    row = _changeable(user, token, removed=True)
    row.removed_at = None
    row.save(update_fields=["removed_at"])
    return row


def files_of(kind: holders.Holder, pk: int) -> list[Attachment]:
    """The files of a record, newest first."""
    rows = Attachment.objects.filter(**kind.of(pk), removed_at=None).select_related("author")
    return list(rows.order_by("-created_at", "-id")[:MOST_PER_RECORD])


def reassign(obj: str, pk: int, customer_id: int | None) -> None:
    """A record is about somebody else now, and so are its files."""
    Attachment.objects.filter(object=obj, record=pk).update(customer=customer_id)


def tidy(*, now: dt.datetime) -> dict[str, int]:
    """Bytes go of what was removed a day ago, of records that are gone, and of rows that are gone."""
    gone = _delete(Attachment.objects.filter(removed_at__lt=now - KEPT_REMOVED))
    for kind in holders.every():
        lost = Attachment.objects.filter(object=kind.object, record__isnull=False)
        gone += _delete(lost.exclude(Exists(kind.model._base_manager.filter(pk=OuterRef("record")))))
    return {"files": gone, "bytes_alone": _remove_alone(now)}


def _delete(rows: Any) -> int:
    gone = 0
    for row in rows.iterator(chunk_size=500):
        file = row.file
        row.delete()
        file.storage.delete(file.name)
        gone += 1
    return gone


def _remove_alone(now: dt.datetime) -> int:
    """Files without a row: their record was purged, or a process died between the two."""
    old, gone = (now - KEPT_REMOVED).timestamp(), 0
    for folder in _folders():
        paths = {f"files/{folder.name}/{path.name}": path for path in folder.iterdir()}
        known = set(Attachment.objects.filter(file__in=paths).values_list("file", flat=True))
        for name, path in paths.items():
            if name not in known and path.stat().st_mtime < old:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _folders() -> Iterator[Path]:
    place = Path(settings.MEDIA_ROOT) / "files"
    return place.iterdir() if place.is_dir() else iter(())
