"""One statement for thousands of rows does what the row-wise services do, and is taken back by the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pghistory
import pytest
from django.test import Client

from crm.accounts.models import FieldRule, Grant
from crm.kit.errors import Invalid
from crm.kit.lists import bulk, undo
from crm.kit.lists.declared import Action
from crm.kit.models import Job
from crm.kit.progress import LeaseLost
from customers.models import Customer
from customers.services import bulk as many
from customers.views import CustomerList
from sales.models import Deal
from sales.views import DealList
from service.models import Ticket
from service.views import TicketList
from tests.cast import NOW, Cast
from tests.pages.bulking import LEADS, Report, keys, leads, queued, run, said, with_tag

SignIn = Callable[[str], Client]
AFTER = NOW.replace(hour=9)


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that four rows are a job, in chunks of three."""
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(bulk, "MANY", 3)
    monkeypatch.setattr("crm.kit.jobs.ring", lambda *_given: True)


def action_of(listing: Any, name: str) -> Action:
    """An action of a list."""
    return next(one for one in listing.actions if one.name == name)


def state(model: Any, ids: set[int]) -> list[tuple[Any, ...]]:
    """Everything that a row holds but when it was written, and how much history it has."""
    names = [
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in ("updated_at", "created_at", "id", "name", "sort_name", "search", "title", "number")
    ]
    rows = model._default_manager.filter(pk__in=ids).order_by("pk")
    return [
        (*(str(getattr(row, name)) for name in names if name not in ("deleted_at",)), row.events.count())
        for row in rows
    ]


CASES = [
    ("tag", "fair"), ("untag", "old"), ("assign", "manager"), ("edit-lifecycle", "lost"), ("edit-city", "Kiel"),
    ("edit-city", ""), ("edit-team", "south"), ("edit-kind", "company"), ("trash", None),
]  # fmt: skip


def value_of(cast: Cast, value: Any) -> Any:
    """The value of a case."""
    if value == "manager":
        return cast.users["manager"].pk
    return cast.teams["south"].pk if value == "south" else value


@pytest.mark.parametrize("name, value", CASES)
def test_the_set_verb_of_customers_equals_the_row_wise_one(cast: Cast, name: str, value: Any) -> None:
    """Same values, same versions, same history, same refusals: with rows of others and rows that are so already."""
    rep = cast.users["rep"]
    if value != "manager":  # who reaches only their own rows may name nobody else
        Grant.objects.filter(role="rep", object="customer", action__in=["change", "delete"]).update(scope="own")
    Grant.objects.filter(role="manager", object="customer", action="change").update(scope="all")
    action, wanted = action_of(CustomerList, name), value_of(cast, value)
    if value == "south":
        Grant.objects.filter(role="rep", object="customer").update(scope="all")
    bands = []
    for _twice in range(2):
        given: list[Customer] = [
            *leads(cast, 2, tags=["old", "x"]), *leads(cast, 1, tags=["fair"], city="Kiel", owner=cast.users["manager"]),
            *leads(cast, 1, band="rival"), *leads(cast, 1, city="Kiel", tags=["fair"], kind="company"),
        ]  # fmt: skip
        bands.append([row.pk for row in given])
    rep = type(rep).objects.get(pk=rep.pk)
    row_wise = bulk.Tally()
    order = bulk.Order(CustomerList.read_by(rep, ""), action, wanted)
    for pk in bands[0]:
        order.do(pk, row_wise, NOW)
    swept = bulk.Tally()
    order.sweep(bands[1], swept, NOW)
    assert (swept.changed, swept.same, swept.refused) == (row_wise.changed, row_wise.same, row_wise.refused)
    assert swept.reasons == row_wise.reasons
    assert [bands[1].index(pk) for pk, _why in swept.named] == [bands[0].index(pk) for pk, _why in row_wise.named]
    assert state(Customer, set(bands[1])) == state(Customer, set(bands[0]))
    assert (swept.changed and swept.refused) or value == "south"


@pytest.mark.parametrize(
    "listing, kind, name, value",
    [
        (DealList, "deal", "assign", "manager"), (DealList, "deal", "edit-expected_on", "2027-01-31"),
        (DealList, "deal", "edit-expected_on", None), (TicketList, "ticket", "status", "solved"),
        (TicketList, "ticket", "status", "open"), (TicketList, "ticket", "priority", "urgent"),
    ],
)  # fmt: skip
def test_the_set_verbs_of_deals_and_tickets_equal_the_row_wise_ones(
    cast: Cast, listing: Any, kind: str, name: str, value: Any
) -> None:
    """Solving stamps the time; another's row is refused."""
    user, model = cast.users["manager"], type(cast.rows["rep"][kind])
    first, second = cast.rows["rep"][kind], model._default_manager.get(pk=cast.rows["rep"][kind].pk)
    second.pk, second._state.adding = None, True
    if kind == "ticket":
        second.number = "rep-2"
    second.save()
    foreign = cast.rows["rival"][kind].pk
    order = bulk.Order(listing.read_by(user, ""), action_of(listing, name), value_of(cast, value))
    row_wise, swept = bulk.Tally(), bulk.Tally()
    for pk in (first.pk, foreign):
        order.do(pk, row_wise, NOW)
    order.sweep([second.pk, foreign], swept, NOW)
    assert (swept.changed, swept.same, swept.reasons) == (row_wise.changed, row_wise.same, row_wise.reasons)
    assert [row[:-1] for row in state(model, {second.pk})] == [row[:-1] for row in state(model, {first.pk})]


def undone(client: Client, job: Job) -> dict[str, Any]:
    """The undo of a job, asked by its button and run."""
    answer = client.post(f"/jobs/{job.token}/undo/")
    task = Job.objects.get(kind=undo.KIND)
    assert answer.headers["Location"] == f"/jobs/{task.token}/"
    result = undo.run(task, Report(), now=AFTER)
    Job.objects.filter(pk=task.pk).update(result=result, state=Job.State.DONE)
    return result


def asked(client: Client, name: str, value: str) -> dict[str, Any]:
    """What the bar sends."""
    if name.startswith("edit-") or name == "untag":
        return {"action": "edit", "field": name, "value": value}
    return {"action": name, name: value}


@pytest.mark.parametrize(
    "name, value", [("tag", "fair"), ("untag", "old"), ("assign", "cast-manager"), ("edit-city", "Kiel"), ("trash", "")]
)
def test_a_job_of_any_size_is_undone_as_a_job(cast: Cast, sign_in: SignIn, name: str, value: str) -> None:
    """Everything is as before but the versions, which only grow."""
    rows, client = leads(cast, 5, tags=["old"], city="Bonn"), sign_in("rep")
    before = Customer.objects.filter(pk__in=keys(rows)).values("tags", "owner", "city", "deleted_at", "lifecycle")
    held = list(before.order_by("pk"))
    client.post(LEADS, {**asked(client, name, value), "every": "1"})
    job = Job.objects.get(kind=bulk.KIND)
    assert run(job)["changed"] == 5
    assert list(before.order_by("pk")) != held
    result = undone(client, job)
    assert (result["changed"], result["refused"]) == (5, 0)
    assert list(before.order_by("pk")) == held
    assert set(Customer.objects.filter(pk__in=keys(rows)).values_list("version", flat=True)) == {3}
    assert "There is nothing to undo." in said(client.post(f"/jobs/{job.token}/undo/"))


@pytest.mark.django_db(transaction=True)  # a test in one transaction would write the job's mark too
def test_undo_keeps_what_somebody_changed_since_and_names_it(cast: Cast, sign_in: SignIn) -> None:
    """The others come back; the kept one stands on the page of the undo."""
    rows, client = leads(cast, 5, city="Bonn"), sign_in("rep")
    client.post(LEADS, {"action": "edit", "field": "edit-city", "value": "Kiel", "every": "1"})
    job = Job.objects.get(kind=bulk.KIND)
    run(job)
    Customer.objects.filter(pk=rows[1].pk).update(city="Rome")
    Customer.objects.filter(pk=rows[2].pk).update(company="Acme")  # another field: the city still comes back
    result = undone(client, job)
    assert (result["changed"], [pk for pk, _why in result["named"]]) == (4, [rows[1].pk])
    assert dict(Customer.objects.filter(pk__in=keys(rows)).values_list("pk", "city")) == {
        row.pk: "Rome" if row == rows[1] else "Bonn" for row in rows
    }
    page = client.get(f"/jobs/{Job.objects.get(kind=undo.KIND).token}/").content.decode()
    assert rows[1].name in page and "Someone has changed it since" in page


@pytest.mark.django_db(transaction=True)  # a test in one transaction would write the job's mark too
def test_a_customer_that_was_trashed_again_by_hand_stays_there(cast: Cast, sign_in: SignIn) -> None:
    """Only what the job put away comes back."""
    rows, client = leads(cast, 4), sign_in("rep")
    client.post(LEADS, {"action": "trash", "every": "1"})
    job = Job.objects.get(kind=bulk.KIND)
    run(job)
    Customer.objects.filter(pk=rows[0].pk).update(deleted_at=None, version=3)
    Customer.objects.filter(pk=rows[0].pk).update(deleted_at=NOW, version=4)
    undone(client, job)
    assert set(Customer.objects.exclude(deleted_at=None).values_list("pk", flat=True)) == {rows[0].pk}


def test_an_undo_that_lost_its_worker_goes_on_behind_the_last_row_it_wrote(cast: Cast, sign_in: SignIn) -> None:
    """No row twice, none left out."""
    rows, client = leads(cast, 7), sign_in("rep")
    job = queued(client)
    run(job)
    client.post(f"/jobs/{job.token}/undo/")
    task = Job.objects.get(kind=undo.KIND)
    with pytest.raises(LeaseLost):
        undo.run(task, Report(dies=3), now=AFTER)
    task.refresh_from_db()
    result = undo.run(task, Report(), now=AFTER)
    assert (result["changed"], result["refused"]) == (7, 0)
    assert with_tag("fair") == set()
    assert {row.events.count() for row in rows} == {2}


def test_undo_is_only_for_whoever_asked_and_with_the_rights_of_now(cast: Cast, sign_in: SignIn) -> None:
    """Taken away since: nothing is written."""
    leads(cast, 4)
    job = queued(sign_in("rep"))
    run(job)
    assert sign_in("admin").post(f"/jobs/{job.token}/undo/").status_code == 404
    sign_in("rep").post(f"/jobs/{job.token}/undo/")
    Grant.objects.filter(role="rep", object="customer", action="change").delete()
    with pytest.raises(bulk.Refused, match="no longer reaches"):
        undo.run(Job.objects.get(kind=undo.KIND), Report(), now=AFTER)
    assert len(with_tag("fair")) == 4


def test_a_field_that_the_role_may_not_write_is_refused_for_every_row(cast: Cast, sign_in: SignIn) -> None:
    """Field rules hold in the set verb too; names and mail addresses are each one's own."""
    rows = leads(cast, 4)
    FieldRule.objects.create(role="rep", object="customer", field="city", level="read")
    rep = type(cast.users["rep"]).objects.get(pk=cast.users["rep"].pk)
    with pytest.raises(Invalid):
        many.set_fields(user=rep, ids=keys(rows), values={"city": "Kiel"}, now=NOW)
    for name in ("email", "name", "version", "deleted_at"):
        with pytest.raises(Invalid):
            many.set_fields(user=rep, ids=keys(rows), values={name: "x"}, now=NOW)


def test_the_history_of_a_set_verb_names_its_job(cast: Cast, sign_in: SignIn) -> None:
    """As if each row had been changed by hand."""
    rows = leads(cast, 4)
    job = queued(sign_in("rep"))
    run(job)
    found = pghistory.models.Context.objects.filter(metadata__job=job.pk)
    assert found.count() == 1
    assert rows[0].events.get().pgh_context.metadata["user"] == cast.users["rep"].pk


def test_the_kinds_of_rows_are_those_of_the_lists() -> None:
    """Every action with a set verb knows whose history it reads."""
    for listing, model in ((CustomerList, Customer), (DealList, Deal), (TicketList, Ticket)):
        assert {one.model for one in listing.actions} == {model}


def test_a_field_is_chosen_on_a_page_that_keeps_the_selection(cast: Cast, sign_in: SignIn) -> None:
    """Without a script: button, field, value, done; a field that is not offered changes nothing."""
    rows, client = leads(cast, 2), sign_in("rep")
    sent = {"action": "edit", "ids": [row.pk for row in rows], "next": LEADS}
    page = client.post(LEADS, sent).content.decode()
    assert "2 records of “Customers” are selected." in page and f'name="ids" value="{rows[1].pk}"' in page
    shown = client.post(LEADS, {**sent, "field": "edit-lifecycle", "do": "show"}).content.decode()
    assert '<option value="lost">Lost</option>' in shown
    assert "offered" in said(
        client.post(LEADS, {**sent, "field": "edit-lifecycle", "value": "nonsense", "do": "apply"})
    )
    client.post(LEADS, {**sent, "field": "trash", "do": "apply"})
    assert Customer.objects.filter(pk__in=keys(rows), deleted_at=None, lifecycle="lead").count() == 2
    answer = client.post(LEADS, {**sent, "field": "edit-city", "value": " Kiel ", "do": "apply"})
    assert "2 records changed." in said(answer)
    assert Customer.objects.filter(pk__in=keys(rows), city="Kiel").count() == 2
