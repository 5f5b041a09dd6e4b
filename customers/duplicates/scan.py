"""The scan: every customer against every other that could be the same, or only what changed since."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from customers.duplicates import keys, lookup, pairs, records
from customers.duplicates.models import DuplicatePair, DuplicateScan
from customers.duplicates.normal import Profile
from customers.duplicates.weights import LEAST_COUNT, Model, judge, mark

if TYPE_CHECKING:
    from customers.duplicates.blocks import Blocks

Progress = Callable[..., None]
LOCK = 4_410_221  # of this database: one scan at a time
STALE = timedelta(hours=12)
MOST_VALUES = 50_000
COMMON_KEY = 200
"""A key that more customers share finds nobody in particular."""
MOST_COMMON = 50_000
WHOLE_FROM = 50_000
"""From so many changed customers on, a scan of everything is quicker."""
REMEMBERED = 1 << 15


def silent(**_values: Any) -> None:
    """Progress for nobody."""


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of scans; raises Refused when another one runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Refused(_("Another scan for duplicates is running. Wait until it has ended."), code="busy")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def run_scan(*, whole: bool, now: datetime, progress: Progress = silent) -> DuplicateScan:
    """Find duplicates; an interrupted scan of everything goes on behind the last pass that it wrote."""
    with alone():
        if not whole and lookup.newest() is not None:
            return _changed(now, progress)
        return _Whole(_begun(now), now, progress).run()


def _begun(now: datetime) -> DuplicateScan:
    """The scan that a killed process left, or a new one."""
    running = DuplicateScan.objects.filter(state=DuplicateScan.State.RUNNING, whole=True)
    left = running.filter(started_at__gt=now - STALE).order_by("-started_at").first()
    DuplicateScan.objects.filter(state=DuplicateScan.State.RUNNING).exclude(pk=left.pk if left else 0).update(
        state=DuplicateScan.State.FAILED, finished_at=now
    )
    return left or DuplicateScan.objects.create(whole=True, started_at=now)


class _Whole:
    """A scan of everything: read all, make blocks, judge their pairs pass by pass."""

    def __init__(self, scan: DuplicateScan, now: datetime, progress: Progress) -> None:
        self.scan, self.now, self.progress = scan, now, progress
        self.packed: list[str] = []
        self.table = array("I")
        self.values = array("I")
        self.shared = array("i")
        self.person = lru_cache(maxsize=REMEMBERED)(self._person)

    def _person(self, place: int) -> Profile:
        return records.unpack(self.packed[place])

    def run(self) -> DuplicateScan:
        self._read()
        counts = self._count()
        model = Model(len(self.packed), counts["values"])
        blocks = self._blocks()
        total = len(blocks.passes)
        for number, names in enumerate(blocks.passes, 1):
            if number > self.scan.passes:
                self._pass(blocks, names, model)
                self.scan.passes = number
                self.scan.save(update_fields=["passes", "compared"])
            self.progress(done=number, total=total, message="")
        return self._finish(counts)

    def _read(self) -> None:
        for chunk in records.everyone():
            fresh = []
            for person, updated_at, seen_at in chunk:
                self.packed.append(records.pack(person))
                self.table.extend(keys.row(person))
                self.values.extend(_marks(person))
                made = keys.indexed(person)
                self.shared.extend(made)
                if seen_at != updated_at:
                    fresh.append((person, updated_at, made))
            if fresh:
                lookup.write_keys(((p, at) for p, at, _ in fresh), {p.pk: made for p, _, made in fresh})
            self.progress(message=_("%(count)d customers read") % {"count": len(self.packed)})

    def _count(self) -> dict[str, Any]:
        """How often values and keys occur, where often."""
        values = _often(self.values, LEAST_COUNT, MOST_VALUES)
        common = _often(self.shared, COMMON_KEY, MOST_COMMON)
        self.values, self.shared = array("I"), array("i")
        return {"values": values, "common": sorted(common)}

    def _blocks(self) -> Blocks:
        import numpy as np

        from customers.duplicates.blocks import Blocks

        table = np.frombuffer(self.table, dtype=np.uint32).reshape(-1, len(keys.KINDS)).copy()
        self.table = array("I")
        return Blocks(table)

    def _pass(self, blocks: Blocks, names: tuple[str, ...], model: Model) -> None:
        found: pairs.Found = {}
        for one, two in blocks.pairs(names):
            self.scan.compared += len(one)
            for a, b in zip(one.tolist(), two.tolist(), strict=True):
                first, second = self.person(a), self.person(b)
                verdict = judge(first, second, model)
                if verdict is not None:
                    pairs.note(found, first, second, verdict)
            if len(found) > pairs.BATCH:
                pairs.keep(found, scan_id=self.scan.pk, now=self.now)
                found = {}
            self.progress()
        pairs.keep(found, scan_id=self.scan.pk, now=self.now)

    def _finish(self, counts: dict[str, Any]) -> DuplicateScan:
        pairs.forget_others(scan_id=self.scan.pk)
        pairs.regroup()
        self.scan.customers, self.scan.counts = len(self.packed), counts
        return _end(self.scan, self.now)


def _end(scan: DuplicateScan, now: datetime) -> DuplicateScan:
    scan.found = DuplicatePair.objects.open().count()
    scan.state, scan.finished_at = DuplicateScan.State.DONE, now
    scan.save()
    return scan


def _marks(person: Profile) -> list[int]:
    """The values of a profile whose rarity counts."""
    found = [mark("word", word) for word in set(person.names)]
    if person.names:
        found.append(mark("name", "".join(sorted(person.names))))
    if person.street:
        found.append(mark("street", "".join(person.street)))
    found += [mark("number", number) for number in set(person.numbers)]
    places = (("city", person.city), ("region", person.region), ("postcode", person.postcode))
    return found + [mark(field, value) for field, value in places if value]


def _often(numbers: array[int], least: int, most: int) -> dict[int, int]:
    """Numbers that occur at least so often → how often; the most frequent ones."""
    import numpy as np

    kinds, counts = np.unique(np.frombuffer(numbers, dtype=numbers.typecode), return_counts=True)
    kept = np.flatnonzero(counts >= least)
    kept = kept[np.argsort(-counts[kept], kind="stable")][:most]
    return dict(zip(kinds[kept].tolist(), counts[kept].tolist(), strict=True))


def _changed(now: datetime, progress: Progress) -> DuplicateScan:
    """Judge what was written since the last scan against everyone."""
    scan = DuplicateScan(whole=False, started_at=now)
    model, common = lookup.model()
    touched: list[int] = []
    found: pairs.Found = {}
    scan.save()
    for chunk in records.changed():
        lookup.write_keys((one.profile, one.updated_at) for one in chunk)
        touched += [one.profile.pk for one in chunk]
        if len(touched) > WHOLE_FROM:
            scan.state, scan.finished_at = DuplicateScan.State.FAILED, now
            scan.save()
            return _Whole(_begun(now), now, progress).run()
    for start in range(0, len(touched), pairs.BATCH):
        people = records.named(touched[start : start + pairs.BATCH])
        scan.compared += _judge_some(people, common, model, found)
        pairs.keep(found, scan_id=scan.pk, now=now)
        found.clear()
        progress(done=min(start + pairs.BATCH, len(touched)), total=len(touched), message="")
    pairs.forget_others(scan_id=scan.pk, of=touched)
    if touched:
        pairs.regroup()
    scan.customers = len(touched)
    return _end(scan, now)


def _judge_some(people: dict[int, Profile], common: frozenset[int], model: Model, found: pairs.Found) -> int:
    """Judge these customers against the candidates of each; how many pairs that were."""
    near = lookup.candidates(people, common)
    others = records.named(pk for ids in near.values() for pk in ids)
    seen = Counter(compared=0)
    for pk, ids in near.items():
        for other in ids:
            if other != pk and other in others:
                seen["compared"] += 1
                verdict = judge(people[pk], others[other], model)
                if verdict is not None:
                    pairs.note(found, people[pk], others[other], verdict)
    return seen["compared"]
