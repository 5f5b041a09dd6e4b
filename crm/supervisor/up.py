"""``manage.py up``: the whole product on one machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

from crm import backends
from crm.conf import BASE_DIR, CONF
from crm.supervisor.embedded import Embedded
from crm.supervisor.logs import Console
from crm.supervisor.places import CannotStart, make_data_dir
from crm.supervisor.postgres import Postgres
from crm.supervisor.service import Service
from crm.supervisor.watch import Watch

HOST = "127.0.0.1"
SILENT_TICK = 90.0  # seconds without background work that make us restart the worker
ROOT_WARNING = "You're running the worker with superuser privileges"
DEMO_PEOPLE = ("rep", "rep2", "manager", "agent", "integrator", "admin")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Shared with the command that ``manage.py help`` shows."""
    parser.add_argument("--port", type=int, default=CONF.port, help="port of the web pages (default: PORT or 8000)")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty workspace empty")
    parser.add_argument("--workers", type=int, default=2, help="web processes (default: 2)")


def main(arguments: list[str]) -> int:
    """Run until asked to stop; raises CannotStart with a sentence."""
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535 or not 1 <= options.workers <= 64:
        raise CannotStart("--port must be from 1 to 65535 and --workers from 1 to 64.")
    make_data_dir(CONF.data_dir)
    lock = _only_one(CONF.run_dir / "up.lock", options.port)
    try:
        _port_free(options.port)
        return _Up(options).run()
    finally:
        os.close(lock)


def _only_one(path: Path, port: int) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        known = os.read(handle, 200).decode("utf-8", "replace").strip()
        os.close(handle)
        raise CannotStart(
            f"Vantage already runs from {CONF.data_dir}{f' at {known}' if known else ''}: use that one, "
            "stop it, or name another CRM_DATA_DIR."
        ) from None
    os.truncate(handle, 0)
    os.write(handle, f"http://{HOST}:{port}/".encode())
    return handle


def _port_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used ({error.strerror}): stop the program that holds it, or choose "
                f"another with PORT={port + 1 if port < 65535 else 8000}."
            ) from error


class _Up:
    """One run of the supervisor."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.console = Console(CONF.log_dir)
        self.watch = Watch(self.console)
        self.servers: Embedded = backends.embedded()
        self.tick_file = CONF.run_dir / "tick"
        self.environ = os.environ | {
            "CRM_DATA_DIR": str(CONF.data_dir),
            "PORT": str(options.port),
            "WEB_CONCURRENCY": str(options.workers),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "crm.settings"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(BASE_DIR), os.environ.get("PYTHONPATH")])),
            "MALLOC_ARENA_MAX": "2",
            "C_FORCE_ROOT": "1",
        }

    def run(self) -> int:
        began = time.monotonic()
        self.watch.listen_to_signals()
        try:
            self._start_servers()
            self._prepare()
            for service in self._parts():
                self.watch.add(service)
            self.watch.wait_for(self._named("web"), 60)
            self._welcome(time.monotonic() - began)
            while not self.watch.stopping:
                self.watch.turn()
            self.console.line("vantage", "stopping")
            return 0
        except CannotStart as problem:
            if self.watch.stopping:
                return 130
            self.console.plain("")
            print(problem, file=sys.stderr)
            return 1
        finally:
            self._stop()

    def _start_servers(self) -> None:
        """Our own children, unless a command that runs right now already started them."""
        with self.servers.starting():
            self.servers.hold()
            shared = self.servers.held_by_others()
            for server in self.servers.servers():
                if not shared:
                    server.stop()  # left over from a command that was killed
                name = type(server).__name__.lower()
                options = (
                    server.popen_options()
                    if isinstance(server, Postgres)
                    else {"cwd": str(server.run_dir), "env": self.environ}
                )
                stops = ((server.tied_signal, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 1.0))
                service = Service(
                    name=name,
                    command=server.command,
                    before=server.prepare,
                    probe=server.alive,
                    options=options,
                    stops=stops,
                    shared=True,
                )
                self.watch.add(service, adopt=shared and server.alive())
                self.watch.wait_for(service, 60)
            if self.servers.with_postgres:
                self.servers.postgres.ensure_database()

    def _prepare(self) -> None:
        command = [sys.executable, str(BASE_DIR / "manage.py"), "prepare"]
        if self.options.no_demo:
            command.append("--no-demo")
        code = self.watch.run_once("setup", command, self.environ)
        if code != 0:
            raise CannotStart(
                f"The workspace could not be prepared; the reason stands above and in {CONF.log_dir / 'setup.log'}."
            )

    def _parts(self) -> list[Service]:
        self.tick_file.unlink(missing_ok=True)
        python, cwd = sys.executable, str(BASE_DIR)
        celery = [python, "-W", f"ignore:{ROOT_WARNING}", "-m", "celery", "--quiet", "--app"]
        worker = [*celery, "crm.celery:app", "worker", "--hostname", "worker@%h", "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle"]
        beat = [*celery, "crm.celery:clock", "beat", "--loglevel", "WARNING", "--pidfile="]
        beat += ["--schedule", str(CONF.run_dir / "beat-schedule")]
        term, quit_, kill = signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL
        options = {"cwd": cwd, "env": self.environ}
        return [
            Service(
                name="web",
                command=lambda: [python, "-m", "gunicorn", "crm.wsgi:application"],
                probe=self._web_answers,
                stops=((term, 4), (kill, 1)),
                options=options,
            ),
            Service(
                name="worker",
                command=lambda: worker,
                probe=self._worker_works,
                stops=((term, 2), (quit_, 2), (kill, 1)),
                options=options,
            ),
            Service(
                name="beat",
                command=lambda: beat,
                probe=lambda: True,
                stops=((term, 2), (kill, 1)),
                options=options,
            ),
        ]

    def _named(self, name: str) -> Service:
        return next(service for service in self.watch.services if service.name == name)

    def _web_answers(self) -> bool:
        link = http.client.HTTPConnection(HOST, self.options.port, timeout=3)
        try:
            link.request("GET", "/healthz", headers={"Host": HOST, "User-Agent": "vantage-up"})
            return link.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def _worker_works(self) -> bool:
        """The tick task touches a file; silence counts only while its servers are well."""
        worker = self._named("worker")
        if time.monotonic() - worker.started_at < SILENT_TICK or not all(
            server.alive() for server in self.servers.servers()
        ):
            return True
        try:
            return time.time() - self.tick_file.stat().st_mtime < SILENT_TICK
        except OSError:
            return False

    def _welcome(self, seconds: float) -> None:
        address = f"http://{HOST}:{self.options.port}/"
        self.console.plain(f"\n  Vantage is ready after {seconds:.0f} s:  {address}\n")
        try:
            state = json.loads((CONF.run_dir / "prepared.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            state = {}
        if state.get("sample"):
            self.console.plain(f"  Sample data. Sign in as {', '.join(DEMO_PEOPLE)}; the password is: demo")
        elif not state.get("people"):
            self.console.plain("  No people yet: make the first one with  .venv/bin/python manage.py createsuperuser")
        self.console.plain("  Ctrl-C stops everything.\n")

    def _stop(self) -> None:
        """First what uses the servers, then our own servers; adopted ones unless a command needs them."""
        servers = {"postgres", "redis"}
        self.watch.stop([service for service in self.watch.services if service.name not in servers])
        if not self.servers.holding:
            return
        with self.servers.starting():
            self.watch.stop([service for service in reversed(self.watch.services) if service.name in servers])
            if not self.servers.held_by_others():
                for server in reversed(self.servers.servers()):
                    server.stop()
