"""kill -9 of every part in the middle of work."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest

from tests.platform.running import ROOT, Running, clean_environ, eventually
from tests.platform.uploads import Upload, new_key, people, report

pytestmark = pytest.mark.faults

ENQUEUE = """
INSERT INTO kit_job (token, kind, args, state, done, message, error, attempts, max_attempts, claimed_by,
                     cancel_requested, created_at)
SELECT gen_random_uuid(), 'test.slow', jsonb_build_object('n', n), 'queued', 0, '', '', 0, 3, '', false, now()
FROM generate_series(%s, %s) n
"""
RUNNING = "SELECT count(*) FROM kit_job WHERE kind = 'test.slow' AND state = 'running' AND done > 0"
SLOW = "tests.platform.slow.settings"
ROWS = 3_000
NOBODY, NO_DATE = ROWS // 97, ROWS // 100
IMPORTS = "SELECT id, state, reached, counts, token::text FROM customers_importjob WHERE source_name = %s"
HERE = """
SELECT count(*), count(DISTINCT x.external_id) FROM customers_externalid x
JOIN kit_source s ON s.id = x.source_id JOIN customers_customer c ON c.id = x.customer_id WHERE s.name = %s
"""
WORKER = "crm.celery:app worker"  # the beat's options name workers too
ATTEMPTS = """
SELECT j.attempts FROM kit_job j JOIN customers_importjob i ON i.job_id = j.id WHERE i.source_name = %s
"""
LEASE_ENDS = "UPDATE kit_job SET lease_until = now() - interval '1 s' WHERE kind = 'import' AND state = 'running'"
TIDY = """
INSERT INTO kit_job (token, kind, args, state, done, message, error, attempts, max_attempts, claimed_by,
                     cancel_requested, created_at)
VALUES (gen_random_uuid(), 'imports.tidy', '{}', 'queued', 0, '', '', 0, 3, '', false, now() - interval '10 s')
"""
TIDIED = "SELECT count(*) FROM kit_job WHERE kind = 'imports.tidy' AND state = 'done'"
OPEN = "SELECT count(*) FROM kit_job WHERE kind = 'test.slow' AND state <> 'done'"


@pytest.fixture(scope="module")
def vantage():
    home = Path(tempfile.mkdtemp(prefix="vantage-fault-"))
    home.chmod(0o755)
    (home / "tmp").mkdir()
    running = Running(home / "data", DJANGO_SETTINGS_MODULE=SLOW, TMPDIR=str(home / "tmp"))
    try:
        running.wait_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def key(vantage):
    return new_key(vantage)


class Visitor(threading.Thread):
    """Asks for pages and for the API all the time, and keeps the statuses."""

    def __init__(self, vantage):
        super().__init__(daemon=True)
        self.vantage, self.seen, self.over = vantage, set(), threading.Event()

    def run(self):
        while not self.over.is_set():
            for path in ("/accounts/login/", "/customers/", "/api/v1/customers/", "/readyz"):
                self.seen.add((path, self.vantage.status(path)))
            time.sleep(0.02)


def test_all_work_is_done_once_whatever_is_killed(vantage):
    visitor = Visitor(vantage)
    visitor.start()
    vantage.query(ENQUEUE, 1, 4)
    eventually(lambda: vantage.query(RUNNING)[0][0] == 2, 40, "two jobs run")
    vantage.kill(WORKER)
    vantage.kill("redis-server")
    eventually(lambda: vantage.status("/accounts/login/") == 200, 10, "the page while Redis is back")
    vantage.kill("gunicorn")
    vantage.query(ENQUEUE, 5, 6)
    eventually(lambda: vantage.query(RUNNING)[0][0] > 0, 30, "the new worker works")
    vantage.kill("bin/postgres")
    eventually(lambda: vantage.query(OPEN)[0][0] == 0, 120, "all jobs done")
    eventually(lambda: vantage.status("/readyz") == 200, 30, "ready again")
    visitor.over.set()
    visitor.join()
    assert vantage.query("SELECT count(*) FROM kit_source WHERE name LIKE 'slow %%'") == [(6,)]
    bad = {(path, status) for path, status in visitor.seen if status >= 500 and status != 503}
    assert not bad, vantage.output()[-3000:]


def half_way(vantage, source):
    """The import, when some of its spans are written and some are not."""
    rows = vantage.query(IMPORTS, source)
    return rows[0] if rows and 0 < rows[0][2] < ROWS else None


def done(vantage, key, import_id):
    """The import as the API shows it, when it is over."""
    told = report(vantage, key, import_id)
    return told if told["state"] in ("done", "failed") else None


def check(told, created, unchanged=0):
    """A report that is true: the parts make the whole."""
    assert told["rows"] == ROWS
    both = ROWS // 9700
    assert told["rejected"] == NOBODY + NO_DATE - both
    assert (told["created"], told["unchanged"]) == (created, unchanged)
    assert sum(told[name] for name in ("created", "updated", "unchanged", "skipped", "rejected")) == ROWS


def test_an_import_whose_worker_is_killed_within_a_span_is_whole_afterwards(vantage, key):
    good = ROWS - (NOBODY + NO_DATE - ROWS // 9700)
    upload = Upload(vantage, key, people(ROWS), "killed worker")
    upload.run()
    assert upload.status == 202, upload.answer
    eventually(lambda: half_way(vantage, "killed worker"), 20, "some spans are written")
    vantage.kill_all(WORKER)
    _id, _state, _reached, counts, token = vantage.query(IMPORTS, "killed worker")[0]
    assert vantage.query(HERE, "killed worker") == [(counts["created"], counts["created"])], "half a span"
    vantage.query(LEASE_ENDS)
    told = eventually(lambda: done(vantage, key, upload.answer["id"]), 40, "the import is done")
    assert told["state"] == "done", told["error"]
    assert vantage.query(ATTEMPTS, "killed worker") == [(2,)]
    check(told["report"], created=good)
    assert vantage.query(HERE, "killed worker") == [(good, good)]
    assert [path.name for path in (vantage.data_dir / "imports" / token).iterdir()] == ["rejects.csv"]
    rejects = (vantage.data_dir / "imports" / token / "rejects.csv").read_text().splitlines()
    assert len(rejects) - 1 == told["report"]["rejected"]


def test_an_import_command_that_is_killed_and_run_again_writes_every_row_once(vantage, tmp_path):
    good = ROWS - (NOBODY + NO_DATE - ROWS // 9700)
    path = tmp_path / "people.csv"
    path.write_text(people(ROWS))
    command = [sys.executable, str(ROOT / "manage.py"), "import", "customers", str(path), "--source", "killed command"]
    how = {"env": clean_environ(vantage.data_dir, DJANGO_SETTINGS_MODULE=SLOW), "cwd": ROOT, "stdout": subprocess.PIPE}
    first = subprocess.Popen(command, **how)
    eventually(lambda: half_way(vantage, "killed command"), 20, "some spans are written")
    first.kill()
    first.wait()
    _id, _state, _reached, counts, _token = vantage.query(IMPORTS, "killed command")[0]
    before = counts["created"]
    assert vantage.query(HERE, "killed command") == [(before, before)], "half a span"
    second = subprocess.run(command, **how, text=True, timeout=60)
    check(json.loads(second.stdout), created=good - before, unchanged=before)
    assert vantage.query(HERE, "killed command") == [(good, good)]


def left_by(vantage, folders):
    """Import folders that no import owns, and files in the folder for temporary ones."""
    known = {row[0] for row in vantage.query("SELECT token::text FROM customers_importjob")}
    return {path for path in folders.glob("*") if path.name not in known} | set(
        (vantage.data_dir.parent / "tmp").glob("*.upload*")
    )


def test_uploads_that_are_cut_off_leave_nothing_and_those_acknowledged_complete(vantage, key):
    few = "Customer ID,Name\n" + "".join(f"{n},Person {n}\n" for n in range(400))
    large = few + "# " + "x" * 4_000_000
    slow = [Upload(vantage, key, large, f"cut off {n}", pieces=60, pause=0.1) for n in range(3)]
    for upload in slow:
        upload.start()
    quick = Upload(vantage, key, few, "acknowledged")
    quick.run()
    assert quick.status == 202, quick.answer
    eventually(lambda: all(0.2 < upload.sent < 0.9 for upload in slow), 10, "all are under way")
    vantage.kill_under("gunicorn")
    for upload in slow:
        upload.join(20)
        assert upload.status in (0, 408, 500, 502, 503), upload.answer
        assert vantage.query(IMPORTS, upload.source) == []
    assert left_by(vantage, vantage.data_dir / "imports") == set()
    eventually(lambda: vantage.status("/readyz") == 200, 20, "the web is back")
    told = eventually(lambda: done(vantage, key, quick.answer["id"]), 20, "the acknowledged one is done")
    assert told["report"]["created"] == 400


def test_whenever_the_web_is_killed_an_import_is_there_whole_or_not_at_all(vantage, key):
    few = "Customer ID,Name\n" + "".join(f"{n},Person {n}\n" for n in range(400))
    uploads = []
    for place, pause in enumerate((0, 0.05, 0.2, 0.6)):
        upload = Upload(vantage, key, few + "\n" * 2_000_000, f"any moment {place}")
        upload.start()
        eventually(lambda upload=upload: upload.sent == 1.0 or not upload.is_alive(), 10, "the body is sent")
        time.sleep(pause)
        vantage.kill_under("gunicorn")
        upload.join(20)
        uploads.append(upload)
        eventually(lambda: vantage.status("/readyz") == 200, 20, "the web is back")
    for upload in uploads:
        rows = vantage.query(IMPORTS, upload.source)
        assert len(rows) == 1 if upload.status == 202 else len(rows) <= 1
        if rows:
            told = eventually(lambda pk=rows[0][0]: done(vantage, key, pk), 20, "what is there completes")
            assert (told["state"], told["report"]["created"]) == ("done", 400)
    folders = vantage.data_dir / "imports"
    (folders / str(uuid.uuid4())).mkdir()  # what a process leaves that dies between its file and its row
    for path in left_by(vantage, folders):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    vantage.query(TIDY)
    eventually(lambda: vantage.query(TIDIED)[0][0] > 0, 20, "tidied")
    assert left_by(vantage, folders) == set()


def test_ctrl_c_leaves_nothing_behind(vantage):
    assert vantage.stop() < 12
    assert vantage.process.returncode == 0
