import pytest

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


@pytest.fixture
def call(client, cast):
    """Ask as one of the cast: ``call("rep", "get", "/api/v1/customers/")``."""

    def ask(actor, method, path, data=None, **headers):
        sent = {**cast.headers(actor), **headers}
        if method in ("get", "delete", "head", "options"):
            return getattr(client, method)(path, headers=sent)
        return getattr(client, method)(path, data, content_type="application/json", headers=sent)

    return ask
