"""Fields of every type, and a customer to hold their values."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crm.kit.customfields import create_field
from crm.kit.models import CustomField
from tests.cast import NOW, Cast, make_cast

LEVELS = ["gold", ("silver", "Silver medal"), "bronze"]


def add_field(cast: Cast, label: str, type: str = "text", *, object: str = "customer", **more: Any) -> CustomField:
    """A field made by the administrator."""
    return create_field(user=cast.users["admin"], object=object, label=label, type=type, now=NOW, **more)


@pytest.fixture
def cast(db: None) -> Cast:
    """Everyone, with one row of every kind per band."""
    return make_cast()


@pytest.fixture
def sign_in(cast: Cast) -> Any:
    """A client signed in as an actor."""

    def make(actor: str) -> Client:
        client = Client()
        client.force_login(cast.users[actor])
        return client

    return make
