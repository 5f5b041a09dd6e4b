"""Imports over REST, and exports: as whom, how large, and what comes back."""

import csv
import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.kit import jobs
from crm.kit.errors import Invalid
from crm.kit.models import Job
from customers.imports import uploads
from customers.imports.exporting import export
from customers.imports.run import silent
from customers.imports.services import run_accepted
from customers.models import Customer, ImportJob
from tests.cast import make_cast
from tests.imports.conftest import NOW, counted

FILE = b"id,name,phone\n1,Ada,+44 1\n2,=cmd(),-5\n,,\n3,,\n"


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def send(client, cast):
    def post(actor, content=FILE, **values):
        data = {"kind": "customers", "file": SimpleUploadedFile("../../own.csv", content)} | values
        return client.post("/api/v1/imports/", data, headers=cast.headers(actor))

    return post


@pytest.mark.django_db(transaction=True)
def test_a_file_is_accepted_as_a_job_whose_report_is_read_later(client, cast, send):
    answer = send(
        "integrator", mapping=json.dumps({"columns": {"id": "external_id", "name": "name", "phone": "phone"}})
    )
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert body["file"] == "own.csv" and body["progress"]["state"] == "queued" and body["report"] is None
    job = Job.objects.get(token=body["job"])
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    seen = client.get(f"/api/v1/imports/{body['id']}/", headers=cast.headers("integrator")).json()
    assert seen["state"] == "done" and counted(seen["report"]) == (3, 3, 0, 0, 0, 0)
    assert Customer.objects.filter(name="3").exists()


def test_who_may_not_import_is_refused_before_anything_is_written(send):
    before = Customer.objects.count()
    assert send("rep").status_code == 403 and send("anonymous").status_code == 401
    assert (ImportJob.objects.count(), Job.objects.count(), Customer.objects.count()) == (0, 0, before)


def test_a_managers_import_writes_only_into_the_teams_below(client, cast, send):
    root_rows = Customer.objects.get(pk=cast.rows["root"]["customer"].pk)
    word = root_rows.external_ids.get().external_id
    answer = send("manager", f"id,name\n{word},Mine now\nnew-1,New\n".encode(), source="shop")
    assert answer.status_code == 202, answer.content
    run_accepted(import_id=answer.json()["id"], now=NOW, progress=silent)
    report = client.get(f"/api/v1/imports/{answer.json()['id']}/", headers=cast.headers("manager")).json()["report"]
    assert counted(report) == (2, 1, 0, 0, 0, 1)
    root_rows.refresh_from_db()
    assert root_rows.name != "Mine now" and Customer.objects.get(name="New").team != root_rows.team
    rejects = report["rejects_file"]
    assert b"not one that you may change" in b"".join(
        client.get(rejects, headers=cast.headers("manager")).streaming_content
    )
    assert client.get(rejects, headers=cast.headers("integrator")).status_code == 404


def test_rights_are_those_of_the_moment_when_the_job_runs(cast, send):
    answer = send("manager", b"id,name\n1,Ada\n")
    cast.users["manager"].memberships.all().delete()
    before = Customer.objects.count()
    job = Job.objects.get(token=answer.json()["job"])
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed" and Customer.objects.count() == before


@pytest.mark.parametrize(
    "values", [{"kind": "nonsense"}, {"mapping": "{"}, {"mapping": '{"columns": []}'}, {"mode": "x"}, {"file": ""}]
)
def test_what_does_not_fit_is_a_400_with_a_sentence(send, values):
    answer = send("integrator", **values)
    assert answer.status_code == 400 and answer["Content-Type"].startswith("application/problem+json")


def test_a_file_that_is_too_large_is_refused_while_it_comes(send, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1000)
    assert send("integrator", b"id,name\n" + b"1,Ada\n" * 1000).status_code == 413
    assert not ImportJob.objects.exists()


def exported(kind, **values) -> str:
    out = io.BytesIO()
    export(kind_name=kind, out=out, **{"file_format": "csv", "fields": (), "user": None} | values)
    return out.getvalue().decode()


ODD = ["=1+1", "'=1+1", "-5", "@x", "+49 1", "NULL", "0012", "a\nb", 'q"u', "＝1"]


def test_export_then_import_gives_every_cell_back(bring, cast):
    rows = [{"external_id": str(place), "name": f"n{place}", "note": odd} for place, odd in enumerate(ODD)]
    bring("customers", json.dumps(rows), source="odd")
    text = exported("customers", fields=("external_id", "name", "note"))
    assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] in "=+-@＝" and cell]
    Customer.objects.filter(note__in=ODD).delete()
    bring("customers", text, source="odd")
    assert set(ODD) <= set(Customer.objects.values_list("note", flat=True))


def test_a_user_gets_only_rows_within_reach_and_masked_fields_masked(cast):
    rep = exported("customers", user=cast.users["rep"])
    assert "kiterepcustomer" in rep and "kiterivalcustomer" not in rep
    agent = exported("customers", user=cast.users["agent"], fields=("name", "email"))
    assert "kiterepmail" not in agent and "***@example.com" in agent
    assert "98765" not in exported("deals", user=cast.users["agent"]) and "98765" in exported(
        "deals", user=cast.users["rep"]
    )
    with pytest.raises(Invalid):
        exported("customers", fields=("password",))


@pytest.mark.parametrize(
    "kind", ["contacts", "products", "orders", "interactions", "deals", "tickets", "campaigns", "touches"]
)
def test_every_kind_goes_out_and_comes_in_again(bring, cast, kind):
    text = exported(kind)
    assert text.count("\n") >= 2
    report = bring(kind, text, source="copy")
    assert report["rejected"] == 0 or kind == "tickets", report
    assert bring(kind, text, source="copy")["created"] == 0


def test_xlsx_cells_are_texts(cast):
    Customer.objects.filter(pk=cast.rows["rep"]["customer"].pk).update(note="=1+1")
    out = io.BytesIO()
    export(kind_name="customers", file_format="xlsx", fields=("name", "note"), user=cast.users["rep"], out=out)
    sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue())).active
    assert [cell.data_type for cell in sheet[2]] == ["s", "s"] and sheet["B2"].value == "'=1+1"
