"""Sharing the embedded servers between commands: the first starts them, the last one out stops them.

Every process that uses the servers holds a shared lock on ``run/in-use``; starting and stopping
happen under the exclusive lock ``run/starting``. The kernel frees both when a process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.supervisor.places import CannotStart, make_data_dir
from crm.supervisor.postgres import Postgres
from crm.supervisor.processes import die_with_parent
from crm.supervisor.redis import Redis

Server = Postgres | Redis


class Embedded:
    """The embedded servers that this installation needs (those that no URL names)."""

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres: bool = True,
        redis: bool = True,
        postgres_settings: dict[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.postgres_settings = postgres_settings
        self.with_postgres, self.with_redis = postgres, redis
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None
        self._in_use = -1

    @property
    def postgres(self) -> Postgres:
        make_data_dir(self.data_dir)  # where the server's place is remembered
        self._postgres = self._postgres or Postgres(self.data_dir, extra=self.postgres_settings)
        return self._postgres

    @property
    def redis(self) -> Redis:
        self._redis = self._redis or Redis(self.data_dir)
        return self._redis

    def servers(self) -> list[Server]:
        """Those to be run here; PostgreSQL first."""
        chosen: list[Server] = []
        if self.with_postgres:
            chosen.append(self.postgres)
        if self.with_redis:
            chosen.append(self.redis)
        return chosen

    def hold(self) -> None:
        """Say that this process uses the servers."""
        if self._in_use < 0:
            self._in_use = os.open(self.data_dir / "run" / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    @property
    def holding(self) -> bool:
        """Whether this process said that it uses the servers."""
        return self._in_use >= 0

    def held_by_others(self) -> bool:
        """Whether another process uses the servers; ours is given up and taken again."""
        try:
            fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            return True
        fcntl.flock(self._in_use, fcntl.LOCK_SH)
        return False

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """One process at a time starts or stops servers."""
        handle = os.open(self.data_dir / "run" / "starting", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def start(self, *, tied: bool = False) -> bool:
        """Start what does not run yet and hold it; returns whether anything was started.

        ``tied`` servers die with this process even when it is killed. Raises CannotStart.
        """
        make_data_dir(self.data_dir)
        with self.starting():
            self.hold()
            started = [server for server in self.servers() if not server.alive()]
            for server in started:
                self._launch(server, tied=tied)
            if self.with_postgres and started:
                self.postgres.ensure_database()
        return bool(started)

    def release(self) -> None:
        """Stop using the servers; the last one out stops them."""
        with self.starting():
            if not self.held_by_others():
                for server in reversed(self.servers()):
                    server.stop()
            os.close(self._in_use)
            self._in_use = -1

    def _launch(self, server: Server, *, tied: bool) -> None:
        server.stop()  # one that runs but does not answer
        server.prepare()
        name = type(server).__name__.lower()
        options = server.popen_options() if isinstance(server, Postgres) else {"cwd": str(server.run_dir)}
        with open(self.data_dir / "log" / f"{name}.log", "ab") as log:
            child = subprocess.Popen(  # type: ignore[call-overload]
                server.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(server.tied_signal) if tied else None,
                **options,
            )
        try:
            _wait(server, child)
        except CannotStart as problem:
            raise CannotStart(f"{problem} (its log: {self.data_dir / 'log' / f'{name}.log'})") from problem


def _wait(server: Server, child: subprocess.Popen[Any]) -> None:
    for _attempt in range(600):
        if child.poll() is not None:
            raise CannotStart(f"{type(server).__name__} ended at once with code {child.returncode}")
        with contextlib.suppress(CannotStart):
            server.wait(0.1)
            return
    server.wait(1)
