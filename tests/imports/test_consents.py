"""Consents from files: lines of the ledger with the import as their proof, and their place in the timeline."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.kit.errors import Refused
from customers.imports import suggest
from customers.imports.undo.run import undo_import
from customers.models import Consent, Customer, ImportJob
from tests.cast import make_user, root_team
from tests.imports.conftest import NOW, counted, rejected

Bring = Callable[..., dict[str, Any]]
FILE = """Customer ID,Purpose,Channel,Opt-in,Date,Form
7,Marketing,E-Mail,yes,2026-01-05,Fair in Berlin
7,marketing,sms,unsubscribed,2026-02-01,
8,Marketing,phone,no,2026-03-01,
9,Marketing,phone,yes,2026-03-01,
7,Marketing,email,yes,2027-03-01,
7,Nonsense,email,yes,2026-03-01,
"""


@pytest.fixture
def known(bring: Bring) -> None:
    bring("customers", "Customer ID,Full name\n7,Ada\n8,Bob\n")


def test_a_file_of_consents_becomes_lines_that_name_it_as_their_proof(bring: Bring, known: None, tmp_path: Any) -> None:
    """Unknown customers and purposes and days to come are told; nobody is made up; bringing it again adds nothing."""
    (tmp_path / "some.csv").write_text(FILE)
    assert suggest.suggest(tmp_path / "some.csv").kinds[0].value == "consents"
    report = bring("consents", FILE)
    assert counted(report)[:2] == (6, 3)
    assert report["rejected"] == 3
    told = rejected(report)
    assert "names no customer" in told
    assert "after today" in told
    line = Consent.objects.get(channel="email")
    job = ImportJob.objects.latest("pk")
    assert (line.state, line.how, line.place, line.note, line.text) == (
        "given", "import", "Fair in Berlin", f"import #{job.pk}", None,
    )  # fmt: skip
    assert line.at.date().isoformat() == "2026-01-05"
    assert Consent.objects.get(channel="sms").state == "withdrawn"
    assert Customer.objects.count() == 2
    assert counted(bring("consents", FILE))[1] == 0
    with pytest.raises(Refused):
        undo_import(import_id=job.pk, user=None, now=NOW)
    assert Consent.objects.count() == 3


def test_the_timeline_tells_of_consents(bring: Bring, known: None, client: Client) -> None:
    """Among the changes, with channel, way and place."""
    bring("consents", FILE)
    ada = Customer.objects.get(name="Ada")
    client.force_login(make_user("boss", "admin", root_team()))
    body = client.get(f"/customers/{ada.pk}/?tab=timeline&type=changes").content.decode()
    assert "Consent given: News and offers" in body
    assert "E-mail · Import · Fair in Berlin" in body
    assert "Consent withdrawn: News and offers" in body
