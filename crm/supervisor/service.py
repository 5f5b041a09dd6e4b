"""One supervised process: how it starts, how we know that it lives, how it stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.supervisor.processes import die_with_parent

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0  # seconds between a death and the next start
STEADY_AFTER = 30.0  # seconds of life that make a part trustworthy again


@dataclass(kw_only=True)
class Service:
    """A long-running part; ``stops`` are the signals to try, each with its patience in seconds."""

    name: str
    command: Callable[[], list[str]]
    stops: tuple[tuple[signal.Signals, float], ...]
    probe: Callable[[], bool]
    options: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    probe_every: float = 5.0
    grace: float = 60.0  # seconds a start may take before silence counts
    strikes_allowed: int = 3
    shared: bool = False  # a command that runs alone may have started it too

    process: subprocess.Popen[bytes] | None = None
    adopted: bool = False  # runs, but someone else started it
    wanted: bool = False
    started_at: float = 0.0
    start_at: float = 0.0
    probe_at: float = 0.0
    delay: float = FIRST_DELAY
    strikes: int = 0
    seen_alive: bool = False

    def spawn(self) -> None:
        """Start it in a session of its own, so that the terminal's Ctrl-C reaches only us."""
        self.before()
        self.process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(self.stops[0][0]),
            **self.options,
        )
        self.wanted, self.adopted, self.strikes, self.seen_alive = True, False, 0, False
        self.started_at = time.monotonic()
        self.probe_at = self.started_at + 0.05

    def ended(self) -> int | None:
        """The exit code when the process is gone, else None."""
        return self.process.poll() if self.process else None

    def bury(self) -> None:
        """Kill what a dead main process left behind and set the time of the next start."""
        if self.process is None:
            return
        self.signal_all(signal.SIGKILL)
        if time.monotonic() - self.started_at > STEADY_AFTER:
            self.delay = FIRST_DELAY
        self.process = None
        self.put_off()

    def put_off(self) -> None:
        """Wait before the next start, longer each time."""
        self.start_at = time.monotonic() + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY)

    def runs_elsewhere(self) -> bool:
        """Whether someone else's process answers for a shared server already."""
        return self.shared and self.probe()

    def signal_main(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def signal_all(self, number: signal.Signals) -> None:
        """The whole process group, its main process dead or alive."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def check(self, now: float) -> bool:
        """Probe when it is time; False when it has been silent for too long."""
        if now < self.probe_at:
            return True
        if self.probe():
            self.strikes, self.seen_alive = 0, True
            self.probe_at = now + self.probe_every
            return True
        starting = not self.seen_alive and now - self.started_at < self.grace
        self.probe_at = now + (0.1 if starting else 1.0)
        self.strikes += 0 if starting else 1
        return self.strikes < self.strikes_allowed
