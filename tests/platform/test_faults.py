"""kill -9 of every part in the middle of work."""

import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.platform.running import Running, eventually

pytestmark = pytest.mark.faults

ENQUEUE = """
INSERT INTO kit_job (token, kind, args, state, done, message, error, attempts, max_attempts, claimed_by,
                     cancel_requested, created_at)
SELECT gen_random_uuid(), 'test.slow', jsonb_build_object('n', n), 'queued', 0, '', '', 0, 3, '', false, now()
FROM generate_series(%s, %s) n
"""
RUNNING = "SELECT count(*) FROM kit_job WHERE kind = 'test.slow' AND state = 'running' AND done > 0"
OPEN = "SELECT count(*) FROM kit_job WHERE kind = 'test.slow' AND state <> 'done'"


@pytest.fixture(scope="module")
def vantage():
    home = Path(tempfile.mkdtemp(prefix="vantage-fault-"))
    home.chmod(0o755)
    running = Running(home / "data", DJANGO_SETTINGS_MODULE="tests.platform.slow.settings")
    try:
        running.wait_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        shutil.rmtree(home, ignore_errors=True)


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
    vantage.kill("worker")
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


def test_ctrl_c_leaves_nothing_behind(vantage):
    assert vantage.stop() < 12
    assert vantage.process.returncode == 0
