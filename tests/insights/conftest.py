"""Fixtures of the mathematics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from insights.services.analysis import one_thread


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """As in a run: the threads of numeric libraries only spin on a busy machine."""
    with one_thread():
        yield
