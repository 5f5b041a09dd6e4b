"""The cast, once per test, and clients signed in as its members."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Everyone, with one row of every kind per band."""
    return make_cast()


@pytest.fixture
def sign_in(cast: Cast) -> Callable[[str], Client]:
    """A client signed in as an actor; a visitor for ``anonymous``."""

    def make(actor: str) -> Client:
        client = Client()
        if actor != "anonymous":
            client.force_login(cast.users[actor])
        return client

    return make
