"""The walk over all that one import noted, span by span.

Each span is one transaction, which also writes into its note what became of it: an undo that is killed goes
on with the notes that are left, and the report adds them all up.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pghistory
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from customers.imports import kinds
from customers.imports.context import Reach
from customers.imports.run import Progress, silent
from customers.imports.undo.remove import remove, remove_parts
from customers.imports.undo.restore import bring_back, put_back
from customers.imports.undo.scope import Model, dependents_first, model_of
from customers.imports.undo.work import Work
from customers.models import ImportChange, ImportJob
from customers.services.interactions import recount_contact

logger = logging.getLogger("crm.imports")

MOST_NAMED = 10_000
LANES = 3  # the database checks the keys of each row that goes; each lane waits for us in between
CONTEXTS = "SELECT id FROM pghistory_context WHERE metadata @> %s::jsonb"
DID = ImportChange.Did


@dataclass
class Outcome:
    """What became of one note."""

    done: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)


def undo_import(*, import_id: int, user: User | None, now: dt.datetime, progress: Progress = silent) -> dict[str, Any]:
    """Take an import back and return the report; a repeated call goes on where the last one stopped.

    Raises Refused when there is nothing that can be taken back.
    """
    began = time.monotonic()
    job = _opened(import_id)
    kind, reach = kinds.get(job.kind), Reach(user)
    reach.require(kind.object, "add", "change")
    work = Work(job=job, kind=kind, reach=reach, now=now, contexts=_contexts(job))
    for notes, many in _steps(work):
        _walk(work, notes, progress, lanes=LANES if many and not connection.in_atomic_block else 1)
    report = _report(work, began)
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.UNDONE, undone_at=now, undo=report)
    _tidy(job)
    return report


def _opened(import_id: int) -> ImportJob:
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().filter(pk=import_id).first()
        if job is None:
            raise Refused(_("There is no import %(id)s.") % {"id": import_id}, status=404, code="not_found")
        check_undoable(job)
        ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.UNDOING)
    return job


def check_undoable(job: ImportJob) -> None:
    """Raises Refused with the reason why an import cannot be taken back."""
    states = ImportJob.State
    if job.state == states.UNDONE:
        raise Refused(_("This import was undone before; nothing of it is left to take back."), code="undone")
    if job.state in (states.WAITING, states.RUNNING):
        raise Refused(_("This import is still at work. Wait for its end, or cancel it, then undo it."), code="running")
    if job.state == states.DRAFT:
        raise Refused(_("A draft wrote nothing, so there is nothing to undo."), code="nothing")
    if not kinds.get(job.kind).undoable:
        raise Refused(_("Consents are a ledger that only grows: write a withdrawal instead."), code="ledger")
    if job.dry_run:
        raise Refused(_("A dry run wrote nothing, so there is nothing to undo."), code="nothing")


def _contexts(job: ImportJob) -> list[str]:
    """The marks that the history keeps of the import's own writes, over all its attempts."""
    with connection.cursor() as cursor:
        cursor.execute(CONTEXTS, [f'{{"via": "import", "import": {job.pk}}}'])
        return [str(row[0]) for row in cursor.fetchall()]


def _steps(work: Work) -> Iterator[tuple[list[int], bool]]:
    """Keys of the notes that wait, in the order in which they can be taken back; whether they may go side by side."""
    notes = ImportChange.objects.filter(job=work.job, undone__isnull=True)
    labels = dependents_first(sorted(set(notes.values_list("object", flat=True))))
    parts = [label for label in labels if label in work.kind.parts]
    records = [label for label in labels if label not in parts]
    for action, those in ((DID.UPDATED, labels), (DID.CREATED, parts), (DID.DELETED, labels), (DID.CREATED, records)):
        for label in those:
            keys = list(notes.filter(object=label, action=action).order_by("-id").values_list("id", flat=True))
            if keys:
                yield keys, action == DID.CREATED and label in records and len(keys) > 1


def _walk(work: Work, notes: list[int], progress: Progress, *, lanes: int) -> None:
    if lanes == 1:
        _lane(work, iter(notes), progress)
        return
    shared = iter(notes)  # taking the next one is atomic
    with ThreadPoolExecutor(lanes) as pool:
        for end in [pool.submit(_own_lane, replace(work), shared, progress) for _lane_number in range(lanes)]:
            end.result()


def _own_lane(work: Work, notes: Iterator[int], progress: Progress) -> None:
    try:
        _lane(work, notes, progress)
    except BaseException:
        for _left in notes:  # the other lane ends too
            continue
        raise
    finally:
        connection.close()


def _lane(work: Work, notes: Iterator[int], progress: Progress) -> None:
    user = work.reach.user
    with pghistory.context(via="undo", undo=work.job.pk, user=user.pk if user else None), work.made():
        for pk in notes:
            _span(work, ImportChange.objects.get(pk=pk), progress)
            changes = ImportChange.objects.filter(job=work.job)
            progress(done=changes.filter(undone__isnull=False).count(), total=changes.count(), message="")


def _span(work: Work, change: ImportChange, progress: Progress) -> None:
    with transaction.atomic():
        outcome = _take_back(work, change, change.ids)
        ImportChange.objects.filter(pk=change.pk).update(undone=asdict(outcome))
        fence = getattr(progress, "fence", None)
        if fence is not None:
            fence()


def _take_back(work: Work, change: ImportChange, ids: list[int]) -> Outcome:
    """Rows that do not fit together any more are found by halving, so that one of them holds up no other."""
    try:
        with transaction.atomic():
            done = _step(work, model_of(change.object), change, ids)
            work.execute("SET CONSTRAINTS ALL IMMEDIATE")
            work.execute("SET CONSTRAINTS ALL DEFERRED")
            return Outcome(done, _kept(work))
    except IntegrityError:
        if len(ids) == 1:
            return Outcome(0, [{"id": ids[0], "why": "conflict"}])
    half = len(ids) // 2
    first, second = _take_back(work, change, ids[:half]), _take_back(work, change, ids[half:])
    return Outcome(first.done + second.done, first.kept + second.kept)


def _step(work: Work, model: Model, change: ImportChange, ids: list[int]) -> int:
    label = model._meta.label_lower
    obj = "customer" if label == "customers.customer" else work.kind.object
    if change.action == DID.UPDATED:
        return put_back(work, model, ids, obj)
    if change.action == DID.DELETED:
        return bring_back(work, model, ids)
    if label in work.kind.parts:
        return remove_parts(work, model, ids)
    talked = _talked(work, ids) if label == "customers.interaction" else []
    done = remove(work, model, ids, obj)
    recount_contact(customer_ids=talked)
    return done


def _talked(work: Work, ids: list[int]) -> list[int]:
    """Customers whose last contact may move back."""
    return work.keys("SELECT DISTINCT customer_id FROM customers_interaction WHERE id = ANY(%(ids)s)", ids)


def _kept(work: Work) -> list[dict[str, Any]]:
    names = ("id", "why", "who", "fields", "by")
    rows = work.rows(f"SELECT {', '.join(names)} FROM undo_span WHERE why IS NOT NULL ORDER BY id")
    return [{name: value for name, value in zip(names, row, strict=True) if value} for row in rows]


def _report(work: Work, began: float) -> dict[str, Any]:
    """Totals count records, their parts are told apart; what was kept is named up to a limit."""
    did: dict[str, Counter[str]] = {"deleted": Counter(), "restored": Counter()}
    kept: list[dict[str, Any]] = []
    notes = ImportChange.objects.filter(job=work.job, undone__isnull=False)
    for label, action, outcome in notes.values_list("object", "action", "undone"):
        told: dict[str, Any] = outcome or {}
        did["deleted" if action == DID.CREATED else "restored"][label] += told["done"]
        kept += [{"object": label, **entry} for entry in told["kept"]]
    parts = work.kind.parts
    counts = {
        f"{name}_count": sum(count for label, count in counter.items() if label not in parts)
        for name, counter in did.items()
    }
    return {
        "import_id": work.job.pk, "kind": work.job.kind, **{name: dict(counter) for name, counter in did.items()}, **counts,
        "kept_count": len(kept), "kept": kept[:MOST_NAMED], "seconds": round(time.monotonic() - began, 3),
    }  # fmt: skip


def _tidy(job: ImportJob) -> None:
    """Free the room of what went; inside a transaction (tests) the database's own upkeep does it later."""
    if connection.in_atomic_block:
        return
    for label in set(ImportChange.objects.filter(job=job).values_list("object", flat=True)):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM {model_of(label)._meta.db_table}")
        except DatabaseError as error:
            logger.warning("The tables of import %s are not tidied now: %s", job.pk, str(error).split("\n")[0])
