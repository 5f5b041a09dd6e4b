"""The import wizard: every step, coming back later, rights, mending, saved mappings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pghistory
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.models import CustomField, Job
from customers.imports import run, uploads
from customers.imports.run import silent
from customers.imports.wizard import drafts
from customers.imports.wizard.steps import address
from customers.models import Customer, ImportJob, SavedMapping
from customers.services import update_customer
from tests.cast import NOW, Cast
from tests.counting import counting
from tests.pages.wizarding import CHOSEN, PEOPLE, map_form, mapped, offer_of, upload

SignIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of imports go where the test ends them."""
    from customers.imports import services

    monkeypatch.setattr(run, "folder", lambda job: tmp_path / "imports" / str(job.token))
    monkeypatch.setattr(services, "folder", run.folder)
    return tmp_path / "imports"


@pytest.fixture
def client(sign_in: SignIn) -> Client:
    """The integrator's."""
    return sign_in("integrator")


def work() -> None:
    """Run what waits in this transaction, as a worker would."""
    for job in Job.objects.filter(state=Job.State.QUEUED):
        try:
            jobs.handlers()[job.kind].run(job, silent)  # type: ignore[arg-type]
            state, error = Job.State.DONE, ""
        except Refused as refused:
            state, error = Job.State.FAILED, refused.message
        Job.objects.filter(pk=job.pk).update(state=state, error=error, finished_at=NOW)


def launched(client: Client, row: ImportJob) -> ImportJob:
    """Imported for good."""
    answer = client.post(address(row, "check"), {"import": "1"})
    assert answer.url == address(row, "run")
    work()
    row.refresh_from_db()
    return row


def body(client: Client, where: str) -> str:
    """A page's text."""
    answer = client.get(where)
    assert answer.status_code == 200, (where, answer.status_code)
    return str(answer.content.decode())


def test_a_file_goes_from_upload_to_result(client: Client) -> None:
    row = upload(client)
    page = body(client, address(row, "map"))
    assert "Kundennr" in page
    assert "ada@example.org" in page
    mapped(client, row, source="shop")
    page = body(client, address(row, "check"))
    assert "What would happen" in page
    assert "bad-cell" in page
    assert "soon" in page
    assert not Customer.objects.filter(name__startswith="Kitewizard").exists()
    row = launched(client, row)
    assert (row.state, row.report["created"], row.report["rejected"]) == ("done", 1, 1)
    page = body(client, address(row, "result"))
    assert f"?imported_by={row.pk}" in page
    assert "Farbe" in page
    found = body(client, f"/customers/?imported_by={row.pk}")
    assert "Kitewizard Ada" in found
    assert "Kitewizard Bob" not in found


def test_a_draft_waits_at_its_step_until_its_owner_comes_back(client: Client) -> None:
    row = upload(client)
    there = f"/data/import/{row.token}/"
    assert client.get(there).url == address(row, "map")
    assert client.get(address(row, "check")).url == address(row, "map")
    answer = client.post(address(row, "map"), map_form(row, CHOSEN, later="1"))
    assert answer.url == "/data/import/"
    assert "people.csv" in body(client, "/data/import/?state=draft")
    assert client.get(there).url == address(row, "check")
    assert "Nothing was tried yet" in body(client, address(row, "check"))
    assert "selected>E-mail" in body(client, address(row, "map"))
    client.post(address(row, "check"))
    row = launched(client, row)
    assert client.get(there).url == address(row, "result")
    assert client.get(address(row, "map")).status_code == 404


def test_a_table_can_be_pasted(client: Client) -> None:
    answer = client.post("/data/import/new/", {"pasted": "Name\tE-Mail\nKitewizard Eve\teve@example.org\n", "kind": ""})
    row = ImportJob.objects.get(token=answer.url.split("/")[3])
    assert [line.column.name for line in offer_of(row).lines] == ["Name", "E-Mail"]
    assert row.kind == "customers"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"kind": "customers"}, "Choose a file or paste a table."),
        ({"file": b"", "kind": "customers"}, "The file is empty."),
        ({"file": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "kind": "customers"}, "not"),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_field_and_nothing_is_kept(
    client: Client, own_folder: Path, sent: dict[str, Any], told: str
) -> None:
    if "file" in sent:
        sent = {**sent, "file": SimpleUploadedFile("x.csv", sent["file"])}
    answer = client.post("/data/import/new/", sent)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not ImportJob.objects.exists()
    assert not list(own_folder.glob("*"))


def test_an_upload_past_the_limit_is_stopped_on_its_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1000)
    answer = client.post("/data/import/new/", {"file": SimpleUploadedFile("x.csv", b"a,b\n" * 1000), "kind": ""})
    assert answer.status_code == 413
    assert "larger than the server takes" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_the_form_needs_its_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["integrator"])
    answer = client.post(
        "/data/import/new/", {"file": SimpleUploadedFile("x.csv", PEOPLE.encode()), "kind": "customers"}
    )
    assert answer.status_code == 403
    assert not ImportJob.objects.exists()


def test_the_kinds_are_those_that_the_role_may_write(sign_in: SignIn) -> None:
    manager = body(sign_in("manager"), "/data/import/new/")
    assert 'value="customers"' in manager
    assert 'value="products"' not in manager
    assert sign_in("manager").get("/data/import/template/products/").status_code == 404
    answer = sign_in("manager").post(
        "/data/import/new/", {"file": SimpleUploadedFile("x.csv", b"sku\nA\n"), "kind": "products"}
    )
    assert answer.status_code == 422
    for actor in ("rep", "agent"):
        assert sign_in(actor).get("/data/import/new/").status_code == 403
        assert sign_in(actor).get("/data/import/").status_code == 403


def test_a_draft_is_its_owners_alone_and_imports_are_seen_by_those_who_reach_them(sign_in: SignIn) -> None:
    manager, integrator = sign_in("manager"), sign_in("integrator")
    row = upload(manager)
    for step in ("upload", "map", "check", "discard", "run", "result", "undo"):
        assert integrator.get(address(row, step)).status_code == 404
        assert integrator.post(address(row, step)).status_code == 404
    assert "people.csv" not in body(integrator, "/data/import/")
    mapped(manager, row)
    row = launched(manager, row)
    assert "people.csv" in body(integrator, "/data/import/")
    page = body(integrator, address(row, "result"))
    assert "Rows that were not taken" not in page
    assert integrator.get(address(row, "rejects")).status_code == 404
    assert manager.get(address(row, "rejects")).status_code == 200
    assert "Rows that were not taken" in body(manager, address(row, "result"))
    assert integrator.post(address(row, "result"), {"again": "1"}).status_code == 404
    assert sign_in("admin").get(address(row, "result")).status_code == 200
    other = upload(integrator)
    mapped(integrator, other)
    launched(integrator, other)
    assert manager.get(address(other, "result")).status_code == 404
    assert manager.get(f"/customers/?imported_by={other.pk}").content.decode().count("Kitewizard") == 0


def test_a_missing_required_field_is_told_at_the_place(client: Client) -> None:
    row = upload(client, "Bezeichnung,Gruppe\nMug,Kitchen\n", kind="products")
    chosen = {"Bezeichnung": "name", "Gruppe": ""}
    answer = client.post(address(row, "map"), map_form(row, chosen))
    assert answer.status_code == 422
    assert "“Code” is needed" in answer.content.decode()
    row.refresh_from_db()
    assert row.mapping is None


def test_a_field_is_filled_once_and_the_line_says_so(client: Client) -> None:
    row = upload(client)
    answer = client.post(address(row, "map"), map_form(row, CHOSEN | {"Farbe": "name"}))
    assert answer.status_code == 422
    assert "“Name” fills this field already." in answer.content.decode()


def test_reading_again_keeps_what_was_chosen(client: Client) -> None:
    row = upload(client, "Name,Größe\nKitewizard Zoë,7\n".encode("cp1252"))
    sent = map_form(row, {"Name": "company"}) | {"o-encoding": "cp1252", "was-encoding": "utf-8", "reread": "1"}
    answer = client.post(address(row, "map"), sent, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1" not in text
    assert "Kitewizard Zoë" in text
    assert "Größe" in text
    assert 'value="company" selected' in text
    row.refresh_from_db()
    assert row.wizard["given"]["encoding"] == "cp1252"


def test_a_new_custom_field_is_made_on_the_way(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    row = upload(admin)
    mapped(admin, row, CHOSEN | {"Farbe": "new:"}, **{"n-4": "Favourite colour", "t-4": "text"})
    assert CustomField.objects.get(label="Favourite colour").object == "customer"
    row = launched(admin, row)
    assert Customer.objects.get(name="Kitewizard Ada").custom == {"favourite_colour": "red"}


def test_a_rejected_cell_is_mended_in_place_and_checked_again(client: Client) -> None:
    row = mapped(client, upload(client))
    page = body(client, address(row, "check") + "?show=rejected")
    assert 'name="c-3-3"' in page
    assert 'name="c-3-1"' not in page
    answer = client.post(
        address(row, "check"), {"mend": "1", "was-3-3": "soon", "c-3-3": "1991-02-03", "was-3-1": "x", "c-3-1": "x"}
    )
    assert answer.status_code == 303
    row.refresh_from_db()
    assert row.mends == {"3": {"3": "1991-02-03"}}
    assert "1 row is mended by hand." in body(client, address(row, "check"))
    row = launched(client, row)
    assert (row.report["created"], row.report["rejected"]) == (2, 0)
    assert str(Customer.objects.get(name="Kitewizard Bob").birth_date) == "1991-02-03"


def test_rejected_rows_go_round_by_the_downloaded_file(client: Client) -> None:
    row = launched(client, mapped(client, upload(client), source="shop"))
    answer = client.get(address(row, "rejects"))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "_line,_reason" in text
    again = upload(client, text.replace("soon", "1991-02-03"), name="mended.csv")
    assert "These are rejected rows of “people.csv”." in body(client, address(again, "map"))
    answer = client.post(address(again, "map"), {"follow": "1"})
    assert answer.url == address(again, "check")
    again = launched(client, again)
    assert (again.source_name, again.report["created"], again.report["rejected"]) == ("shop", 1, 0)
    assert "_line" not in again.report["mapping"]


def test_rejected_rows_are_mended_on_the_page_after_an_import(client: Client) -> None:
    row = launched(client, mapped(client, upload(client)))
    answer = client.post(address(row, "result"), {"again": "1"})
    draft = ImportJob.objects.get(state="draft")
    assert answer.url == address(draft, "check") + "?show=rejected"
    client.post(address(draft, "check"), {"mend": "1", "was-2-3": "soon", "c-2-3": "1991-02-03"})
    draft.refresh_from_db()
    draft = launched(client, draft)
    assert draft.report["created"] == 1


def test_a_mapping_is_kept_offered_used_replaced_and_thrown_away(sign_in: SignIn) -> None:
    client, other = sign_in("manager"), sign_in("integrator")
    mapped(client, upload(client), mode="create", save_as="Shop export")
    kept = SavedMapping.objects.get()
    assert kept.mapping["columns"]["Kundennr"] == "external_id"
    shuffled = "Farbe;Name;E-Mail;Kundennr;Geburtstag\nred;Kitewizard Kim;kim@example.org;9;1990-01-01\n"
    row = upload(client, shuffled)
    assert "Shop export" in body(client, address(row, "map"))
    client.post(address(row, "map"), {"use": str(kept.pk)})
    row.refresh_from_db()
    assert (row.mode, row.mapping["columns"]["Name"]) == ("create", "name")
    foreign = upload(other)
    assert "Shop export" not in body(other, address(foreign, "map"))
    assert other.post(address(foreign, "map"), {"use": str(kept.pk)}).status_code == 404
    mapped(client, row, save_as="Shop export", share="on")
    assert SavedMapping.objects.get().team is not None
    assert "Shop export" in body(other, address(foreign, "map"))
    last = upload(client)
    client.post(address(last, "map"), {"forget": str(kept.pk)})
    assert not SavedMapping.objects.exists()


def test_a_check_that_no_longer_fits_is_not_shown_as_if_it_did(client: Client) -> None:
    row = mapped(client, upload(client))
    client.post(address(row, "map"), map_form(row, CHOSEN | {"Geburtstag": ""}, later="1"))
    assert "The mapping has changed since the last check." in body(client, address(row, "check"))


def test_all_or_nothing_says_that_nothing_would_be_written(client: Client) -> None:
    row = mapped(client, upload(client), strict="on")
    page = body(client, address(row, "check"))
    assert "“All or nothing” is chosen" in page
    assert 'name="import"' not in page


def test_a_large_file_is_checked_by_a_job(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "AT_ONCE", 10)
    row = mapped(client, upload(client))
    assert "Trying it out" in body(client, address(row, "check"))
    work()
    assert "What would happen" in body(client, address(row, "check"))
    assert not Customer.objects.filter(name__startswith="Kitewizard").exists()


def test_an_import_stopped_before_it_began_says_so_and_can_become_a_draft_again(client: Client) -> None:
    row = mapped(client, upload(client))
    client.post(address(row, "check"), {"import": "1"})
    assert "Stop the import" in body(client, address(row, "run"))
    client.post(address(row, "run"))
    page = body(client, address(row, "result"))
    assert "The import ended early" in page
    assert "Nothing was written." in page
    client.post(address(row, "result"), {"reopen": "1"})
    row.refresh_from_db()
    assert row.state == "draft"
    row = launched(client, row)
    assert row.report["created"] == 1


def test_a_failed_import_shows_no_place_of_the_server(client: Client, own_folder: Path) -> None:
    row = mapped(client, upload(client))
    ImportJob.objects.filter(pk=row.pk).update(strict=True)
    row = launched(client, row)
    page = body(client, address(row, "result"))
    assert row.state == "failed"
    assert "nothing was written" in page
    assert str(own_folder) not in page


def test_a_draft_is_thrown_away_with_its_file(
    client: Client, own_folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = mapped(client, upload(client))
    assert "Throw this draft away?" in body(client, address(row, "discard"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(row, "discard"))
    assert not ImportJob.objects.exists()
    assert not list(own_folder.glob("*/file"))


def test_another_file_forgets_the_mapping(client: Client) -> None:
    row = mapped(client, upload(client))
    answer = client.post(address(row, "upload"), {"file": SimpleUploadedFile("b.csv", b"Name\nKitewizard B\n"), "kind": "contacts"})  # fmt: skip
    assert answer.url == address(row, "map")
    row.refresh_from_db()
    assert (row.file_name, row.kind, row.mapping) == ("b.csv", "contacts", None)


def test_templates_and_samples_import_as_they_are(sign_in: SignIn) -> None:
    """The sample of each kind that stands alone has no row that does not fit."""
    admin = sign_in("admin")
    for kind in ("customers", "contacts", "products", "orders", "interactions"):
        empty = admin.get(f"/data/import/template/{kind}/").content.decode("utf-8-sig")
        assert len(empty.splitlines()) == 1
        filled = admin.get(f"/data/import/template/{kind}/?filled=1").content
        row = upload(admin, filled, kind=kind)
        mapped(admin, row, {})
        tried = row.checks.get()
        assert tried.state == "done", (kind, tried.error)
        assert tried.report["rejected"] == 0, (kind, run.rejects_path(tried).read_text())


def test_the_list_costs_the_same_for_two_rows_and_twenty(client: Client, cast: Cast) -> None:
    counts = []
    for more in (2, 18):
        ImportJob.objects.bulk_create(
            ImportJob(kind="customers", file_name=f"f{n}", user=cast.users["rep"], state="done") for n in range(more)
        )
        client.get("/data/import/")
        with counting() as seen:
            client.get("/data/import/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_cells_are_changed_on_the_way_and_a_setting_that_does_not_fit_is_told_at_its_line(client: Client) -> None:
    row = upload(client)
    place = next(line.place for line in offer_of(row).lines if line.column.name == "Name")
    answer = client.post(
        address(row, "map"), map_form(row, CHOSEN, **{f"x-{place}": "lookup", f"s-{place}": "nothing"})
    )
    assert answer.status_code == 422
    assert "Write what is replaced as" in answer.content.decode()
    mapped(client, row, **{f"x-{place}": "upper", f"s-{place}": ""})
    row = launched(client, row)
    assert Customer.objects.filter(name="KITEWIZARD ADA").exists()
    assert row.mapping["transforms"] == {"Name": ["upper"]}


def test_an_import_is_taken_back_and_what_was_kept_is_named(client: Client, cast: Cast) -> None:
    row = launched(client, mapped(client, upload(client, PEOPLE.replace("soon", "1990-01-01"))))
    assert row.report["created"] == 2
    kept = Customer.objects.get(name="Kitewizard Bob")
    person = cast.users["integrator"]
    with pghistory.context(via="page", user=person.pk):  # tests share one transaction, where a mark would stay
        update_customer(user=person, customer_id=kept.pk, values={"city": "Oslo"})
    page = body(client, address(row, "undo"))
    assert "2 records that it created go." in page
    answer = client.post(address(row, "undo"))
    assert answer.url == address(row, "result")
    assert "being undone" in body(client, address(row, "result"))
    work()
    page = body(client, address(row, "result"))
    assert "The import is undone" in page
    assert f'<a href="/customers/{kept.pk}/">Kitewizard Bob</a>' in page
    assert "city" in page
    assert not Customer.objects.filter(name="Kitewizard Ada").exists()
    assert client.get(address(row, "undo")).url == address(row, "result")
    assert client.post(address(row, "undo")).status_code == 302
