"""Verbs of imports: accept one, run it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job
from customers.imports import kinds, mapping
from customers.imports.context import Reach, target_team
from customers.imports.run import Progress, folder, run_import, silent
from customers.imports.undo import undo_import
from customers.imports.undo.run import check_undoable
from customers.imports.uploads import keep
from customers.models import ImportJob


@transaction.atomic
def new_import(
    *, kind: str, file_name: str, mapping: dict[str, Any] | None, source: str, mode: str, team: str = "",
    dry_run: bool = False, strict: bool = False, user: User | None, now: dt.datetime,
) -> ImportJob:  # fmt: skip
    """A checked import that waits to be run. Raises Invalid or Refused with one sentence."""
    source, team = checked(kind=kind, mapping=mapping, source=source, mode=mode, team=team, user=user)
    return ImportJob.objects.create(
        kind=kind, file_name=shown_name(file_name), mapping=mapping, source_name=source, mode=mode, team_name=team,
        dry_run=dry_run, strict=strict, user=user, created_at=now,
    )  # fmt: skip


def checked(
    *, kind: str, mapping: dict[str, Any] | None, source: str, mode: str, team: str, user: User | None
) -> tuple[str, str]:
    """What an import is asked to do may be done by this user: its source and team, tidied. Raises Invalid or Refused."""
    found = kinds.get(kind)
    check_mapping(mapping)
    source, team = source.strip() or "file", team.strip()
    if mode not in ImportJob.Mode.values:
        raise Invalid(_("The mode is one of: %(modes)s.") % {"modes": ", ".join(ImportJob.Mode.values)})
    if len(source) > 80 or len(team) > 120 or "\0" in source + team:
        raise Invalid(_("The name of the source or team is too long."))
    reach = Reach(user)
    reach.require(found.object, "add", "change")
    target_team(team, reach, found.object)
    return source, team


def check_mapping(raw: dict[str, Any] | None) -> None:
    """Raises Invalid when the mapping has the wrong shape."""
    mapping.read(raw)


def shown_name(name: str) -> str:
    """The file's name as it may be shown: no path, no control characters."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in plain if letter.isprintable())[:255] or "file"


def run(job: ImportJob, path: Path, *, now: dt.datetime, progress: Progress = silent) -> dict[str, Any]:
    """Run it here and return the report."""
    return run_import(job, path, now=now, progress=progress)


def accept(
    *, upload: UploadedFile[Any], kind: str, mapping: dict[str, Any] | None, source: str, mode: str, team: str,
    dry_run: bool, strict: bool, user: User, now: dt.datetime,
) -> ImportJob:  # fmt: skip
    """Keep an uploaded file under a name of ours and queue its import. Raises Invalid or Refused."""
    if not upload.size:
        raise Invalid(_("The file is empty."), fields={"file": _("The file is empty.")})
    kept: Path | None = None
    try:
        with transaction.atomic():
            job = new_import(
                kind=kind, file_name=upload.name or "file", mapping=mapping, source=source, mode=mode, team=team,
                dry_run=dry_run, strict=strict, user=user, now=now,
            )  # fmt: skip
            kept = folder(job)
            keep(upload.chunks(), kept)
            job.job = jobs.enqueue("import", {"import": job.pk}, user=user)
            job.file_size = upload.size
            job.save(update_fields=["job", "file_size"])
    except BaseException:
        if kept is not None:
            shutil.rmtree(kept, ignore_errors=True)
        raise
    return job


def run_accepted(*, import_id: int, now: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Run a queued import; its rights are those that the asker has now."""
    job = ImportJob.objects.select_related("user").get(pk=import_id)
    if job.state == ImportJob.State.DONE:
        return _finished(job, job.report or {})
    if job.user is None or not job.user.is_active:
        raise Refused(_("The person who asked for this import may not sign in any more; nothing was written."))
    return _finished(job, run_import(job, folder(job) / "file", now=now, progress=progress))


def stopped(*, import_id: int, now: dt.datetime) -> None:
    """Somebody cancelled it: what is written stays and is told."""
    open_ones = [ImportJob.State.WAITING, ImportJob.State.RUNNING]
    ImportJob.objects.filter(pk=import_id, state__in=open_ones).update(
        state=ImportJob.State.FAILED, error=_("It was cancelled. The rows written so far stay."), finished_at=now
    )


def run_here(*, job: ImportJob, now: dt.datetime) -> dict[str, Any]:
    """Run an import while its asker waits; for small files."""
    return _finished(job, run_import(job, folder(job) / "file", now=now))


def _finished(job: ImportJob, report: dict[str, Any]) -> dict[str, Any]:
    """Only the rejects of a finished import are kept; returns its report as the job keeps it."""
    (folder(job) / "file").unlink(missing_ok=True)
    shutil.rmtree(folder(job) / "refused", ignore_errors=True)
    return {name: value for name, value in report.items() if name != "rejects_file"}


@transaction.atomic
def ask_undo(*, user: User, import_id: int, now: dt.datetime) -> Job:
    """Queue the undo of an import within the user's reach. Raises Refused: 404 for another's, 409 when there is none."""
    job = ImportJob.objects.select_for_update().filter(pk=import_id).first()
    if job is None or not ImportJob.objects.visible_to(user).filter(pk=import_id).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if not user.access.can("import", "run"):
        raise Refused(_("You may not undo imports."), status=403, code="forbidden")
    Reach(user).require(kinds.get(job.kind).object, "add", "change")
    check_undoable(job)
    if job.state == ImportJob.State.UNDOING and job.undo_job is not None and not job.undo_job.is_over:
        raise Refused(_("This import is being undone already."), code="running")
    job.undo_job = jobs.enqueue("import.undo", {"import": job.pk}, user=user)
    job.state = ImportJob.State.UNDOING
    job.save(update_fields=["undo_job", "state"])
    return job.undo_job


def undo_asked(*, import_id: int, user: User | None, now: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Run a queued undo with the rights that the asker has now; what the job keeps of it."""
    if user is None or not user.is_active:
        raise Refused(_("The person who asked for this undo may not sign in any more; what is left stays."))
    report = undo_import(import_id=import_id, user=user, now=now, progress=progress)
    return {"import": import_id, **{name: report[name] for name in ("deleted_count", "restored_count", "kept_count")}}
