"""Two hundred broken and hostile files: each ends with a clear report or one clear sentence, and nothing half-written."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from crm.kit.errors import Refused
from customers.imports import services
from customers.models import Contact, ContactPoint, Customer, ExternalId, ImportJob, Interaction
from sales.models import Deal, Order, Product
from tests.imports import malformed
from tests.imports.conftest import NOW, counted, rejected

WRITTEN = (Customer, Contact, ContactPoint, ExternalId, Interaction, Deal, Order, Product)
SECONDS = 60
MEGABYTES = 512
BATCHES = 8


def rows_written():
    return [model.objects.count() for model in WRITTEN]


def outcome(path: Path, kind: str, *, strict: bool):
    """(report or None, sentence, seconds)."""
    began = time.monotonic()
    job = services.new_import(
        kind=kind, file_name=path.name, mapping=None, source="odd", mode="upsert", strict=strict, user=None, now=NOW
    )
    report, sentence = None, ""
    try:
        report = services.run(job, path, now=NOW)
    except Refused as refusal:
        sentence = refusal.message
    job.refresh_from_db()
    state = ImportJob.State.DONE if report else ImportJob.State.FAILED
    assert (job.state, job.error) == (state, sentence)
    return report, sentence, time.monotonic() - began


@pytest.mark.parametrize("batch", range(BATCHES))
def test_each_ends_with_a_report_or_a_sentence(db, tmp_path, batch):
    seen = Counter()
    for one in list(malformed.files())[batch::BATCHES]:
        path = tmp_path / "file"
        path.write_bytes(one.data)
        before = rows_written()
        report, sentence, seconds = outcome(path, one.kind, strict=True)
        assert seconds < SECONDS, one.name
        if report is None:
            assert rows_written() == before, one.name
            assert 10 < len(sentence) < 600 and sentence.endswith(".") and "Traceback" not in sentence, one.name
            assert "/" not in sentence.split(";")[0] or "rejects" in sentence, one.name
        else:
            assert report["rejected"] == 0, one.name
        seen["refused" if report is None else "in"] += 1
        before = rows_written()
        report, sentence, seconds = outcome(path, one.kind, strict=False)
        assert seconds < SECONDS, one.name
        if report is None:
            assert rows_written() == before and sentence.endswith("."), one.name
        else:
            counted(report)
            if report["rejected"]:
                assert rejected(report).count("\n") > report["rejected"], one.name
    assert seen["refused"] >= 5


def test_there_are_two_hundred_and_they_are_the_same_in_every_run():
    first, second = ([(one.name, one.data) for one in malformed.files()] for _run in range(2))
    assert len(first) == 200 and len({name for name, _data in first}) == 200
    assert [data[:2000] for _name, data in first] == [data[:2000] for _name, data in second]


CHILD = """
import sys
from pathlib import Path
import django
django.setup()
from crm.kit.errors import Refused
from customers.imports.reading import open_table
from customers.imports.suggest import suggest
for path in sys.argv[1:]:
    try:
        for _row in open_table(Path(path), {}).rows():
            pass
        suggest(Path(path), "customers")
    except Refused:
        pass
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)  # ru_maxrss would begin with the parent's
"""
WORST = ("gzip bomb", "zip bomb", "a hundred thousand columns", "one long line", "huge cells", "quotation never ends",
         "deep json", "deep xml", "quadratic xml", "sheet of huge size", "sheet with a far cell", "json of many keys", "huge card")  # fmt: skip


def test_the_worst_of_them_stay_within_their_memory(tmp_path):
    """In a process of its own, since memory is only measured at its highest."""
    paths = []
    for one in malformed.files():
        if one.name[4:] in WORST:
            paths.append(tmp_path / str(len(paths)))
            paths[-1].write_bytes(one.data)
    big = tmp_path / "one line of fifty megabytes"
    big.write_bytes(b"id,name\n1," + b"x" * 50_000_000)
    found = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, [*paths, big])], capture_output=True, text=True, check=True, timeout=300
    )
    assert len(paths) > 20 and int(found.stdout) < MEGABYTES
