"""Tasks: who may do what, what a step brings along, Undo, reminders given once, pages and API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts import notifications
from crm.accounts.models import FieldRule, Notification, SavedView
from crm.kit.errors import Invalid, Refused
from crm.kit.lists import bulk, undo
from crm.kit.models import Job
from customers.merging.services import merge_customers, unmerge
from customers.models import Customer
from customers.privacy.reach import subject_of, walk
from sales import services
from sales.models import Activity
from sales.services import told
from sales.services.activities import last_change
from tests.cast import NOW, Cast, make_cast
from tests.pages.bulking import Report, queued, run

SignIn = Callable[[str], Client]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    def make(actor: str) -> Client:
        client = Client()
        client.force_login(cast.users[actor])
        return client

    return make


def make(cast: Cast, actor: str = "rep", **values: Any) -> Activity:
    given = {"title": "Call Ada", "customer": cast.rows["rep"]["customer"].pk, **values}
    return services.create_activity(user=cast.users[actor], values=given, now=NOW)


def test_a_task_is_its_makers_of_the_customers_team_and_ends_with_the_owners_day(cast: Cast) -> None:
    cast.users["rep"].time_zone = "Asia/Shanghai"
    cast.users["rep"].save()
    row = make(cast, due_on=date(2026, 11, 23), title="  Call\n Ada ")
    assert (row.title, row.owner, row.team) == ("Call Ada", cast.users["rep"], cast.teams["north"])
    assert row.due_at == datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    timed = make(cast, due_at=datetime(2026, 11, 23, 20, tzinfo=UTC))
    assert (timed.due_on, timed.timed) == (date(2026, 11, 24), True)


def test_an_agent_reaches_only_own_tasks_and_others_are_refused_alike(cast: Cast) -> None:
    foreign, own = cast.rows["rep"]["activity"], make(cast, "agent")
    agent = cast.users["agent"]
    assert set(Activity.objects.visible_to(agent)) == {own}
    assert own in Activity.objects.visible_to(cast.users["rep"])  # it is about a customer of the rep's team
    for pk in (foreign.pk, 999_999_999):
        with pytest.raises(Refused) as refused:
            services.complete_activity(user=agent, activity_id=pk, now=NOW)
        assert refused.value.status == 404
    with pytest.raises(Invalid):
        services.assign_activity(user=agent, activity_id=own.pk, owner=cast.users["rep"].pk, now=NOW)
    other = cast.rows["rival"]["deal"]
    with pytest.raises(Invalid):
        make(cast, deal=other.pk)


def test_a_series_goes_on_once_and_undo_takes_the_next_one_along(cast: Cast) -> None:
    rep = cast.users["rep"]
    row = make(cast, due_on=NOW.date(), repeat="week", remind_at=NOW)
    services.complete_activity(user=rep, activity_id=row.pk, now=NOW)
    later = Activity.objects.get(follows=row)
    assert (later.due_on, later.remind_at) == (NOW.date() + timedelta(days=7), NOW + timedelta(days=7))
    with pytest.raises(Refused):
        services.complete_activity(user=rep, activity_id=row.pk, now=NOW)
    services.undo_activity(user=rep, activity_id=row.pk, change=last_change(row.pk), now=NOW)
    row.refresh_from_db()
    assert (row.state, row.done_at) == ("open", None)
    assert not Activity.objects.filter(pk=later.pk).exists()
    with pytest.raises(Invalid):
        services.update_activity(user=rep, activity_id=row.pk, values={"due_on": None}, now=NOW)


def test_undo_puts_back_what_the_last_change_found_and_nothing_newer(cast: Cast) -> None:
    rep, row = cast.users["rep"], make(cast, due_on=NOW.date(), remind_at=NOW - timedelta(hours=1))
    services.snooze_activity(user=rep, activity_id=row.pk, until=NOW.date() + timedelta(days=3), now=NOW)
    moved = Activity.objects.get(pk=row.pk)
    assert (moved.due_on, moved.remind_at) == (date(2026, 11, 25), NOW + timedelta(days=3, hours=-1))
    change = last_change(row.pk)
    services.update_activity(user=cast.users["manager"], activity_id=row.pk, values={"priority": "high"}, now=NOW)
    with pytest.raises(Refused, match="changed it since"):
        services.undo_activity(user=rep, activity_id=row.pk, change=change, now=NOW)
    services.delete_activity(user=rep, activity_id=row.pk)
    gone = last_change(row.pk)
    with pytest.raises(Refused) as refused:
        services.undo_activity(user=cast.users["rival"], activity_id=row.pk, change=gone, now=NOW)
    assert refused.value.status == 404
    assert not Activity.objects.filter(pk=row.pk).exists()
    back = services.undo_activity(user=rep, activity_id=row.pk, change=gone, now=NOW)
    assert (back.pk, back.due_on, back.priority) == (row.pk, date(2026, 11, 25), "high")


def test_reminders_are_given_once_to_owners_who_may_see_them(cast: Cast) -> None:
    due = make(cast, due_on=NOW.date(), remind_at=NOW)
    make(cast, due_on=NOW.date(), remind_at=NOW + timedelta(minutes=1))
    trashed = make(cast, customer=cast.rows["root"]["customer"].pk, actor="admin", remind_at=NOW)
    Customer.objects.filter(pk=trashed.customer_id).update(deleted_at=NOW)
    closed = make(cast, title="Done", remind_at=NOW)
    services.complete_activity(user=cast.users["rep"], activity_id=closed.pk, now=NOW)
    Activity.objects.filter(pk=make(cast, remind_at=NOW).pk).update(owner=cast.users["outsider"])
    assert told.waits(now=NOW)
    assert (told.remind_due(now=NOW), told.remind_due(now=NOW), told.waits(now=NOW)) == (2, 0, False)
    rows = Notification.objects.filter(kind=told.REMINDER)
    assert [(row.user, row.text, row.href) for row in rows] == [
        (cast.users["rep"], "Reminder: Call Ada, due 22 Nov 2026", f"/sales/activities/{due.pk}/")
    ]


def test_many_reminders_take_as_few_queries_as_one(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for n in range(30):
        make(cast, title=f"Call {n}", remind_at=NOW)
    with django_assert_max_num_queries(16):
        assert told.remind_due(now=NOW) == 30


def test_a_new_owner_is_told_and_of_many_at_once_only_once(cast: Cast, sign_in: SignIn) -> None:
    rows = [make(cast, "manager", title=f"Call {n}", owner=cast.users["manager"].pk) for n in range(3)]
    client, rep = sign_in("manager"), cast.users["rep"]
    chosen = {"action": "assign", "assign": rep.username, "ids": [row.pk for row in rows]}
    assert client.post("/sales/activities/", chosen).status_code == 303
    [note] = Notification.objects.filter(user=rep, kind=told.ASSIGNED)
    assert "several tasks" in note.text
    assert set(Activity.objects.filter(pk__in=[row.pk for row in rows]).values_list("owner", flat=True)) == {rep.pk}


def test_many_are_completed_and_opened_again_as_a_job(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 2)
    rows = [make(cast, title=f"Sample {n}", due_on=NOW.date(), repeat="day" if n == 0 else "") for n in range(4)]
    client = sign_in("rep")
    job = queued(client, "/sales/activities/?search=Sample", "complete", note="")
    result = run(job)  # the next one of the series matches too, and stays open
    assert (result["changed"], result["same"]) == (4, 1)
    mine = Activity.objects.filter(pk__in=[row.pk for row in rows])
    assert set(mine.values_list("state", "done_by")) == {("done", cast.users["rep"].pk)}
    assert Activity.objects.filter(follows=rows[0]).count() == 1
    client.post(f"/jobs/{job.token}/undo/")
    assert undo.run(Job.objects.get(kind=undo.KIND), Report(), now=NOW)["changed"] == 4
    assert set(mine.values_list("state", "done_at")) == {("open", None)}
    assert not Activity.objects.filter(follows=rows[0]).exists()


def test_a_merge_takes_tasks_along_a_split_gives_them_back_and_they_go_with_their_customer(cast: Cast) -> None:
    one = Customer.objects.create(name="Twins", team=cast.teams["north"], owner=cast.users["rep"])
    other = Customer.objects.create(name="Twin", team=cast.teams["north"], owner=cast.users["rep"])
    row = make(cast, customer=one.pk)
    merge = merge_customers(user=cast.users["rep"], keep_id=other.pk, other_ids=[one.pk], now=NOW)
    row.refresh_from_db()
    assert row.customer_id == other.pk
    assert walk(subject_of("customer", other.pk)).remove[Activity] == {row.pk}
    unmerge(user=cast.users["rep"], merge_id=merge.pk, now=NOW)
    row.refresh_from_db()
    assert row.customer_id == one.pk


def test_pages_show_and_steps_answer_a_script_with_undo(cast: Cast, sign_in: SignIn) -> None:
    client, customer = sign_in("rep"), cast.rows["rep"]["customer"]
    form = {
        "title": "Send the offer", "kind": "email", "priority": "high", "due_on": timezone.localdate().isoformat(),
        "due_time": "", "remind": "due", "customer": customer.name, "owner": "cast-rep", "repeat": "", "every": "1",
    }  # fmt: skip
    script = {"HX-Request": "true", "HX-Target": "dialog"}
    refused = client.post("/sales/activities/new/", form | {"title": ""}, headers=script)
    assert (refused.status_code, "dialog-head" in refused.content.decode()) == (422, True)
    made = client.post("/sales/activities/new/", form, headers=script)
    assert {"toast", "dialog-close", "live:activities"} == set(json.loads(made["HX-Trigger"]))
    row = Activity.objects.get(title="Send the offer")
    assert row.remind_at is not None
    assert "Send the offer" in client.get("/").content.decode()
    panel = client.get(reverse("panel", args=["customer.detail.rail", "tasks", customer.pk])).content.decode()
    assert "Send the offer" in panel
    assert "Send the offer" in client.get("/sales/activities/?when=today").content.decode()
    done = client.post(f"/sales/activities/{row.pk}/complete/", headers={"HX-Request": "true"})
    undo = json.loads(done["HX-Trigger"])["toast"]["undo"]
    assert "Done: Send the offer" in client.get(f"/customers/{customer.pk}/?tab=timeline").content.decode()
    assert "Send the offer" not in client.get("/").content.decode()
    assert client.post(undo, headers={"HX-Request": "true"}).status_code == 204
    assert Activity.objects.get(pk=row.pk).state == "open"
    edited = client.post(f"/sales/activities/{row.pk}/edit/", form | {"title": "Send it", "expected": "0"})
    assert edited.status_code == 422
    assert client.post(f"/sales/activities/{row.pk}/snooze/", {"until": "tomorrow"}).status_code == 303
    assert "csrfmiddlewaretoken" in client.get(f"/sales/activities/{row.pk}/").content.decode()


def test_the_list_opens_with_the_own_open_tasks_and_all_are_a_tab_away(cast: Cast, sign_in: SignIn) -> None:
    client, rep = sign_in("rep"), cast.users["rep"]
    own = f"/sales/activities/?state=open&owner={rep.pk}&ordering=due_at"
    assert client.get("/sales/activities/").headers["Location"] == own
    page = client.get(own)
    every, mine = page.context["tabs"][:2]
    assert (str(mine.label), mine.current, every.current) == ("My open tasks", True, False)
    assert every.href == "/sales/activities/?view=all"
    assert f'href="{every.href}">Clear all' in page.content.decode()
    whole = client.get(every.href)
    assert whole.status_code == 200 and whole.context["tabs"][0].current
    Activity.objects.filter(owner=rep).update(owner=None)
    assert "Nothing is left to do." in client.get(own).content.decode()
    assert "Nothing matches these filters." in client.get(f"{own}&search=zzz").content.decode()
    view = SavedView.objects.create(user=rep, list=page.context["list"].key, name="Calls", query="kind=call")
    client.post(f"/views/{view.pk}/open/", {"on": "1", "next": "/sales/activities/"})
    assert client.get("/sales/activities/").headers["Location"] == f"/sales/activities/?kind=call&view={view.pk}"


def test_a_task_about_a_ticket_is_made_shown_and_goes_on_with_it(cast: Cast, sign_in: SignIn) -> None:
    client, ticket = sign_in("rep"), cast.rows["rep"]["ticket"]
    page = client.get(f"/service/tickets/{ticket.pk}/").content.decode()
    assert f"/sales/activities/new/?ticket={ticket.pk}" in page
    form = client.get(f"/sales/activities/new/?ticket={ticket.pk}").content.decode()
    assert f"#{ticket.number} {ticket.subject}" in form and ticket.customer.name in form
    sent = {"title": "Ring the workshop", "kind": "task", "priority": "normal", "due_on": "2026-11-23", "repeat": "week",
            "every": "1", "remind": "", "ticket": str(ticket.pk)}  # fmt: skip
    assert client.post("/sales/activities/new/", sent).status_code == 303
    row = Activity.objects.get(title="Ring the workshop")
    assert (row.ticket, row.customer) == (ticket, ticket.customer)
    panel = client.get(reverse("panel", args=["ticket.detail.rail", "tasks", ticket.pk])).content.decode()
    assert "Ring the workshop" in panel
    assert f"/service/tickets/{ticket.pk}/" in client.get(f"/sales/activities/{row.pk}/").content.decode()
    services.complete_activity(user=cast.users["rep"], activity_id=row.pk, now=NOW)
    assert Activity.objects.get(follows=row).ticket == ticket
    ticket.delete()
    row.refresh_from_db()
    assert row.ticket is None


@pytest.mark.parametrize("name, slot", [("customer", "customer.detail.rail"), ("deal", "deal.detail.main"), ("contact", "contact.detail.rail"), ("ticket", "ticket.detail.rail")])  # fmt: skip
def test_open_tasks_stand_on_the_page_of_what_they_are_about(cast: Cast, sign_in: SignIn, name: str, slot: str) -> None:
    record = cast.rows["rep"][name]
    make(cast, title="Kitepanel", **{"customer": None, name: record.pk})
    where = reverse("panel", args=[slot, "tasks", record.pk])
    assert where in sign_in("rep").get(reverse(name, args=[record.pk])).content.decode()
    assert "Kitepanel" in sign_in("rep").get(where).content.decode()
    assert sign_in("rep").get(reverse("panel", args=[slot, "tasks", cast.rows["rival"][name].pk])).status_code == 404


def test_a_ticket_out_of_reach_or_of_another_customer_is_refused_and_not_named(cast: Cast, sign_in: SignIn) -> None:
    foreign, mine = cast.rows["rival"]["ticket"], cast.rows["rep"]["ticket"]
    with pytest.raises(Invalid):
        make(cast, ticket=foreign.pk)
    other = Customer.objects.create(name="Somebody else", team=cast.teams["north"], owner=cast.users["rep"])
    with pytest.raises(Invalid) as refused:
        make(cast, ticket=mine.pk, customer=other.pk)
    assert refused.value.fields == {"ticket": "The ticket belongs to another customer."}
    assert foreign.subject not in sign_in("rep").get(f"/sales/activities/new/?ticket={foreign.pk}").content.decode()
    row = make(cast, customer=None)
    Activity.objects.filter(pk=row.pk).update(ticket=foreign)
    assert foreign.subject not in sign_in("rep").get(f"/sales/activities/{row.pk}/").content.decode()
    client = Client(headers=cast.headers("rep"))
    found = client.get(f"/api/v1/activities/?ticket={foreign.pk}").json()["results"]
    assert [(one["id"], one["ticket"]) for one in found] == [(row.pk, foreign.pk)]


def test_a_hidden_field_is_hidden_everywhere_and_the_form_works_without_it(cast: Cast, sign_in: SignIn) -> None:
    FieldRule.objects.create(role="rep", object="activity", field="note", level="hidden")
    client, row = sign_in("rep"), cast.rows["rep"]["activity"]
    Activity.objects.filter(pk=row.pk).update(note="Kitesecret")
    for address in ("", "edit/"):
        assert "Kitesecret" not in client.get(f"/sales/activities/{row.pk}/{address}").content.decode()
    assert "Kitesecret" not in client.get("/sales/activities/?columns=note").content.decode()
    assert "Kitesecret" not in Client(headers=cast.headers("rep")).get(f"/api/v1/activities/{row.pk}/").content.decode()
    form = {"title": "Call her", "kind": "call", "priority": "low", "remind": "", "repeat": ""}
    assert client.post(f"/sales/activities/{row.pk}/edit/", form).status_code == 303
    row.refresh_from_db()
    assert (row.title, row.note) == ("Call her", "Kitesecret")


def test_the_api_writes_steps_and_batches(cast: Cast) -> None:
    client = Client(headers=cast.headers("rep"))
    body = {"title": "Call", "due_on": "2026-11-30", "repeat": "month", "external_id": "t-1", "source": "old crm"}
    made = client.post("/api/v1/activities/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    done = client.patch(f"/api/v1/activities/{pk}/", {"state": "done"}, content_type="application/json").json()
    assert (done["state"], bool(done["done_at"])) == ("done", True)
    found = client.get("/api/v1/activities/?state=open&ordering=due_at").json()["results"]
    assert [row["due_on"] for row in found if row["previous"] == pk] == ["2026-12-30"]
    again = client.post("/api/v1/activities/batch/", {"rows": [body]}, content_type="application/json").json()
    assert [one["status"] for one in again["results"]] == ["updated"] or again["results"][0]["id"] == pk
    wrong = client.post("/api/v1/activities/", {"title": "x", "repeat": "day"}, content_type="application/json")
    assert wrong.status_code == 400


def test_the_morning_list_comes_once_at_seven_where_its_reader_is(cast: Cast) -> None:
    rep = cast.users["rep"]
    rep.time_zone = "Asia/Shanghai"
    rep.save()
    Activity.objects.all().delete()
    make(cast, title="Old", due_on=NOW.date() - timedelta(days=2))
    make(cast, title="New", due_on=NOW.date())
    make(cast, title="Later", due_on=NOW.date() + timedelta(days=1))
    notifications.choose(user=rep, ways={told.DIGEST: "mail"})
    six = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # 6:30 on the 22nd in Shanghai
    assert [told.send_digests(now=six + timedelta(hours=n)) for n in range(3)] == [0, 1, 0]
    row = Notification.objects.get(kind=told.DIGEST)
    assert row.text == "2 tasks for today, 1 of them overdue"
    assert ("Old" in row.body, "New" in row.body, "Later" in row.body) == (True, True, False)
