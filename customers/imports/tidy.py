"""What killed processes and given-up jobs leave of imports is found and ended here, every hour."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.conf import CONF
from crm.kit.models import Job
from customers.imports import pending
from customers.models import ImportJob

SURELY_OVER = dt.timedelta(days=1)
"""Longer than any upload and any import takes."""
KEEP_FAILED = dt.timedelta(days=30)
KEEP_DRAFTS = dt.timedelta(days=30)


def tidy(*, now: dt.datetime) -> dict[str, int]:
    """Fail imports that nobody runs any more; remove files that belong to no import or that nothing reads again."""
    pending.forget_gone()
    failed, drafts = _fail_orphans(now), _remove_drafts(now)
    return {
        "failed": failed, "drafts": drafts, "folders": _remove_folders(now), "files": _remove_files(now),
        "links": pending.resolve_all(now=now),
    }  # fmt: skip


def _remove_drafts(now: dt.datetime) -> int:
    """Drafts that nobody ran, with their checks and folders."""
    old = ImportJob.objects.filter(state=ImportJob.State.DRAFT, created_at__lt=now - KEEP_DRAFTS)
    found = set(ImportJob.objects.filter(Q(pk__in=old) | Q(check_of__in=old)).values_list("token", flat=True))
    gone = old.count()
    old.delete()
    for token, path in _folders():
        if token in found:
            shutil.rmtree(path, ignore_errors=True)
    return gone


def _fail_orphans(now: dt.datetime) -> int:
    """Imports whose job ended otherwise, or whose command was killed; a retried job starts them again."""
    open_ones = ImportJob.objects.filter(state__in=[ImportJob.State.WAITING, ImportJob.State.RUNNING])
    over = [Job.State.FAILED, Job.State.DEAD, Job.State.CANCELLED]
    by_job = open_ones.filter(job__state__in=over).update(
        state=ImportJob.State.FAILED, finished_at=now, error=_("Its job ended before it. The rows written so far stay.")
    )
    alone = open_ones.filter(job=None, created_at__lt=now - SURELY_OVER).update(
        state=ImportJob.State.FAILED, finished_at=now, error=_("It was cut off. The rows written so far stay.")
    )
    return by_job + alone


def _remove_folders(now: dt.datetime) -> int:
    """Folders of uploads that were never accepted."""
    old = {name: path for name, path in _folders() if path.stat().st_mtime < (now - SURELY_OVER).timestamp()}
    known = set(ImportJob.objects.filter(token__in=old).values_list("token", flat=True))
    strange = [path for name, path in old.items() if name not in known]
    for path in strange:
        shutil.rmtree(path, ignore_errors=True)
    return len(strange)


def _folders() -> Iterator[tuple[uuid.UUID, Path]]:
    for path in (CONF.data_dir / "imports").glob("*-*-*-*-*"):
        try:
            yield uuid.UUID(path.name), path
        except ValueError:
            continue


def _remove_files(now: dt.datetime) -> int:
    """Uploaded files of finished imports; those of failed ones wait for a repeat, but not for ever. Rejects stay."""
    folders = dict(_folders())
    ended = Q(state=ImportJob.State.DONE) | Q(state=ImportJob.State.FAILED, finished_at__lt=now - KEEP_FAILED)
    gone = 0
    for token in ImportJob.objects.filter(ended, token__in=folders).values_list("token", flat=True):
        for name in ("file", "refused"):
            path = folders[token] / name
            gone += path.exists()
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return gone
