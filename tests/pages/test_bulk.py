"""Actions on many rows of a list: the ticked ones, or all that match; done at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from crm.accounts.models import Grant
from crm.kit.lists import bulk
from crm.kit.models import Job
from customers import services
from customers.models import Customer
from customers.views import CustomerList
from sales.models import Deal, Stage
from service.models import Queue, Ticket
from tests.cast import NOW, Cast
from tests.counting import counting
from tests.pages.bulking import LEADS, keys, leads, said, send, with_tag

SignIn = Callable[[str], Client]


def test_the_page_offers_all_that_match_as_a_flag_and_never_lists_their_ids(cast: Cast, sign_in: SignIn) -> None:
    """U25: the count and the scope stand in the bar."""
    leads(cast, 70)
    body = sign_in("rep").get(LEADS).content.decode()
    assert "Select all 70 matching" in body
    assert "All 70 matching are selected." in body
    assert body.count('name="ids"') == 50
    assert 'action="/customers/?lifecycle=lead"' in body


def test_a_list_on_one_page_offers_no_more_than_its_rows(cast: Cast, sign_in: SignIn) -> None:
    """The tick box of the header has them all already."""
    leads(cast, 3)
    assert 'name="every"' not in sign_in("rep").get(LEADS).content.decode()


def test_ticked_rows_are_changed_and_the_others_stay(cast: Cast, sign_in: SignIn) -> None:
    """As without a script."""
    rows = leads(cast, 4)
    answer = send(sign_in("rep"), LEADS, "tag", rows=rows[:2], tag="fair")
    assert with_tag("fair") == keys(rows[:2])
    assert "Add tag “fair”: 2 records changed." in said(answer)


def test_all_that_match_leaves_another_teams_rows_under_the_same_filter_alone(cast: Cast, sign_in: SignIn) -> None:
    """And rows of one's own that the filter leaves out."""
    own, others, active = leads(cast, 3), leads(cast, 3, band="rival"), leads(cast, 1, lifecycle="active")
    send(sign_in("rep"), LEADS, "tag", tag="fair")
    assert with_tag("fair") == keys(own)
    assert not with_tag("fair") & (keys(others) | keys(active))


def test_another_teams_row_that_is_ticked_by_hand_is_refused_and_reported(cast: Cast, sign_in: SignIn) -> None:
    """The reason stands on the job page, without the other's name."""
    client, own, others = sign_in("rep"), leads(cast, 1), leads(cast, 1, band="rival")
    answer = send(client, "/customers/", "tag", rows=[*own, *others], tag="fair")
    assert "1 record changed. 1 was refused." in said(answer)
    page = client.get(f"/jobs/{Job.objects.get(kind=bulk.KIND).token}/").content.decode()
    assert "There is nothing here that you may see." in page
    assert f"#{others[0].pk}" in page
    assert others[0].name not in page
    assert with_tag("fair") == keys(own)


def test_undo_takes_the_tag_from_the_rows_that_got_it_and_from_no_other(cast: Cast, sign_in: SignIn) -> None:
    """A row that carried it before keeps it."""
    client, rows = sign_in("rep"), leads(cast, 3)
    Customer.objects.filter(pk=rows[0].pk).update(tags=["fair", "old"])
    answer = send(client, LEADS, "tag", tag="fair")
    job = Job.objects.get(kind=bulk.KIND)
    assert "2 records changed. 1 needed no change." in said(answer)
    assert f"/jobs/{job.token}/undo/" in said(answer)
    client.post(f"/jobs/{job.token}/undo/")
    assert with_tag("fair") == {rows[0].pk}


def test_a_tag_is_kept_in_one_spelling_and_undo_finds_it_again(cast: Cast, sign_in: SignIn) -> None:
    """An accent typed as a letter of its own is the same tag."""
    client = sign_in("rep")
    leads(cast, 1)
    send(client, LEADS, "tag", tag=" Cafe\u0301 ")
    assert len(with_tag("Café")) == 1
    client.post(f"/jobs/{Job.objects.get(kind=bulk.KIND).token}/undo/")
    assert with_tag("Café") == set()


def test_undo_of_an_assignment_brings_the_old_owners_back_but_not_over_a_newer_change(
    cast: Cast, sign_in: SignIn
) -> None:
    """What somebody else did since stays."""
    rep, manager = cast.users["rep"], cast.users["manager"]
    client, rows = sign_in("rep"), leads(cast, 3)
    Customer.objects.filter(pk=rows[0].pk).update(owner=None)
    send(client, LEADS, "assign", assign=manager.username)
    assert {row.owner_id for row in Customer.objects.filter(lifecycle="lead")} == {manager.pk}
    Customer.objects.filter(pk=rows[2].pk).update(owner=None)
    answer = client.post(f"/jobs/{Job.objects.get(kind=bulk.KIND).token}/undo/")
    assert "2 records are as before. 1 stays as it is." in said(answer)
    owners = dict(Customer.objects.filter(lifecycle="lead").values_list("pk", "owner"))
    assert owners == {rows[0].pk: None, rows[1].pk: rep.pk, rows[2].pk: None}


def test_undo_works_once_and_only_for_whoever_did_it(cast: Cast, sign_in: SignIn) -> None:
    """An administrator sees the job and may not take it back in another's name."""
    client, rows = sign_in("rep"), leads(cast, 2)
    send(client, LEADS, "trash")
    where = f"/jobs/{Job.objects.get(kind=bulk.KIND).token}/undo/"
    assert sign_in("admin").post(where).status_code == 404
    assert sign_in("rival").post(where).status_code == 404
    client.post(where)
    assert Customer.objects.present().filter(pk__in=keys(rows)).count() == 2
    assert "There is nothing to undo." in said(client.post(where))


def test_rows_that_come_in_while_it_runs_at_once_are_not_cut_off_silently(cast: Cast, sign_in: SignIn) -> None:
    """What is done is what was counted."""
    rows = leads(cast, 3)
    listing = CustomerList.read_by(cast.users["rep"], "lifecycle=lead")
    order = bulk.Order(listing, next(one for one in listing.actions if one.name == "tag"), "fair")
    counted = order.after(0, 10)
    leads(cast, 1)
    bulk.at_once(order, counted, now=NOW)
    assert with_tag("fair") == keys(rows)


def refused_job(cast: Cast, sign_in: SignIn, n: int) -> Job:
    """A job that may not put away ``n`` rows of colleagues, and does its own one."""
    Grant.objects.filter(role="rep", object="customer", action="delete").update(scope="own")
    rows = [*leads(cast, n, owner=cast.users["manager"]), *leads(cast, 1)]
    send(sign_in("rep"), "/customers/", "trash", rows=rows)
    return Job.objects.filter(kind=bulk.KIND).latest("pk")


def test_refused_rows_stand_on_the_job_page_with_their_reasons(cast: Cast, sign_in: SignIn) -> None:
    """Name, link and why."""
    job = refused_job(cast, sign_in, 3)
    page = sign_in("rep").get(f"/jobs/{job.token}/").content.decode()
    assert "1 record changed. 3 were refused." in page
    assert page.count("You may see this record, but not change it.") == 3
    assert page.count("Lead rep 00") == 3


def test_the_job_page_takes_the_same_queries_for_two_refused_rows_and_for_twenty(cast: Cast, sign_in: SignIn) -> None:
    """Names are read in one query."""
    client = sign_in("rep")
    counted = []
    for n in (2, 20):
        job = refused_job(cast, sign_in, n)
        with counting() as queries:
            assert client.get(f"/jobs/{job.token}/").status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"action": "tag", "tag": " ", "every": "1"}, "Type a tag"),
        ({"action": "tag", "tag": "x"}, "Nothing is selected"),
        ({"action": "nonsense", "every": "1"}, "Choose what to do"),
        ({"action": "assign", "assign": "cast-rival", "every": "1"}, "in your teams"),
        ({"action": "tag", "tag": "x", "ids": ["7" * 40]}, "Nothing is selected"),
    ],
)
def test_what_makes_no_sense_changes_nothing_and_says_why(
    cast: Cast, sign_in: SignIn, given: dict[str, Any], sentence: str
) -> None:
    """Another team's person cannot be named as owner."""
    leads(cast, 2)
    assert sentence in said(sign_in("rep").post(LEADS, given))
    assert not Job.objects.exists()


def test_who_may_not_change_is_refused_and_sees_no_tick_boxes(cast: Cast, sign_in: SignIn) -> None:
    """U27: the agent reads every customer."""
    rows, client = leads(cast, 2), sign_in("agent")
    assert send(client, "/customers/", "tag", rows=rows, tag="fair").status_code == 403
    assert 'name="ids"' not in client.get("/customers/").content.decode()
    assert with_tag("fair") == set()


def test_a_list_without_actions_takes_no_post(sign_in: SignIn) -> None:
    """Orders come in from outside."""
    assert sign_in("admin").post("/sales/orders/", {"action": "trash", "every": "1"}).status_code == 405


def test_deals_get_an_owner_and_their_old_one_back(cast: Cast, sign_in: SignIn) -> None:
    """Through the deal's own service; another team's deal stays."""
    stage, rep = Stage.objects.order_by("position").first(), cast.users["rep"]
    for n in range(3):
        Deal.objects.create(
            title=f"D{n}", stage=stage, team=cast.teams["north"], owner=rep, opened_at=NOW, amount=5, currency="EUR"
        )
    client, manager = sign_in("rep"), cast.users["manager"]
    send(client, "/sales/deals/?state=open", "assign", assign=manager.username)
    assert set(Deal.objects.filter(team=cast.teams["north"]).values_list("owner", flat=True)) == {manager.pk}
    assert cast.rows["rival"]["deal"].owner_id == Deal.objects.get(pk=cast.rows["rival"]["deal"].pk).owner_id
    client.post(f"/jobs/{Job.objects.get(kind=bulk.KIND).token}/undo/")
    assert set(Deal.objects.filter(team=cast.teams["north"]).values_list("owner", flat=True)) == {rep.pk}


def test_tickets_are_assigned_reopened_and_ranked(cast: Cast, sign_in: SignIn) -> None:
    """Undo of a reopening brings the time of the solution back."""
    desk, agent, client = Queue.objects.get(name="Desk"), cast.users["agent"], sign_in("agent")
    one = Ticket.objects.create(
        number="S1", queue=desk, subject="Old", status="solved", resolved_at=NOW, opened_at=NOW, priority="low"
    )
    where = "/service/tickets/?status=solved"
    send(client, where, "assign", assign=agent.username)
    send(client, where, "priority", priority="urgent")
    send(client, where, "status", status="open")
    one.refresh_from_db()
    assert (one.owner_id, one.priority, one.status, one.resolved_at) == (agent.pk, "urgent", "open", None)
    client.post(f"/jobs/{Job.objects.latest('pk').token}/undo/")
    one.refresh_from_db()
    assert (one.status, one.resolved_at) == ("solved", NOW)
    assert "offered" in said(send(client, where, "status", status="lost"))


def test_a_database_that_goes_away_in_the_middle_leaves_no_row_without_its_record(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says that nothing was lost: all rows and the Undo are there, or none of them."""
    rows = leads(cast, 3)
    real = services.tag_customer

    def fails(*, customer_id: int, **given: Any) -> Customer:
        if customer_id == rows[2].pk:
            raise OperationalError
        return real(customer_id=customer_id, **given)

    monkeypatch.setattr(services, "tag_customer", fails)
    assert send(sign_in("rep"), LEADS, "tag", tag="fair").status_code == 503
    assert with_tag("fair") == set()
    assert not Job.objects.filter(kind=bulk.KIND).exists()


def test_a_tag_that_cannot_be_kept_is_refused_with_a_sentence(cast: Cast, sign_in: SignIn) -> None:
    """On the record page as in the bulk bar; some letters become two when they are kept."""
    client, row = sign_in("rep"), leads(cast, 1)[0]
    for tag in ("a\0b", "\u0958" * 60):
        for answer in (
            client.post(f"/customers/{row.pk}/tags/", {"add": tag}),
            send(client, LEADS, "tag", rows=[row], tag=tag),
        ):
            assert answer.status_code in (302, 303)
            assert "Type a tag of at most 60 letters first." in said(answer)
    row.refresh_from_db()
    assert row.tags == []
