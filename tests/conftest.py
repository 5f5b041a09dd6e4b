"""Fixtures for all tests; the servers behind the database are started by tests/settings.py."""

import pytest
from django.db import connection

from tests.seeds import seed_again

FIRST_KEY = 1_234_501
"""Keys of rows are as long as those of a workspace that has been at work for years: longer than a grouping mark."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """The tables, with long keys from the first row on."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER SEQUENCE "{name}" RESTART {FIRST_KEY}')


@pytest.fixture(autouse=True)
def rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """A test that commits starts with the rows that migrations write: the one before has emptied the tables."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
        seed_again()
