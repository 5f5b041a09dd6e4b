"""Duplicates at import: marked, skipped or taken as updates, in a dry run too."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from customers.models import Customer, ExternalId
from tests.cast import make_customer

pytestmark = pytest.mark.django_db

LINES = """external_id,first_name,last_name,email,phone,city
n1,Greta,Lindqvist,greta@post.example,+46 8 123 456 78,Uppsala
n2,Somebody,Else,else@post.example,+46 8 999 888 77,Lund
"""


@pytest.fixture
def greta(db):
    return make_customer(
        "Greta Lindkvist", first_name="Greta", last_name="Lindkvist", email="greta@post.example", phone="+46812345678",
        city="Upsala",
    )  # fmt: skip


def imported(tmp_path, way, **more):
    (tmp_path / "people.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "m.json").write_text(json.dumps({"options": {"duplicates": way}}), encoding="utf-8")
    out = io.StringIO()
    call_command("import", "customers", tmp_path / "people.csv", mapping=tmp_path / "m.json", stdout=out, **more)
    return json.loads(out.getvalue())


def test_a_dry_run_names_the_doubles_with_their_reasons(greta, tmp_path):
    report = imported(tmp_path, "mark", dry_run=True)
    assert (report["duplicates"]["count"], report["duplicates"]["certain"]) == (1, 1)
    pair = report["duplicates"]["pairs"][0]
    assert pair["customer"] == greta.pk
    assert "same phone" in pair["reasons"]
    assert Customer.objects.count() == 1


def test_marked_rows_come_in_all_the_same(greta, tmp_path):
    assert imported(tmp_path, "mark")["created"] == 2
    assert Customer.objects.count() == 3


def test_skipped_rows_stay_out_with_a_reason(greta, tmp_path):
    report = imported(tmp_path, "skip")
    assert (report["created"], report["skipped"]) == (1, 1)
    assert f"#{greta.pk}" in Path(report["rejects_file"]).read_text(encoding="utf-8")


def test_a_double_is_updated_and_known_by_the_files_id_from_then_on(greta, tmp_path):
    dry = imported(tmp_path, "update", dry_run=True)
    assert (dry["created"], dry["updated"]) == (1, 1)
    assert not ExternalId.objects.exists()
    report = imported(tmp_path, "update")
    assert (report["created"], report["updated"]) == (1, 1)
    greta.refresh_from_db()
    assert greta.last_name == "Lindqvist"
    assert ExternalId.objects.get(external_id="n1").customer_id == greta.pk
    again = imported(tmp_path, "update")
    assert (again["unchanged"], again["duplicates"]["count"]) == (2, 0)
