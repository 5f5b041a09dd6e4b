"""The embedded Redis: a bell and a cache that keeps nothing on disk."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from crm.supervisor.places import Account, CannotStart, own_folder, socket_folder
from crm.supervisor.programs import redis_program

SOCKET = "redis.sock"
OURSELVES = Account(name="", uid=None, gid=None)


class Redis:
    """One Redis under one data folder."""

    tied_signal = signal.SIGTERM

    def __init__(self, data_dir: Path) -> None:
        self.run_dir = data_dir / "run"
        self.socket = socket_folder(self.run_dir, SOCKET, OURSELVES) / SOCKET
        self.pid_file = self.run_dir / "redis.pid"

    def prepare(self) -> None:
        """Clear the socket of a dead server."""
        own_folder(self.socket.parent, 0o700, None)
        if self.pid() is None:
            self.socket.unlink(missing_ok=True)
            self.pid_file.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The server's command line."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "pidfile": str(self.pid_file),
            "dir": str(self.run_dir),
            "save": "",
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [redis_program(), *[part for name, value in options.items() for part in (f"--{name}", value)]]

    def url(self) -> str:
        """The address in the form of redis-py."""
        return f"unix://{self.socket}?db=0"

    def alive(self) -> bool:
        """Whether the server answers now."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(2)
                link.connect(str(self.socket))
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def pid(self) -> int | None:
        """The running server of this data folder, if any."""
        try:
            pid = int(self.pid_file.read_text(encoding="ascii"))
            runs_here = os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(self.run_dir)
        except (OSError, ValueError):
            return None
        return pid if runs_here else None

    def wait(self, seconds: float = 15) -> None:
        """Return when the server answers; raises CannotStart after the given seconds."""
        until = time.monotonic() + seconds
        while not self.alive():
            if time.monotonic() > until:
                raise CannotStart(f"Redis did not answer within {seconds:.0f} s.")
            time.sleep(0.02)

    def stop(self, seconds: float = 5) -> None:
        """Stop a running server, whoever started it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, number)
            until = time.monotonic() + seconds
            while self.pid() is not None and time.monotonic() < until:
                time.sleep(0.02)
