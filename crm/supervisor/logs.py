"""Readable output: one prefixed line per event on the terminal, the same in rotated files."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
import time
from pathlib import Path

COLOURS = {"postgres": 34, "redis": 31, "setup": 36, "web": 32, "worker": 33, "beat": 35, "vantage": 1}
WIDTH = max(len(name) for name in COLOURS)
QUIET = {"postgres", "redis"}  # on the terminal they speak only of trouble; their files have all
TROUBLE = ("FATAL", "PANIC", "ERROR", "could not", "failed", "Failed", "BUG")
FILE_BYTES, FILES_KEPT = 5_000_000, 3


class Console:
    """Prints lines of many parts so that a person can tell them apart."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self.coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._files: dict[str, logging.Logger] = {}

    def line(self, name: str, text: str) -> None:
        """One line of one part."""
        self._file(name).info(text)
        if name in QUIET and not any(word in text for word in TROUBLE):
            return
        clock = time.strftime("%H:%M:%S")
        label = f"{name:<{WIDTH}}"
        if self.coloured:
            label = f"\033[{COLOURS.get(name, 37)}m{label}\033[0m"
        self.plain(f"{clock} {label} {text}")

    def plain(self, text: str) -> None:
        """Text without prefix; a closed terminal is no reason to stop."""
        with contextlib.suppress(OSError, ValueError):
            print(text, flush=True)

    def _file(self, name: str) -> logging.Logger:
        if name not in self._files:
            logger = logging.Logger(name)
            handler = logging.handlers.RotatingFileHandler(
                self.log_dir / f"{name}.log", maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8"
            )
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            logger.addHandler(handler)
            self._files[name] = logger
        return self._files[name]


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The complete lines so far; an endless line is cut at 64 KB."""
        *complete, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > 65_536:
            complete.append(self.rest)
            self.rest = b""
        return [line.decode("utf-8", "replace").rstrip() for line in complete if line.strip()]
