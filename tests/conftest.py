"""Fixtures for all tests; the servers behind the database are started by tests/settings.py."""

import pytest

from tests.seeds import seed_again


@pytest.fixture(autouse=True)
def rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """A test that commits starts with the rows that migrations write: the one before has emptied the tables."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
        seed_again()
