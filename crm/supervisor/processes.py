"""Children that never outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals, *, parent: int = 0) -> Callable[[], None]:
    """For subprocess's preexec_fn: the kernel sends the signal when the starting process is gone."""
    parent = parent or os.getpid()

    def ask_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it died in between

    return ask_kernel
