"""Cells edited in place: through the services, with rights, field rules and versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import FieldRule
from customers.models import Customer
from sales.models import Deal, Stage
from service.models import Ticket
from tests.cast import Cast

SignIn = Callable[[str], Client]


def cell(row: Any, field: str, path: str = "/customers/", **more: Any) -> str:
    """The address of a cell."""
    return f"{path}?part=cell&row={row.pk}&field={field}" + "".join(f"&{name}={value}" for name, value in more.items())


def test_a_cell_opens_saves_and_comes_back_as_its_row(cast: Cast, sign_in: SignIn) -> None:
    """The answer is the whole row, with the columns of the list."""
    client, row = sign_in("rep"), cast.rows["rep"]["customer"]
    form = client.get(cell(row, "city")).content.decode()
    assert f'value="{row.city}"' in form and 'name="version" value="1"' in form and "<form" not in form
    saved = client.post(cell(row, "city", columns="city"), {"city": " Kiel ", "version": "1"}).content.decode()
    assert saved.startswith("<tr data-row>") and "<td>Kiel" in saved
    row.refresh_from_db()
    assert (row.city, row.version) == ("Kiel", 2)


def test_a_value_that_does_not_fit_is_refused_in_the_cell(cast: Cast, sign_in: SignIn) -> None:
    """422, what was typed is kept."""
    client, row = sign_in("rep"), cast.rows["rep"]["customer"]
    answer = client.post(cell(row, "email"), {"email": "nobody", "version": "1"})
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.content.decode() and 'role="alert"' in answer.content.decode()
    assert client.post(cell(row, "owner"), {"owner": "cast-rival", "version": "1"}).status_code == 422


def test_a_conflict_shows_both_values_and_can_be_overwritten(cast: Cast, sign_in: SignIn) -> None:
    """U26."""
    client, row = sign_in("rep"), cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=row.pk).update(city="Bremen", version=2)
    answer = client.post(cell(row, "city"), {"city": "Kiel", "version": "1"})
    body = answer.content.decode()
    assert (
        answer.status_code == 409 and 'value="Kiel"' in body and "Bremen" in body and 'name="version" value="2"' in body
    )
    assert client.get(cell(row, "city", cancel=1)).content.decode().startswith("<tr")
    client.post(cell(row, "city"), {"city": "Kiel", "version": "2"})
    row.refresh_from_db()
    assert row.city == "Kiel"


CELLS: list[tuple[str, str, str, dict[str, str], dict[str, Any]]] = [
    ("customer", "/customers/", "name", {"name": "New name"}, {"name": "New name"}),
    ("customer", "/customers/", "lifecycle", {"lifecycle": "lost"}, {"lifecycle": "lost"}),
    ("customer", "/customers/", "tags", {"tags": "a, b"}, {"tags": ["a", "b"]}),
    ("customer", "/customers/", "phone", {"phone": "+49 40 99"}, {"phone": "+49 40 99"}),
    ("customer", "/customers/", "owner", {"owner": "cast-manager"}, {"owner__username": "cast-manager"}),
    ("deal", "/sales/deals/", "title", {"title": "Bigger"}, {"title": "Bigger"}),
    ("deal", "/sales/deals/", "amount", {"amount": "12.5"}, {"amount": 12.5}),
    ("deal", "/sales/deals/", "expected_on", {"expected_on": "2027-01-31"}, {"expected_on": "2027-01-31"}),
    ("deal", "/sales/deals/", "owner", {"owner": ""}, {"owner": None}),
    ("ticket", "/service/tickets/", "priority", {"priority": "high"}, {"priority": "high"}),
    ("ticket", "/service/tickets/", "status", {"status": "solved"}, {"status": "solved"}),
    ("ticket", "/service/tickets/", "subject", {"subject": "Broken"}, {"subject": "Broken"}),
]


@pytest.mark.parametrize("kind, path, field, sent, wanted", CELLS)
def test_every_editable_cell_goes_through_its_service(
    cast: Cast, sign_in: SignIn, kind: str, path: str, field: str, sent: dict[str, str], wanted: dict[str, Any]
) -> None:
    """Opened, saved, kept; another team's row and an absent one are the same 404."""
    client, row = sign_in("agent" if kind == "ticket" else "manager"), cast.rows["rep"][kind]
    assert f'data-edit="{field}"' in client.get(f"{path}?columns={field}").content.decode()
    assert client.get(cell(row, field, path)).status_code == 200
    assert client.post(cell(row, field, path), sent).status_code == 200
    model: Any = type(row)
    assert model.objects.filter(pk=row.pk, **wanted).exists()
    foreign = cast.rows["rival"][kind]
    assert client.get(cell(foreign, field, path)).status_code == 404
    assert client.post(cell(foreign, field, path), sent).status_code == 404
    foreign.pk = 999_999_999
    assert client.post(cell(foreign, field, path), sent).status_code == 404


def test_a_stage_moves_within_its_pipeline(cast: Cast, sign_in: SignIn) -> None:
    """With its step in the deal's history."""
    client, deal = sign_in("rep"), cast.rows["rep"]["deal"]
    won = Stage.objects.filter(pipeline=deal.stage.pipeline_id, state="won").first()
    assert won is not None
    client.post(cell(deal, "stage", "/sales/deals/"), {"stage": won.pk})
    assert Deal.objects.get(pk=deal.pk).closed_at is not None
    assert client.post(cell(deal, "stage", "/sales/deals/"), {"stage": 999999}).status_code == 422
    assert deal.stage_changes.count() == 1


def test_cells_that_may_not_be_edited_are_not_offered_and_not_taken(cast: Cast, sign_in: SignIn) -> None:
    """The agent reads customers; a field rule takes one column; other columns have no editor."""
    row = cast.rows["rep"]["customer"]
    assert "data-edit" not in sign_in("agent").get("/customers/").content.decode()
    assert sign_in("agent").post(cell(row, "city"), {"city": "Kiel"}).status_code == 403
    FieldRule.objects.create(role="rep", object="customer", field="city", level="read")
    client = sign_in("rep")
    assert 'data-edit="city"' not in client.get("/customers/?columns=city").content.decode()
    assert client.post(cell(row, "city"), {"city": "Kiel"}).status_code == 404
    for field in ("created_at", "version", "deleted_at", "note", "password", "", "churn_probability"):
        assert client.get(cell(row, field)).status_code == 404
    assert client.get("/customers/?part=cell&row=x&field=name").status_code == 404
    assert client.get(f"/customers/?part=cell&row={'9' * 30}&field=name").status_code == 404


def test_a_ticket_is_edited_within_the_reach_of_its_queue(cast: Cast, sign_in: SignIn) -> None:
    """Who may only see it is refused."""
    ticket: Ticket = cast.rows["rep"]["ticket"]
    answer = sign_in("rep").post(cell(ticket, "status", "/service/tickets/"), {"status": "solved"})
    assert answer.status_code == 403
    manager = sign_in("manager").post(cell(ticket, "status", "/service/tickets/"), {"status": "solved"})
    assert manager.status_code == 403 and "but not change it" in manager.content.decode()
    ticket.refresh_from_db()
    assert ticket.status == "open"
