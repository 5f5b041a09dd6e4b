"""How many jobs run at once on one machine: file locks that the kernel frees when a worker dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

from crm.conf import CONF

AT_ONCE = 2  # one less than Celery has processes, so that the tick is never kept waiting


@contextlib.contextmanager
def lane(*, heavy: bool) -> Iterator[bool]:
    """True inside when a lane was free; heavy work shares one lane."""
    with contextlib.ExitStack() as held:
        wanted = [["job-heavy"]] if heavy else []
        wanted.append([f"job-{number}" for number in range(AT_ONCE)])
        yield all(_take_one(names, held) for names in wanted)


def _take_one(names: list[str], held: contextlib.ExitStack) -> bool:
    CONF.run_dir.mkdir(parents=True, exist_ok=True)
    for name in names:
        handle = os.open(CONF.run_dir / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        held.callback(os.close, handle)
        return True
    return False
