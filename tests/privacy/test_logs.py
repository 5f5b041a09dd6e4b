"""Logs say what went wrong and where, never with whose data."""

import logging
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from crm.backends import logging_config
from crm.conf import CONF
from crm.kit.logs import Discreet
from customers.models import Customer
from sales.models import Product
from tests.cast import PASSWORD, make_customer, make_user, root_team

WORD = "wombat4711"


def written(act) -> str:
    """What the formatter of the installation writes of an error."""
    try:
        act()
    except Exception:
        record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "it failed", (), None)
        import sys

        record.exc_info = sys.exc_info()
        return Discreet(logging_config()["formatters"]["line"]["format"]).format(record)
    raise AssertionError("nothing failed")


@pytest.mark.django_db
def test_an_error_of_the_database_is_logged_by_its_code_without_the_row() -> None:
    Product.objects.create(sku=WORD)

    def twice() -> None:
        try:
            Product.objects.create(sku=WORD)
        except IntegrityError as error:
            raise ValueError(f"could not keep {WORD}") from error

    text = written(twice)
    assert WORD not in text
    assert "23505" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py" in text


@pytest.mark.django_db
def test_pages_that_fail_log_no_data(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    from customers import views

    user = make_user("boss", "admin", root_team())
    customer = make_customer(f"{WORD} Smith", email=f"{WORD}@example.com", note=WORD)

    def fail(*_args: object) -> None:
        raise ValueError(f"bad row {Customer.objects.get(pk=customer.pk).email}")

    monkeypatch.setattr(views.profile, "draw", fail)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    caplog.handler.setFormatter(Discreet("%(message)s"))
    with caplog.at_level(logging.INFO):
        assert client.get(f"/customers/{customer.pk}/?search={WORD}").status_code == 500
        client.get(f"/customers/?search={WORD}")
        client.post("/accounts/login/", {"login": f"{WORD}@example.com", "password": PASSWORD})
    assert caplog.text
    assert WORD not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_database_server_logs_errors_without_statement_and_detail() -> None:
    """The embedded server of these tests has the settings of every installation."""
    log = Path(CONF.log_dir / "postgres.log")
    if not log.exists():
        pytest.skip("this run uses a server of its own, whose log is not ours")
    Product.objects.create(sku=WORD)
    with pytest.raises(IntegrityError):
        Product.objects.create(sku=WORD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    text = log.read_text(errors="replace")
    assert "duplicate key" in text
    assert WORD not in text
