"""Lists as people use them: files, masks, saved views, odd addresses; and what forms do with bad input."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client
from django.urls import resolve

from crm.accounts.models import ApiKey, AuditEntry, Grant, SavedView, User
from crm.kit.lists.export import Export
from customers.models import Customer
from tests.cast import Cast, make_customer

SignIn = Callable[[str], Client]


def read(answer) -> list[list[str]]:  # type: ignore[no-untyped-def]
    """The rows of a streamed CSV."""
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@sum", "  =1", "＝1+1"])
def test_a_cell_that_looks_like_a_formula_leaves_as_text(cast: Cast, sign_in: SignIn, evil: str) -> None:
    """A28, with a mark that import takes away again."""
    make_customer(evil, team=cast.teams["north"])
    rows = read(sign_in("rep").get("/customers/", {"format": "csv"}))
    assert f"'{evil}" in [row[0] for row in rows]


def test_an_export_holds_only_reached_rows_and_stands_in_the_audit_trail(cast: Cast, sign_in: SignIn) -> None:
    """Scope as on the page; who, what, which filters."""
    rows = read(sign_in("rep").get("/customers/", {"format": "csv", "lifecycle": "active"}))
    assert [row[0] for row in rows[1:]] == [cast.rows["rep"]["customer"].name]
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.action, entry.object, entry.user_id) == ("export", "customers.customer", cast.users["rep"].pk)


def test_someone_without_the_export_right_gets_403(cast: Cast, sign_in: SignIn) -> None:
    """The agent reads customers but takes none out."""
    assert sign_in("agent").get("/customers/?format=csv").status_code == 403


def test_masked_contact_points_stay_masked_everywhere(cast: Cast, sign_in: SignIn) -> None:
    """List, record, search for the agent; the mask shows that there is a value."""
    client, row = sign_in("agent"), cast.rows["rep"]["customer"]
    for where in ("/customers/?columns=email,phone", f"/customers/{row.pk}/", f"/search?q={row.name}"):
        body = client.get(where).content.decode()
        assert row.email not in body and row.phone not in body and row.address not in body, where
    assert "k***@example.com" in client.get("/customers/?columns=email").content.decode()
    assert row.name not in client.get(f"/search?q={row.email}").content.decode()


@pytest.mark.parametrize(
    "query", ["ordering=password", "cursor=nonsense", "owner=999999", "page_size=0", "lifecycle=x", "cursor=%00"]
)
def test_an_address_that_makes_no_sense_gives_the_plain_list_with_a_sentence(sign_in: SignIn, query: str) -> None:
    """Never a 500, never a silent guess."""
    answer = sign_in("rep").get(f"/customers/?{query}", follow=True)
    assert answer.status_code == 200
    assert [str(one) for one in answer.context["messages"]]


def test_a_saved_view_is_a_tab_for_its_owner_and_for_the_team_when_shared(cast: Cast, sign_in: SignIn) -> None:
    """Personal by default."""
    rep, manager, rival = sign_in("rep"), sign_in("manager"), sign_in("rival")
    asked = {"list": "customers.customer", "query": "lifecycle=lead", "name": "Northern leads"}
    rep.post("/views/", asked)
    assert "Northern leads" in rep.get("/customers/").content.decode()
    assert "Northern leads" not in manager.get("/customers/").content.decode()
    rep.post("/views/", {**asked, "shared": "1"})
    assert "Northern leads" in manager.get("/customers/").content.decode()
    assert "Northern leads" not in rival.get("/customers/").content.decode()
    assert rival.post(f"/views/{SavedView.objects.get().pk}/delete/").status_code == 404


def test_a_form_that_is_refused_keeps_what_was_typed(cast: Cast, sign_in: SignIn) -> None:
    """U7: 422, the sentence at the field, nothing written."""
    before = Customer.objects.count()
    answer = sign_in("rep").post(
        "/customers/new/", {"name": "Grace Hopper", "email": "no address", "kind": "person", "lifecycle": "lead"}
    )
    assert answer.status_code == 422
    assert "Grace Hopper" in answer.content.decode()
    assert Customer.objects.count() == before


def test_a_new_customer_with_a_known_mail_address_gets_a_hint_within_reach_only(cast: Cast, sign_in: SignIn) -> None:
    """A04: no canary of others through the duplicate hint."""
    client = sign_in("rep")
    own, other = cast.rows["rep"]["customer"], cast.rows["rival"]["customer"]
    assert own.name in client.get("/customers/similar/", {"email": own.email.upper()}).content.decode()
    assert other.name not in client.get("/customers/similar/", {"email": other.email}).content.decode()


def test_an_edit_over_a_newer_version_is_refused_with_the_newer_value(cast: Cast, sign_in: SignIn) -> None:
    """U26: a conflict shows both values."""
    client, row = sign_in("rep"), cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=row.pk).update(city="Bremen", version=row.version + 1)
    answer = client.post(f"/customers/{row.pk}/fields/city/", {"city": "Kiel", "version": row.version})
    assert answer.status_code == 409
    assert "Bremen" in answer.content.decode() and "Kiel" in answer.content.decode()


def test_a_key_is_shown_once_and_only_its_digest_is_kept(cast: Cast, sign_in: SignIn) -> None:
    """And it can be revoked by its owner alone."""
    client = sign_in("rep")
    made = client.post("/settings/api-keys/", {"name": "Web shop", "days": "90"})
    row = ApiKey.objects.get(name="Web shop")
    assert made.context["key"] in made.content.decode()
    assert made.context["key"] not in client.get("/settings/api-keys/").content.decode()
    assert sign_in("rival").post(f"/settings/api-keys/{row.pk}/revoke/").status_code == 404
    client.post(f"/settings/api-keys/{row.pk}/revoke/")
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_language_and_theme_are_kept_for_the_user_and_for_a_visitor(cast: Cast, sign_in: SignIn) -> None:
    """A visitor's language lives in a cookie."""
    client = sign_in("rep")
    client.post("/settings/appearance/", {"theme": "dark"})
    client.post("/settings/appearance/", {"language": "zh-hans"})
    kept = User.objects.get(pk=cast.users["rep"].pk)
    assert (kept.theme, kept.language) == ("dark", "zh-hans")
    visitor = Client()
    visitor.post("/settings/appearance/", {"language": "zh-hans"})
    assert 'lang="zh-hans"' in visitor.get("/accounts/login/").content.decode()


def test_a_list_is_exported_as_csv_and_as_a_workbook_alike(cast: Cast, sign_in: SignIn) -> None:
    """The same cells in the order of the list; masked where the reader sees stars, also without objects."""
    client = sign_in("rep")
    address = "/customers/?columns=email,owner,lifecycle,tags,created_at,monetary&ordering=-created_at"
    text = b"".join(client.get(f"{address}&format=csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    body = b"".join(client.get(f"{address}&format=xlsx").streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    read = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert read == rows
    assert rows[0] == ["Name", "E-mail", "Owner", "Lifecycle", "Tags", "Added", "Spend so far"]
    assert rows[1][:4] == ["kiterepcustomer Ltd", "kiterepmail@example.com", "cast-rep", "Active"]
    Grant.objects.create(role="agent", object="export", action="run", scope="all")
    masked = b"".join(sign_in("agent").get(f"{address}&format=csv").streaming_content).decode()
    assert "k***@example.com" in masked and "kiterepmail" not in masked


def test_a_file_of_objects_and_one_of_values_are_the_same(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column of every list: what a row shows is what its paths read."""
    for name in ("customers", "sales/deals", "sales/orders", "service/tickets"):
        client, listing = sign_in("admin"), resolve(f"/{name}/").func.view_class
        every = ",".join(column.name for column in listing.table.columns)
        address = f"/{name}/?columns={every}&format=csv"
        quick = b"".join(client.get(address).streaming_content)
        with monkeypatch.context() as patch:
            patch.setattr(Export, "_by_values", Export._by_rows)
            assert b"".join(client.get(address).streaming_content) == quick, name
        assert quick.count(b"\n") > 2
