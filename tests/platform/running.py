"""A real ``manage.py up`` in a folder of its own, for tests that look at it from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg2

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("CRM_", "DATABASE_", "REDIS_", "DJANGO_", "PYTEST_")


def clean_environ(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a newcomer: none of the tests' own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"CRM_DATA_DIR": str(data_dir)} | more


def manage(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command as a person would."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(
        command, env=clean_environ(data_dir, **more), capture_output=True, text=True, timeout=120, cwd=ROOT
    )


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def eventually(check, seconds: float, what: str = ""):
    """The first true answer within the time, else a failure."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(psycopg2.Error, OSError, psutil.Error):
            answer = check()
            if answer:
                return answer
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what or check}")


class Running:
    """A started installation."""

    def __init__(self, data_dir: Path, **more: str) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.log = (data_dir.parent / f"{data_dir.name}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--no-demo", "--port", str(self.port)],
            env=clean_environ(data_dir, **more),
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )

    def output(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")

    def status(self, path: str) -> int:
        """The status of one request; 0 when nobody listens or the connection breaks."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request("GET", path)
            return link.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()

    def wait_ready(self, seconds: float = 90) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.output()
            return self.status("/readyz") == 200

        eventually(ready, seconds, "ready")

    def query(self, sql: str, *values: object) -> list[tuple]:
        link = psycopg2.connect(
            host=str(self.data_dir / "postgres" / "run"),
            dbname="vantage",
            user="vantage_app",
            connect_timeout=2,
        )
        try:
            with link, link.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    def part(self, words: str) -> psutil.Process:
        """The main process of one part."""
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if words in " ".join(child.cmdline()):
                    return child
        raise OSError(f"no {words} now")

    def kill(self, words: str) -> None:
        self.part(words).send_signal(signal.SIGKILL)

    def kill_all(self, words: str) -> None:
        """One part with everything that it started, at once."""
        part = self.part(words)
        for process in [part, *part.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def kill_under(self, words: str) -> None:
        """The processes that a part started, not the part itself."""
        for process in self.part(words).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> float:
        """Ctrl-C; how many seconds it took."""
        began = time.monotonic()
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        _gone, alive = psutil.wait_procs(family, timeout=2)
        assert not alive, [process.cmdline() for process in alive]
        return time.monotonic() - began
