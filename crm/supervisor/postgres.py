"""The embedded PostgreSQL: its files, its command line, its two roles."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2
from psycopg2 import sql

from crm.supervisor.places import (
    Account,
    CannotStart,
    own_folder,
    server_account,
    server_home,
    socket_folder,
)
from crm.supervisor.programs import Programs, postgres_programs

DATABASE, OWNER, APP = "vantage", "vantage_owner", "vantage_app"
SOCKET = ".s.PGSQL.5432"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # peer authentication decides who may enter
    "max_connections": "120",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # statements and details of errors hold people's data
    "log_error_verbosity": "terse",
    "logging_collector": "off",
}


def memory() -> int:
    """Megabytes that this machine or its control group has."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such group, or "max"
        found = min(found, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return found // 2**20


def sized(megabytes: int) -> dict[str, str]:
    """Settings that grow with the memory: a million customers fit into a gigabyte of buffers, which are taken only
    as data come to fill them."""
    buffers = min(max(megabytes // 8, 128), 1024)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(megabytes // 2, 512)}MB"}


class Postgres:
    """One database server under one data folder."""

    tied_signal = signal.SIGINT  # "fast": ends connections, flushes, goes

    def __init__(self, data_dir: Path, *, extra: dict[str, str] | None = None) -> None:
        self.account: Account = server_account()
        self.home = server_home(data_dir, self.account)
        self.data = self.home / "data"
        self.socket_dir = socket_folder(self.home / "run", SOCKET, self.account)
        self.settings = SETTINGS | sized(memory()) | (extra or {})
        self._programs: Programs | None = None

    @property
    def programs(self) -> Programs:
        """Found once; looking for them may copy them, so only who starts the server asks."""
        if self._programs is None:
            self._programs = postgres_programs(self.account)
        return self._programs

    def prepare(self) -> None:
        """Make the cluster when there is none, and write who may connect; safe to repeat."""
        own_folder(self.socket_dir, 0o711, self.account)
        if not self.data.exists():
            self._initialise()
        self._check_cluster()
        self._forget_dead_postmaster()
        self._write_access()

    def command(self) -> list[str]:
        """The server's command line."""
        options = self.settings | {
            "unix_socket_directories": str(self.socket_dir),
            "hba_file": str(self.home / "access" / "hba.conf"),
            "ident_file": str(self.home / "access" / "ident.conf"),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [self.programs.path("postgres"), "-D", str(self.data), *flags]

    def popen_options(self) -> dict[str, object]:
        """What subprocess needs so that the server runs as its account."""
        options: dict[str, object] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}}
        if self.account.uid is not None:
            options |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return options

    def connect(self, database: str = "postgres", user: str = OWNER) -> psycopg2.extensions.connection:
        """A plain connection; raises psycopg2.OperationalError while the server is away."""
        return psycopg2.connect(host=str(self.socket_dir), dbname=database, user=user, connect_timeout=2)

    def alive(self) -> bool:
        """Whether the server answers now."""
        if not (self.socket_dir / SOCKET).exists():
            return False
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def pid(self) -> int | None:
        """The running postmaster of this data folder, if any."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
            runs_here = os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(self.data)
        except (OSError, ValueError, IndexError):
            return None
        return pid if runs_here else None

    def wait(self, seconds: float = 60) -> None:
        """Return when the server answers; raises CannotStart after the given seconds."""
        until = time.monotonic() + seconds
        while not self.alive():
            if time.monotonic() > until:
                raise CannotStart(f"PostgreSQL did not answer within {seconds:.0f} s: {self._refusal()}")
            time.sleep(0.05)

    def _refusal(self) -> str:
        try:
            self.connect().close()
        except psycopg2.OperationalError as error:
            return str(error).strip().splitlines()[-1]
        return "it answers now; start again"

    def ensure_database(self) -> None:
        """Create the database and the application's role when they are missing."""
        connection = self.connect()
        connection.autocommit = True  # CREATE DATABASE allows no transaction
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP)))
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()

    def stop(self, seconds: float = 20) -> None:
        """Stop a running server, whoever started it; connections are ended, data are flushed."""
        for number in (signal.SIGINT, signal.SIGQUIT):
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, number)
            until = time.monotonic() + seconds
            while self.pid() is not None and time.monotonic() < until:
                time.sleep(0.05)

    def _initialise(self) -> None:
        unfinished = self.home / "data.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)  # an earlier first start was interrupted
        command = [self.programs.path("initdb"), "-D", str(unfinished), "-U", OWNER, "--encoding=UTF8"]
        command += ["--locale=C.UTF-8", "--auth=peer", "--no-instructions", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, **self.popen_options())  # type: ignore[call-overload]
        if done.returncode != 0:
            lines = (done.stderr or done.stdout or "no reason given").strip().splitlines()
            raise CannotStart(f"PostgreSQL could not set up {self.home}: {lines[-1]}")
        os.sync()
        unfinished.rename(self.data)

    def _check_cluster(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            complete = (self.data / "global" / "pg_control").exists()
        except OSError:
            found, complete = "", False
        if not complete:
            raise CannotStart(
                f"{self.data} is not a complete database folder: restore it from a backup, or move it away "
                "to begin with an empty one."
            )
        if not self.account.owns(self.data):
            raise CannotStart(
                f"{self.data} belongs to another user than {self.account.name}, as whom PostgreSQL would "
                "run: start as the user who made it."
            )
        version = subprocess.run(
            [self.programs.path("postgres"), "--version"], capture_output=True, text=True, check=False
        ).stdout.split()
        ours = version[2].split(".")[0] if len(version) > 2 else "?"
        if ours != found:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {found}, this is PostgreSQL {ours}: restore a backup "
                "into a new data folder."
            )

    def _forget_dead_postmaster(self) -> None:
        """A lock file left by kill -9 must not be mistaken for a stranger with the same number."""
        if self.pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_dir / SOCKET).unlink(missing_ok=True)
            (self.socket_dir / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _write_access(self) -> None:
        """Only the system user who starts Vantage, and root, may connect; each as both roles."""
        folder = self.home / "access"
        own_folder(folder, 0o755, self.account)
        names = {server_user_name(), "root"}
        lines = [f'v "{name}" {role}' for name in sorted(names) for role in (OWNER, APP)]
        for name, text in (("hba.conf", "local all all peer map=v"), ("ident.conf", "\n".join(lines))):
            path = folder / name
            path.write_text(f"{text}\n", encoding="utf-8")
            path.chmod(0o644)


def server_user_name() -> str:
    """The name of the user who runs Vantage, as PostgreSQL will see it on its socket."""
    return "root" if os.geteuid() == 0 else server_account().name
