"""Fixtures of the mathematics."""

from __future__ import annotations

from collections.abc import Iterator

import pghistory
import pytest

from insights.services.analysis import one_thread


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """As in a run: the threads of numeric libraries only spin on a busy machine."""
    with one_thread():
        yield


@pytest.fixture(autouse=True)
def _context_of_the_history() -> Iterator[None]:
    """As in a run: the worker and the command write within a context, which wants statements as text."""
    with pghistory.context(via="job"):
        yield
