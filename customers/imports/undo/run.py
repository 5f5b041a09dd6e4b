"""The walk over all that one import noted, span by span; each span is one transaction with its tally."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
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
CONTEXTS = "SELECT id FROM pghistory_context WHERE metadata @> %s::jsonb"


@dataclass
class Tally:
    """What was done so far; the row of the import keeps it."""

    deleted: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    kept_count: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, job: ImportJob) -> Tally:
        """What earlier attempts did."""
        found = job.undo
        return cls(
            Counter(found.get("deleted", {})), Counter(found.get("restored", {})), found.get("kept_count", 0),
            list(found.get("kept", [])),
        )  # fmt: skip

    def as_kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "deleted": dict(self.deleted), "restored": dict(self.restored), "kept_count": self.kept_count, "kept": self.kept,
        }  # fmt: skip


def undo_import(*, import_id: int, user: User | None, now: dt.datetime, progress: Progress = silent) -> dict[str, Any]:
    """Take an import back and return the report; a repeated call goes on where the last one stopped.

    Raises Refused when there is nothing that can be taken back.
    """
    began = time.monotonic()
    job = _opened(import_id)
    kind = kinds.get(job.kind)
    reach = Reach(user)
    reach.require(kind.object, "add", "change")
    work = Work(job=job, kind=kind, reach=reach, now=now, contexts=_contexts(job))
    tally = Tally.of(job)
    mark = {"via": "undo", "undo": job.pk, "user": user.pk if user else None}
    with pghistory.context(**mark), work.made():
        for place, (change, total) in enumerate(_spans(work)):
            _span(work, change, tally, progress)
            progress(done=place + 1, total=total, message="")
    report = _report(work, tally, began)
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
    if job.dry_run:
        raise Refused(_("A dry run wrote nothing, so there is nothing to undo."), code="nothing")


def _contexts(job: ImportJob) -> list[str]:
    """The marks that the history keeps of the import's own writes, over all its attempts."""
    with connection.cursor() as cursor:
        cursor.execute(CONTEXTS, [f'{{"via": "import", "import": {job.pk}}}'])
        return [str(row[0]) for row in cursor.fetchall()]


def _spans(work: Work) -> Iterator[tuple[ImportChange, int]]:
    """Notes that wait, in the order in which they can be taken back, with their number."""
    notes = ImportChange.objects.filter(job=work.job)
    total = notes.count()
    labels = dependents_first(sorted(set(notes.values_list("object", flat=True))))
    did = ImportChange.Did
    parts = [label for label in labels if label in work.kind.parts]
    steps = [(did.UPDATED, labels), (did.CREATED, parts), (did.DELETED, labels)]
    steps.append((did.CREATED, [label for label in labels if label not in parts]))
    for action, those in steps:
        for label in those:
            keys = notes.filter(object=label, action=action, undone=False).order_by("-id").values_list("id", flat=True)
            for pk in list(keys):
                yield ImportChange.objects.get(pk=pk), total


def _span(work: Work, change: ImportChange, tally: Tally, progress: Progress) -> None:
    before = (tally.deleted.copy(), tally.restored.copy(), tally.kept_count, list(tally.kept))
    try:
        with transaction.atomic():
            _take_back(work, change, tally, change.ids)
            fence = getattr(progress, "fence", None)
            if fence is not None:
                fence()
            ImportChange.objects.filter(pk=change.pk).update(undone=True)
            ImportJob.objects.filter(pk=work.job.pk).update(undo=tally.as_kept())
    except BaseException:
        tally.deleted, tally.restored, tally.kept_count, tally.kept = before
        raise


def _take_back(work: Work, change: ImportChange, tally: Tally, ids: list[int]) -> None:
    """Rows that do not fit together any more are found by halving, so that one of them keeps no other."""
    model = model_of(change.object)
    try:
        with transaction.atomic():
            done = _step(work, model, change, ids)
            work.execute("SET CONSTRAINTS ALL IMMEDIATE")
            work.execute("SET CONSTRAINTS ALL DEFERRED")
            _name_kept(work, model, tally)
    except IntegrityError:
        if len(ids) == 1:
            _keep(tally, model, ids[0], {"why": "conflict"})
            return
        half = len(ids) // 2
        _take_back(work, change, tally, ids[:half])
        _take_back(work, change, tally, ids[half:])
        return
    into = tally.deleted if change.action == ImportChange.Did.CREATED else tally.restored
    into[change.object] += done


def _step(work: Work, model: Model, change: ImportChange, ids: list[int]) -> int:
    did = ImportChange.Did
    obj = work.kind.object if not model._meta.label_lower.endswith(".customer") else "customer"
    if change.action == did.UPDATED:
        return put_back(work, model, ids, obj)
    if change.action == did.DELETED:
        work.open(model, [])
        return bring_back(work, model, ids)
    if model._meta.label_lower in work.kind.parts:
        return remove_parts(work, model, ids)
    talked = _customers_of(work, model, ids)
    done = remove(work, model, ids, obj)
    recount_contact(customer_ids=talked)
    return done


def _customers_of(work: Work, model: Model, ids: list[int]) -> list[int]:
    """Whose last contact may move back."""
    if model._meta.label_lower != "customers.interaction":
        return []
    found = work.rows("SELECT DISTINCT customer_id FROM customers_interaction WHERE id = ANY(%(ids)s)", {"ids": ids})
    return [row[0] for row in found]


def _name_kept(work: Work, model: Model, tally: Tally) -> None:
    for pk, why, who, fields, by in work.rows("SELECT id, why, who, fields, by FROM undo_span WHERE why IS NOT NULL"):
        _keep(tally, model, pk, {"why": why, "who": who, "fields": fields, "by": by})


def _keep(tally: Tally, model: Model, pk: int, told: dict[str, Any]) -> None:
    tally.kept_count += 1
    if len(tally.kept) < MOST_NAMED:
        entry = {"object": model._meta.label_lower, "id": pk}
        tally.kept.append(entry | {name: value for name, value in told.items() if value})


def _report(work: Work, tally: Tally, began: float) -> dict[str, Any]:
    """Totals count records; their parts are told apart."""
    parts = work.kind.parts
    return {
        **tally.as_kept(), "import_id": work.job.pk, "kind": work.job.kind,
        "deleted_count": sum(count for label, count in tally.deleted.items() if label not in parts),
        "restored_count": sum(count for label, count in tally.restored.items() if label not in parts),
        "seconds": round(time.monotonic() - began, 3),
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
