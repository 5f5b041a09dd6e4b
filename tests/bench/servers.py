"""What the benchmark starts: our pages and the floor page, on one PostgreSQL, with the same server."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from crm import backends
from crm.conf import BASE_DIR, CONF

SHARED_TOOLS = BASE_DIR.parent / "shared" / "tools"
FLOOR_DATABASE = "bench_floor"
GUNICORN = [
    "--workers",
    "2",
    "--worker-class",
    "gthread",
    "--threads",
    "32",
    "--keep-alive",
    "15",
    "--log-level",
    "warning",
]


class CannotMeasure(Exception):
    """A sentence that says what is missing."""


def say(text: str) -> None:
    """Progress goes to standard error; figures have standard output to themselves."""
    print(text, file=sys.stderr, flush=True)


def manage(*arguments: str) -> str:
    """Run a command of ours and return its standard output."""
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotMeasure(f"manage.py {arguments[0]} ended with code {done.returncode}.")
    return done.stdout


def tool(name: str) -> Path:
    """A measuring tool that lies beside the checkout."""
    path = SHARED_TOOLS / name
    if not path.exists():
        raise CannotMeasure(f"{name} is not beside this checkout (shared/tools): its part is left out.")
    return path


@contextlib.contextmanager
def database_servers() -> Iterator[None]:
    """PostgreSQL and Redis of this data folder, held until the end."""
    servers = backends.embedded()
    servers.start()
    try:
        yield
    finally:
        servers.release()


class Web:
    """A gunicorn of our own and how long it took until its first answer."""

    def __init__(self, command: list[str], *, cwd: Path, port: int, path: str, environ: dict[str, str]) -> None:
        self.base, self.port = f"http://127.0.0.1:{port}", port
        if _answers(port, path):
            raise CannotMeasure(f"Port {port} is in use; choose another with --port.")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environ, stdout=sys.stderr, start_new_session=True
        )
        while not _answers(port, path):
            if self.process.poll() is not None or time.perf_counter() - began > 60:
                self.stop()
                raise CannotMeasure(f"The server on port {port} does not answer.")
            time.sleep(0.01)
        self.first_answer = time.perf_counter() - began

    def stop(self) -> None:
        """End it with all its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def memory(self) -> float:
        """Proportional set size of the whole web part, in MB."""
        total = 0
        for pid in _family(self.process.pid):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024


def _family(pid: int) -> list[int]:
    children: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(stat.parent.name))
    return [pid, *(one for child in children for one in _family(child))]


def _answers(port: int, path: str) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", path, headers={"Host": "127.0.0.1"})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def free_port(wanted: int) -> int:
    """The wanted port when it is free, else any."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", wanted))
        except OSError:
            trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def ours(port: int) -> Web:
    """Vantage as ``up`` starts it, two workers."""
    port = free_port(port)
    command = [sys.executable, "-m", "gunicorn", "crm.wsgi:application"]
    environ = {
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "MALLOC_ARENA_MAX": "2",
        "DJANGO_SETTINGS_MODULE": "crm.settings",
    }
    return Web(command, cwd=BASE_DIR, port=port, path="/accounts/login/", environ=environ)


def floor(port: int, size: int) -> tuple[Web, str]:
    """The floor page with as many rows, and the digest of its file."""
    script, port = tool("floor.py"), free_port(port)
    environ = {"FLOOR_DATABASE": _floor_database(), "MALLOC_ARENA_MAX": "2"}
    subprocess.run(
        [sys.executable, str(script), "prepare", str(size)], env=os.environ | environ, stdout=sys.stderr, check=True
    )
    command = [sys.executable, "-m", "gunicorn", "floor:application", "--bind", f"127.0.0.1:{port}", *GUNICORN]
    digest = hashlib.sha256(script.read_bytes()).hexdigest()[:12]
    return Web(command, cwd=script.parent, port=port, path="/empty/", environ=environ), digest


def _floor_database() -> str:
    """An empty database beside ours, as a libpq URL."""
    if CONF.database_url:
        return CONF.database_owner_url or CONF.database_url
    postgres = backends.embedded().postgres
    link = postgres.connect()
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [FLOOR_DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {FLOOR_DATABASE}")
    link.close()
    return f"postgresql://vantage_owner@/{FLOOR_DATABASE}?host={quote(str(postgres.socket_dir), safe='')}"
