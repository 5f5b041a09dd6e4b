"""The loop that watches the parts: one thread, no waiting longer than a quarter of a second."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from types import FrameType

from crm.supervisor.logs import Console, Lines
from crm.supervisor.places import CannotStart
from crm.supervisor.processes import die_with_parent
from crm.supervisor.service import Service

TURN = 0.25  # seconds


class Watch:
    """Reads output, notices deaths and silence, restarts, and stops everything together."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.services: list[Service] = []
        self.stopping = 0  # how often we were asked to stop
        self._selector = selectors.DefaultSelector()
        self._wake, self._alarm = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ)

    def listen_to_signals(self) -> None:
        """Ctrl-C, kill and a closed terminal all mean: stop together."""
        for each in (self._wake, self._alarm):
            each.setblocking(False)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping += 1

    def add(self, service: Service, *, adopt: bool = False) -> None:
        """Watch a part from now on: start it, or adopt one that already runs."""
        self.services.append(service)
        if adopt:
            service.wanted = service.adopted = service.seen_alive = True
        else:
            self._spawn(service)

    def _spawn(self, service: Service) -> None:
        service.spawn()
        if service.process:
            self._read_from(service.name, service.process)

    def _read_from(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, (name, Lines()))

    def turn(self) -> None:
        """One round: output, deaths, silence, starts that are due."""
        for key, _events in self._selector.select(TURN):
            if key.fileobj is self._wake:
                self._wake.recv(64)
            else:
                self._take_output(key)
        now = time.monotonic()
        for service in self.services:
            if service.wanted and not self.stopping:
                self._look_after(service, now)

    def _take_output(self, key: selectors.SelectorKey) -> None:
        name, lines = key.data
        try:
            data = os.read(key.fd, 65_536)
        except BlockingIOError:
            return
        for line in lines.feed(data if data else b"\n"):
            self.console.line(name, line)
        if not data:
            self._selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]

    def _look_after(self, service: Service, now: float) -> None:
        code = service.ended()
        if code is not None:
            self.console.line("vantage", f"{service.name} ended ({_how(code)}); starting it again")
            service.bury()
        if service.process is None and not service.adopted:
            if now >= service.start_at:
                self._start_again(service)
        elif not service.check(now):
            self.console.line("vantage", f"{service.name} does not answer; starting it again")
            service.signal_all(signal.SIGKILL)
            service.adopted = False

    def _start_again(self, service: Service) -> None:
        if service.runs_elsewhere():
            service.adopted = True
            return
        try:
            self._spawn(service)
        except (CannotStart, OSError) as problem:
            self.console.line("vantage", f"{service.name} cannot start yet: {problem}")
            service.put_off()

    def wait_for(self, service: Service, seconds: float) -> None:
        """Return when the part answers; raises CannotStart when it ends, stays silent or we must stop."""
        until = time.monotonic() + seconds
        while not service.seen_alive:
            if self.stopping:
                raise CannotStart("Stopped before everything was up.")
            if service.ended() is not None or time.monotonic() > until:
                self._drain()
                raise CannotStart(
                    f"{service.name} did not come up; the reason stands above and in "
                    f"{self.console.log_dir / f'{service.name}.log'}."
                )
            service.check(time.monotonic())
            for key, _events in self._selector.select(0.05):
                if key.fileobj is not self._wake:
                    self._take_output(key)

    def run_once(self, name: str, command: list[str], environ: dict[str, str]) -> int:
        """Run a short-lived step while the parts are watched; its exit code, -1 when we had to stop."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environ,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self._read_from(name, process)
        while process.poll() is None:
            self.turn()
            if self.stopping:
                process.terminate()
                self._patience(lambda: process.poll() is not None, 5)
                process.kill()
                return -1
        self._drain()
        return process.returncode

    def _drain(self) -> None:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            ready = [key for key, _events in self._selector.select(0.05) if key.fileobj is not self._wake]
            if not ready:
                return
            for key in ready:
                self._take_output(key)

    def stop(self, services: list[Service]) -> None:
        """Stop these parts at the same time, each by its own signals, then whatever is left of them."""
        self.stopping = max(self.stopping, 1)
        for service in services:
            service.wanted = False
        steps = max((len(service.stops) for service in services), default=0)
        for step in range(steps):
            alive = [service for service in services if service.process and service.ended() is None]
            if not alive:
                break
            now = [service.stops[min(step, len(service.stops) - 1)] for service in alive]
            for service, (number, _patience) in zip(alive, now, strict=True):
                service.signal_main(number)
            self._patience(lambda: _all_ended(services), max(patience for _number, patience in now))
        for service in services:
            service.signal_all(signal.SIGKILL)
            if service.process:
                service.process.wait()

    def _patience(self, done: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until and self.stopping < 3:
            for key, _events in self._selector.select(0.05):
                if key.fileobj is self._wake:
                    self._wake.recv(64)
                else:
                    self._take_output(key)


def _all_ended(services: list[Service]) -> bool:
    return all(service.ended() is not None for service in services if service.process)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
