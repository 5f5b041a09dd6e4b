"""How far an import came, kept with every span, so that one that was killed goes on and its report is whole.

The row of the import keeps the place and the counts, in the transaction of the span. The rows that a span
refused, with their reasons, lie in a file beside the upload: it is there before the span is, and one whose
span was never written is ignored.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from customers.imports import lanes
from customers.imports.context import OUTCOMES
from customers.models import ImportJob

if TYPE_CHECKING:
    from customers.imports.context import Context

LATE = "COPY (SELECT row, skipped, reason, true FROM import_out WHERE late AND row > {low} AND row <= {high}) TO STDOUT"


def written(context: Context) -> tuple[int, dict[str, Any]]:
    """How far earlier attempts at the import, or at this lane of it, came, and what they counted."""
    if context.share is None:
        return context.job.reached, dict(context.job.counts)
    lane = context.job.lanes.get(str(context.share.number), {"reached": 0, "counts": {}})
    return lane["reached"], dict(lane["counts"])


def rows_written(context: Context) -> int:
    """How many rows of the file earlier attempts are done with."""
    counts = written(context)[1]
    return sum(counts.get(name, 0) for name in OUTCOMES)


class Kept:
    """What the spans did so far, apart from what reading the file again counts again."""

    def __init__(self, context: Context, place: Path) -> None:
        self.context, self.place = context, place / "refused"
        if context.share is not None:
            self.place /= str(context.share.number)
        self.reached, self.counted = written(context)
        self.staged = context.counts.copy(), context.treatments.copy()

    def recall(self) -> None:
        """Take up what earlier attempts wrote for good."""
        self.context.treatments.update(self.counted.pop("treatments", {}))
        self.context.counts.update(self.counted)
        for path in sorted(self.place.glob("*.copy")):
            if int(path.stem) <= self.reached:
                with path.open(encoding="utf-8", newline="") as file, connection.cursor() as cursor:
                    cursor.copy_expert("COPY import_out (row, skipped, reason, late) FROM STDIN", file)

    def mark(self, low: int, high: int) -> None:
        """Keep the place and the counts, in the transaction that wrote the span."""
        counts, treatments = self.context.counts.copy(), self.context.treatments.copy()
        counts.subtract(self.staged[0])
        treatments.subtract(self.staged[1])
        if self.context.job.job_id is not None:
            self._keep_refused(low, high)
        told = {**_filled(counts), "treatments": _filled(treatments)}
        if self.context.share is not None:
            lanes.mark(self.context.job, self.context.share, reached=high, counts=told)
        else:
            ImportJob.objects.filter(pk=self.context.job.pk).update(reached=high, counts=told)

    def _keep_refused(self, low: int, high: int) -> None:
        self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.place / "part"
        with part.open("w", encoding="utf-8", newline="") as file, connection.cursor() as cursor:
            cursor.copy_expert(LATE.format(low=int(low), high=int(high)), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.place / f"{high:012d}.copy")


def _filled(counter: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in counter.items() if count}
