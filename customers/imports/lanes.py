"""A big file in two lanes: each reads it whole and writes its share, so that the database works on two processors.

Rows with the same id are always in the same lane, where the last one counts as ever. What a lane needs is its own:
connection, working tables, counts, and the place up to which it has come.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from django.db import connection

from customers.imports import pending

if TYPE_CHECKING:
    from customers.imports.context import Context
    from customers.imports.kinds import Kind
    from customers.imports.mapping import Slot
    from customers.models import ImportJob

LANES = 2
BIG = 4 * 1024 * 1024
"""Bytes of a file; below, a second lane costs more than it gives."""
QUICK = frozenset(["csv", "tsv"])
"""Formats that are read so quickly that every lane may read the whole file."""
Row = tuple[int, list[str]]
Made = TypeVar("Made")


class Stopped(Exception):
    """Another lane failed: this one writes nothing more."""


@dataclass(frozen=True)
class Share:
    """The rows of one lane."""

    number: int

    def of(self, rows: Iterable[Row], place: int, keys: Any) -> Iterator[Row]:
        """Those of the rows whose id, as ``keys`` converts the cell at ``place``, falls to this lane."""
        for number, row in rows:
            key = str(keys[row[place] if place < len(row) else ""])
            if crc32(key.encode("utf-8", "surrogatepass")) % LANES == self.number:
                yield number, row


def key_slot(kind: Kind, context: Context) -> Slot | None:
    """The column that holds the ids of the rows; None where there is none as it stands in the file."""
    changed = {place for place, _step, _others in context.plan.changes}
    for slot in context.plan.slots:
        if slot.field.name in ("external_id", kind.key) and slot.index is not None:
            return None if slot.index in changed or slot.change is not None else slot
    return None


def fit(kind: Kind, context: Context, path: Path) -> bool:
    """Whether an import may be split: no row of it leans on another than those with its own id.

    What began in lanes goes on in them, whatever came in between: each has its own place in the file.
    """
    job = context.job
    if job.lanes:
        return True
    return (
        kind.side_by_side
        and context.table.format in QUICK
        and path.stat().st_size >= BIG
        and not (job.strict or job.dry_run or job.reached or connection.in_atomic_block)
        and not context.plan.mapping.options.get("find_by")
        and key_slot(kind, context) is not None
        and not pending.names_wait(context)
    )


class Joint:
    """One progress for all lanes."""

    def __init__(self, progress: Callable[..., None]) -> None:
        self.progress = progress
        self.failed = threading.Event()
        self._guard = threading.Lock()
        self._done: dict[int, int] = {}
        self._total: dict[int, int] = {}

    def tell(self, number: int, done: int | None, total: int | None, message: str | None) -> None:
        """Pass on what all lanes have done together; raises Stopped once one of them failed."""
        if self.failed.is_set():
            raise Stopped
        with self._guard:
            if done is not None:
                self._done[number] = done
            if total is not None:
                self._total[number] = total
            sums = sum(self._done.values()), sum(self._total.values())
        known = {"total": sums[1]} if len(self._total) == LANES else {}
        self.progress(done=sums[0], **known, **({} if message is None else {"message": message}))


class LaneProgress:
    """What a lane talks to."""

    def __init__(self, joint: Joint, number: int) -> None:
        self._joint, self._number = joint, number
        self.fence = getattr(joint.progress, "fence", None)

    def __call__(self, *, done: int | None = None, total: int | None = None, message: str | None = None) -> None:
        self._joint.tell(self._number, done, total, message)


def run(work: Callable[[Share, LaneProgress], Made], progress: Callable[..., None]) -> list[Made]:
    """Do the work in each lane, with the caller's language; the first real error is raised when all have ended."""
    joint = Joint(progress)
    with ThreadPoolExecutor(LANES, thread_name_prefix="import") as pool:
        ends = [
            pool.submit(contextvars.copy_context().run, _lane, work, Share(number), joint) for number in range(LANES)
        ]
    errors = [error for end in ends if (error := end.exception()) is not None]
    for error in sorted(errors, key=lambda one: isinstance(one, Stopped)):
        raise error
    return [end.result() for end in ends]


def _lane(work: Callable[[Share, LaneProgress], Made], share: Share, joint: Joint) -> Made:
    try:
        return work(share, LaneProgress(joint, share.number))
    except BaseException:
        joint.failed.set()
        raise
    finally:
        connection.close()


def mark(job: ImportJob, share: Share, *, reached: int, counts: dict[str, Any]) -> None:
    """Keep the place and the counts of one lane, in the transaction of its span, and what all have together."""
    held = type(job).objects.select_for_update().get(pk=job.pk)
    held.lanes[str(share.number)] = {"reached": reached, "counts": counts}
    together: dict[str, Any] = {"treatments": {}}
    for lane in held.lanes.values():
        _add(together, {name: count for name, count in lane["counts"].items() if name != "treatments"})
        _add(together["treatments"], lane["counts"].get("treatments", {}))
    held.counts, held.reached = together, max(lane["reached"] for lane in held.lanes.values())
    held.save(update_fields=["lanes", "counts", "reached"])


def _add(sums: dict[str, Any], counts: dict[str, int]) -> None:
    for name, count in counts.items():
        sums[name] = sums.get(name, 0) + count
