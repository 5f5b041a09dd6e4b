"""Verbs of a draft: begin it, change its file, map it, check it, mend it, run it, throw it away."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job
from customers.imports import kinds, run, services
from customers.imports.context import Reach
from customers.imports.kinds import Kind
from customers.imports.suggest import suggest
from customers.imports.uploads import keep
from customers.imports.wizard import labels
from customers.models import ImportJob

AT_ONCE = 256 * 1024
"""Bytes of a plain file that is checked while the person waits."""
MOST_MENDS = 1_000
"""Rows that can be mended by hand; more than these are mended in the file."""
MOST_LETTERS = 20_000


def allowed_kinds(user: User) -> list[Kind]:
    """What the user may import: both add and change are needed."""
    return [kind for kind in sorted(kinds.kinds().values(), key=labels.kind_place) if all(user.access.can(kind.object, may) for may in ("add", "change"))]  # fmt: skip


def file_of(draft: ImportJob) -> Path:
    """Where the uploaded file lies."""
    return run.folder(draft) / "file"


def start(*, user: User, chunks: Iterable[bytes], file_name: str, kind: str, now: dt.datetime) -> ImportJob:
    """Keep a file and begin a draft; without a kind it is guessed. Raises Invalid or Refused, and keeps nothing then."""
    offered = [one.name for one in allowed_kinds(user)]
    if not offered or (kind and kind not in offered):
        raise Refused(_("You may not import this kind of record."), status=403, code="forbidden")
    draft = ImportJob(kind=kind, state=ImportJob.State.DRAFT, user=user, created_at=now)
    draft.file_name = services.shown_name(file_name)
    try:
        _take_file(draft, chunks)
        _choose_kind(draft, kind, offered)
        draft.save()
    except BaseException:
        shutil.rmtree(run.folder(draft), ignore_errors=True)
        raise
    return draft


def _take_file(draft: ImportJob, chunks: Iterable[bytes]) -> None:
    size = keep(chunks, run.folder(draft))
    if not size:
        raise Invalid(_("The file is empty."), fields={"file": _("The file is empty.")})
    draft.file_size = size


def _choose_kind(draft: ImportJob, kind: str, offered: list[str]) -> None:
    """The kind that was asked for, else the likeliest one that the user may write; raises Invalid for no table at all."""
    try:
        found = suggest(file_of(draft), kind or None)
    except Invalid as invalid:
        raise Invalid(invalid.message, fields={"file": invalid.message}) from invalid
    likely = [one.value for one in found.kinds if one.value in offered]
    draft.kind = kind or (likely or offered)[0]
    draft.wizard = {} if kind else {"guessed": draft.kind}


@transaction.atomic
def change(*, draft: ImportJob, user: User, chunks: Iterable[bytes] | None, file_name: str, kind: str) -> None:
    """Another file or another kind for a draft; what was mapped before does not fit any more and is forgotten."""
    locked = _locked(draft, user)
    offered = [one.name for one in allowed_kinds(user)]
    if kind and kind not in offered:
        raise Refused(_("You may not import this kind of record."), status=403, code="forbidden")
    if chunks is None and kind in ("", locked.kind):
        return
    if chunks is not None:
        spare = ImportJob(user=user)
        try:
            _take_file(spare, chunks)
            _choose_kind(spare, kind, offered)
            file_of(spare).replace(file_of(locked))
        finally:
            shutil.rmtree(run.folder(spare), ignore_errors=True)
        locked.file_name, locked.file_size, locked.kind = services.shown_name(file_name), spare.file_size, spare.kind
        locked.wizard, locked.mends = spare.wizard, {}
    if kind and kind != locked.kind:
        locked.kind, locked.wizard = kind, {"given": locked.wizard.get("given", {})}
    locked.mapping = None
    locked.save()


def _locked(draft: ImportJob, user: User) -> ImportJob:
    """The draft, held until the transaction ends; raises Refused when it was run or thrown away meanwhile."""
    found = ImportJob.objects.select_for_update().filter(pk=draft.pk, user=user, state=ImportJob.State.DRAFT).first()
    if found is None:
        raise Refused(_("This import is no draft any more. Nothing was changed."), code="no_draft")
    return found


@transaction.atomic
def remember(*, draft: ImportJob, user: User, **given: Any) -> None:
    """Keep what the wizard needs to know beside the mapping, such as settings chosen by hand."""
    locked = _locked(draft, user)
    locked.wizard |= given
    locked.save(update_fields=["wizard"])


@transaction.atomic
def map_columns(
    *, draft: ImportJob, user: User, mapping: dict[str, Any], mode: str, source: str, team: str, strict: bool,
    given: Mapping[str, str],
) -> ImportJob:  # fmt: skip
    """Keep how the file is to be read. Raises Invalid or Refused with one sentence."""
    locked = _locked(draft, user)
    source, team = services.checked(kind=locked.kind, mapping=mapping, source=source, mode=mode, team=team, user=user)
    locked.mapping, locked.mode, locked.source_name, locked.team_name = mapping, mode, source, team
    locked.strict = strict
    locked.wizard |= {"given": dict(given)}
    locked.save()
    return locked


def check(*, draft: ImportJob, user: User, now: dt.datetime) -> ImportJob:
    """Try the import without writing: small files at once, others as a job. Raises Invalid or Refused."""
    with transaction.atomic():
        locked = _locked(draft, user)
        _forget_checks(locked)
        made = services.new_import(
            kind=locked.kind, file_name=locked.file_name, mapping=locked.mapping, source=locked.source_name,
            mode=locked.mode, team=locked.team_name, dry_run=True, strict=False, user=user, now=now,
        )  # fmt: skip
        made.check_of, made.file_size, made.mends = locked, locked.file_size, locked.mends
        _share(file_of(locked), run.folder(made))
        small = locked.file_size <= AT_ONCE and not _is_packed(file_of(locked))
        if not small:
            made.job = _enqueue("import.check", made, user)
        made.save()
    if small:
        try:
            services.run_here(job=made, now=now)
        except Refused:
            made.refresh_from_db()  # the sentence stands in its row, and the page shows it
    return made


def _enqueue(kind: str, row: ImportJob, user: User) -> Job:
    """Reasons of refused rows are written in the language that the person reads now."""
    return jobs.enqueue(kind, {"import": row.pk, "language": get_language()}, user=user)


def _forget_checks(draft: ImportJob) -> None:
    for old in draft.checks.all():
        if old.job_id:
            jobs.cancel(job_id=old.job_id)
        shutil.rmtree(run.folder(old), ignore_errors=True)
    draft.checks.all().delete()


def _share(path: Path, place: Path) -> None:
    """The same file under a second name; a copy where the disk knows no such thing."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(path, place / "file")
    except OSError:
        shutil.copyfile(path, place / "file")


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"\x1f\x8b", b"PK")


def fits(draft: ImportJob, tried: ImportJob) -> bool:
    """Whether a check still says what an import would do now."""
    names = ("kind", "mapping", "source_name", "mode", "team_name", "mends", "file_size")
    return all(getattr(draft, name) == getattr(tried, name) for name in names)


@transaction.atomic
def mend(*, draft: ImportJob, user: User, cells: Mapping[tuple[int, int], str]) -> int:
    """Lay new texts over cells of the file; returns how many. Raises Invalid past the limits."""
    locked = _locked(draft, user)
    mends = {line: dict(row) for line, row in locked.mends.items()}
    for (line, place), text in cells.items():
        if len(text) > MOST_LETTERS or "\0" in text:
            raise Invalid(_("A cell in line %(line)d is too long or holds a sign that is no text.") % {"line": line})
        mends.setdefault(str(line), {})[str(place)] = text
    if len(mends) > MOST_MENDS:
        raise Invalid(
            _("At most %(most)d rows can be mended here. Download the rejected rows and mend them in a spreadsheet.")
            % {"most": MOST_MENDS}
        )
    locked.mends = mends
    locked.save(update_fields=["mends"])
    return len(cells)


@transaction.atomic
def launch(*, draft: ImportJob, user: User, now: dt.datetime) -> Job:
    """Import for good, as a job. Raises Invalid or Refused."""
    locked = _locked(draft, user)
    if locked.mapping is None:
        raise Invalid(_("Say first which column fills which field."))
    services.checked(
        kind=locked.kind, mapping=locked.mapping, source=locked.source_name, mode=locked.mode, team=locked.team_name,
        user=user,
    )  # fmt: skip
    locked.state, locked.created_at = ImportJob.State.WAITING, now
    locked.job = _enqueue("import", locked, user)
    locked.save()
    transaction.on_commit(lambda: _forget_checks(locked))
    return locked.job


def can_reopen(row: ImportJob) -> bool:
    """Whether a failed import wrote nothing and its file is still here, so that it may be a draft again."""
    failed = row.state == ImportJob.State.FAILED and not row.dry_run
    return failed and not row.reached and row.user_id is not None and file_of(row).exists()


def can_retry(row: ImportJob) -> bool:
    """Whether an import that ended early may go on after the last span that it wrote."""
    over = row.job is not None and row.job.state in (Job.State.FAILED, Job.State.CANCELLED, Job.State.DEAD)
    return over and row.state != ImportJob.State.DONE and not row.strict and bool(row.reached) and file_of(row).exists()


@transaction.atomic
def reopen(*, row: ImportJob, user: User) -> ImportJob:
    """Make a failed import that wrote nothing a draft again. Raises Refused."""
    found = ImportJob.objects.select_for_update().get(pk=row.pk)
    if found.user_id != user.pk or not can_reopen(found):
        raise Refused(_("This import cannot become a draft again: rows of it are written."))
    found.state, found.error, found.job, found.finished_at = ImportJob.State.DRAFT, "", None, None
    if found.mapping is None:
        found.wizard = {}
    found.save()
    return found


@transaction.atomic
def retry(*, row: ImportJob, user: User) -> None:
    """Go on with an import that ended early. Raises Refused."""
    found = ImportJob.objects.select_for_update().get(pk=row.pk)
    if found.user_id != user.pk or not can_retry(found) or not jobs.retry(job_id=found.job_id or 0):
        raise Refused(_("This import cannot go on: import its file again."))
    found.state, found.error, found.finished_at = ImportJob.State.WAITING, "", None
    found.save(update_fields=["state", "error", "finished_at"])


@transaction.atomic
def discard(*, draft: ImportJob, user: User) -> None:
    """Throw a draft away with its file."""
    locked = _locked(draft, user)
    _forget_checks(locked)
    place = run.folder(locked)
    locked.delete()
    transaction.on_commit(lambda: shutil.rmtree(place, ignore_errors=True))


def again_from_rejects(*, old: ImportJob, user: User, now: dt.datetime) -> ImportJob:
    """A new draft of the rows that an import did not take, with the same mapping. Raises Refused without any."""
    path = run.rejects_path(old)
    if not path.exists() or old.user_id != user.pk:
        raise Refused(_("No rejected rows are kept of this import."), status=404)
    with path.open("rb") as file:
        draft = start(
            user=user, chunks=iter(lambda: file.read(1 << 20), b""), file_name=f"rejects {old.file_name}"[:255],
            kind=old.kind, now=now,
        )  # fmt: skip
    return adopt(draft=draft, user=user, old=old)


@transaction.atomic
def adopt(*, draft: ImportJob, user: User, old: ImportJob) -> ImportJob:
    """Go on with the mapping of an earlier import; what only described the earlier file is left out."""
    locked = _locked(draft, user)
    reader = Reach(user)
    reader.require(kinds.get(old.kind).object, "add", "change")
    mapping = dict(old.mapping or {"columns": (old.report or {}).get("mapping", {})})
    about_file = ("encoding", "delimiter", "sheet", "header_row", "quote")
    mapping["options"] = {name: value for name, value in mapping.get("options", {}).items() if name not in about_file}
    locked.kind, locked.mapping, locked.mode = old.kind, mapping, old.mode
    locked.source_name, locked.team_name, locked.strict = old.source_name, old.team_name, False
    locked.wizard = {"given": {}, "mends_of": old.pk}
    locked.save()
    return locked
