"""Verdicts on pairs, and work on many of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.models import Job
from crm.kit.rows import covers
from customers.duplicates.models import DuplicatePair
from customers.duplicates.pairs import groups
from customers.merging import services as merging
from customers.merging.choices import best
from customers.models import Customer, Merge

SCAN, MERGE_CERTAIN, SPLIT_AGAIN = "duplicates.scan", "duplicates.merge", "duplicates.split"
CHUNK = 50
NEXT = 500


def pair_for(user: User, pk: int, *, lock: bool = False) -> DuplicatePair:
    """A pair that the user may see; Refused (404) otherwise."""
    found = DuplicatePair.objects.visible_to(user).filter(pk=pk)
    if lock:
        found = found.select_for_update(of=("self",))
    pair: DuplicatePair | None = found.select_related("a", "b").first()
    if pair is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return pair


def _may_judge(user: User, pair: DuplicatePair) -> None:
    if not all(covers(row, user=user, obj="customer", action="change") for row in (pair.a, pair.b)):
        raise Refused(_("You may see these records, but not judge them."), status=403, code="forbidden")


@transaction.atomic
def dismiss(*, user: User, pair_id: int, now: datetime) -> DuplicatePair:
    """Two different customers: the pair is not shown again until one of them looks otherwise."""
    return _judge(user, pair_id, DuplicatePair.State.OPEN, DuplicatePair.State.DISMISSED, now)


@transaction.atomic
def reopen(*, user: User, pair_id: int) -> DuplicatePair:
    """Take "not a duplicate" back."""
    return _judge(user, pair_id, DuplicatePair.State.DISMISSED, DuplicatePair.State.OPEN, None)


def _judge(user: User, pair_id: int, old: str, new: str, now: datetime | None) -> DuplicatePair:
    pair = pair_for(user, pair_id, lock=True)
    _may_judge(user, pair)
    if pair.state != old:
        raise Refused(_("This pair was judged meanwhile. Nothing was changed."), code="judged")
    pair.state, pair.verdict_by, pair.verdict_at = new, user if now else None, now
    pair.save(update_fields=["state", "verdict_by", "verdict_at"])
    return pair


def merge_pair(*, user: User, pair_id: int, now: datetime, job_id: int | None = None) -> Merge:
    """Merge both as proposed: the most complete one stays."""
    pair = pair_for(user, pair_id)
    if pair.state != DuplicatePair.State.OPEN:
        raise Refused(_("This pair was judged meanwhile. Nothing was changed."), code="judged")
    keep = best([pair.a, pair.b])
    others = [pk for pk in pair.ids if pk != keep.pk]
    return merging.merge_customers(user=user, keep_id=keep.pk, other_ids=others, now=now, job_id=job_id)


@transaction.atomic
def ask_scan(*, user: User | None, whole: bool = True) -> Job:
    """Scan in the background; a scan that waits or runs already is the answer."""
    open_states = (Job.State.QUEUED, Job.State.RUNNING)
    waiting = Job.objects.filter(kind=SCAN, state__in=open_states).order_by("-pk").first()
    return waiting or jobs.enqueue(SCAN, {"whole": whole}, user=user)


@transaction.atomic
def ask_merge_certain(*, user: User) -> Job:
    """Merge all certain pairs within the user's reach in the background."""
    if not certain(user).exists():
        raise Refused(_("There is no certain duplicate to merge."), code="nothing")
    return jobs.enqueue(MERGE_CERTAIN, {}, user=user)


def certain(user: User) -> Any:
    """Open pairs that are certain, within reach."""
    return DuplicatePair.objects.visible_to(user).open().filter(decision=DuplicatePair.Decision.CERTAIN)


def merge_certain(job: Job, report: Any, *, now: datetime) -> dict[str, Any]:
    """The job: groups of certain pairs become one customer each; a repeated run goes on with those that are left."""
    user = _asker(job)
    refused: set[int] = set()
    total = certain(user).count()
    report(done=0, total=total)
    while True:
        rows = list(certain(user).exclude(a__in=refused).order_by("pk").values_list("a_id", "b_id")[:NEXT])
        if not rows:
            break
        for ids in _sets(rows):
            if not _merge_set(user, ids, job, now):
                refused |= ids
        report(done=max(0, total - certain(user).count()))
    merged = Merge.objects.filter(job=job, undone_at=None).count()
    return {"merged": merged, "refused": len(refused)}


def _sets(rows: list[tuple[int, int]]) -> list[set[int]]:
    """Customers that hang together by these pairs, at most as many as one merge takes."""
    found: dict[int, set[int]] = {}
    for pk, head in groups(rows).items():
        found.setdefault(head, set()).add(pk)
    return [set(sorted(ids)[: merging.MOST_AT_ONCE]) for ids in found.values()]


def _merge_set(user: User, ids: set[int], job: Job, now: datetime) -> bool:
    rows = list(Customer.objects.visible_to(user).filter(pk__in=ids))
    if len(rows) < 2:
        return False
    keep = best(rows)
    try:
        merging.merge_customers(
            user=user, keep_id=keep.pk, other_ids=[row.pk for row in rows if row.pk != keep.pk], now=now, job_id=job.pk
        )
    except Refused:
        return False
    return True


@transaction.atomic
def ask_split_again(*, user: User, job_id: int) -> Job:
    """Undo a job's merges in the background."""
    if not Merge.objects.filter(job=job_id, job__user=user, undone_at=None).exists():
        raise Refused(_("There is nothing to undo."), code="nothing")
    return jobs.enqueue(SPLIT_AGAIN, {"job": job_id}, user=user)


def split_again(job: Job, report: Any, *, now: datetime) -> dict[str, Any]:
    """The job: take every merge of another job back, the latest first."""
    user = _asker(job)
    waiting = Merge.objects.filter(job=job.args["job"], undone_at=None).order_by("-pk").values_list("pk", flat=True)
    ids = list(waiting)
    refused = 0
    for number, pk in enumerate(ids, 1):
        try:
            merging.unmerge(user=user, merge_id=pk, now=now)
        except Refused:
            refused += 1
        report(done=number, total=len(ids))
    return {"split": len(ids) - refused, "refused": refused}


def _asker(job: Job) -> User:
    user = User.objects.filter(pk=job.user_id or 0, is_active=True).first()
    if user is None:
        raise Refused(_("The person who asked for this may not sign in any more. What is left stays as it is."))
    return user
