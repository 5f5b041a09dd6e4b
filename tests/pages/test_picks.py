"""Owners and teams in a combobox: what is offered, and what the server reads of what was typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import Membership, Team, User
from customers.models import Customer
from sales.models import Deal, Stage
from service.models import Queue, Ticket
from tests.cast import Cast, make_user
from tests.counting import counting

SignIn = Callable[[str], Client]
PEOPLE, TEAMS = "/people/", "/teams/"


def named(cast: Cast, username: str, first: str, last: str, team: str = "north") -> User:
    """A colleague with a full name."""
    return make_user(username, "rep", cast.teams[team], first_name=first, last_name=last)


def offered(client: Client, address: str, **asked: str) -> str:
    """The suggestions as they are sent."""
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_only_people_within_reach_are_offered(cast: Cast, sign_in: SignIn) -> None:
    """The rep sees her team, never the south; somebody who was disabled is gone."""
    shown = offered(sign_in("rep"), PEOPLE, **{"for": "customer", "may": "change"})
    assert "cast-rep" in shown and "cast-manager" in shown
    assert not any(name in shown for name in ("cast-rival", "cast-admin", "cast-disabled"))
    assert "cast-rival" not in offered(sign_in("rep"), PEOPLE, q="rival")
    assert "cast-rival" in offered(sign_in("admin"), PEOPLE, q="rival")


def test_who_reaches_nothing_is_offered_only_themselves(cast: Cast, sign_in: SignIn) -> None:
    """And no team."""
    shown = offered(sign_in("outsider"), PEOPLE)
    assert shown.count('role="option"') == 1 and "cast-outsider" in shown
    assert 'role="option"' not in offered(sign_in("outsider"), TEAMS)


def test_teams_are_offered_within_reach(cast: Cast, sign_in: SignIn) -> None:
    """With the team above as a hint."""
    shown = offered(sign_in("rep"), TEAMS)
    assert "North" in shown and "South" not in shown
    assert "South" in offered(sign_in("admin"), TEAMS, q="sou")


@pytest.mark.parametrize("typed", ["ada", "Lovelace", "love ada", "ada.l", "Ada Lovelace (ada.l)"])
def test_a_person_is_found_by_parts_of_the_name_and_the_sign_in_name(cast: Cast, sign_in: SignIn, typed: str) -> None:
    """In any order."""
    named(cast, "ada.l", "Ada", "Lovelace")
    assert "Ada Lovelace (ada.l)" in offered(sign_in("rep"), PEOPLE, q=typed)


def test_a_chinese_name_is_found_family_name_first_without_a_blank(cast: Cast, sign_in: SignIn) -> None:
    """As people write it."""
    named(cast, "wxm", "小明", "王")
    assert "(wxm)" in offered(sign_in("rep"), PEOPLE, q="王小明")


def test_at_most_twenty_are_offered_in_the_same_queries_as_two(cast: Cast, sign_in: SignIn) -> None:
    """However many there are."""
    client, counted = sign_in("rep"), []
    for rows in (2, 40):
        for n in range(rows):
            named(cast, f"many{rows}.{n}", "Many", f"Number {n:02d}")
        with counting() as queries:
            shown = offered(client, PEOPLE, q="many")
        counted.append(len(queries))
    assert shown.count('role="option"') == 20
    assert counted[0] == counted[1]


@pytest.mark.parametrize("asked", [{"for": "password"}, {"for": "product"}, {"for": "customer", "may": "destroy"}])
def test_people_are_looked_up_for_what_has_an_owner_only(sign_in: SignIn, asked: dict[str, str]) -> None:
    """Everyone reads every product: that reach must not open the list of all colleagues."""
    for address in (PEOPLE, TEAMS):
        assert sign_in("rep").get(address, asked).status_code == 404


def test_a_form_holds_one_name_and_no_pick_list(cast: Cast, sign_in: SignIn) -> None:
    """Two hundred colleagues do not travel with the page."""
    for n in range(30):
        named(cast, f"many.{n}", "Many", f"Number {n:02d}")
    for where in ("/customers/new/", "/sales/deals/new/", "/customers/?part=filters", "/service/tickets/new/"):
        body = sign_in("admin").get(where).content.decode()
        assert 'role="combobox"' in body and "data-combo=" in body, where
        assert "Number 07" not in body, where


@pytest.mark.parametrize("typed", ["ada.l", "Ada Lovelace (ada.l)", "ada lovelace", "  ada.l "])
def test_without_a_script_a_typed_name_is_read(cast: Cast, sign_in: SignIn, typed: str) -> None:
    """U28: the sign-in name, the full name, or both."""
    ada = named(cast, "ada.l", "Ada", "Lovelace")
    given = {"name": "Grace", "kind": "person", "lifecycle": "lead", "owner": typed, "team": "North"}
    answer = sign_in("rep").post("/customers/new/", given)
    assert answer.status_code == 303, answer.content
    made = Customer.objects.get(name="Grace")
    assert (made.owner_id, made.team_id) == (ada.pk, cast.teams["north"].pk)


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("nobody.here", "There is no “nobody.here” in your teams."),
        ("cast-rival", "There is no “cast-rival” in your teams."),
        ("Ada Lovelace", "Several people are called “Ada Lovelace”. Type the sign-in name."),
        ("a\x1bb", "Type a name from the list."),
    ],
)
def test_an_unknown_name_is_refused_with_a_sentence_and_kept(
    cast: Cast, sign_in: SignIn, typed: str, sentence: str
) -> None:
    """The same for absent and for not reached."""
    named(cast, "ada.1", "Ada", "Lovelace")
    named(cast, "ada.2", "Ada", "Lovelace")
    given = {"name": "Grace", "kind": "person", "lifecycle": "lead", "owner": typed}
    answer = sign_in("rep").post("/customers/new/", given)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Customer.objects.filter(name="Grace").exists()


def test_a_sign_in_name_of_digits_is_a_name_and_never_another_persons_key(cast: Cast, sign_in: SignIn) -> None:
    """Staff numbers are common sign-in names."""
    other = cast.users["manager"]
    named(cast, str(other.pk), "Staff", "Number")
    given = {"name": "Grace", "kind": "person", "lifecycle": "lead", "owner": str(other.pk)}
    sign_in("rep").post("/customers/new/", given)
    assert Customer.objects.get(name="Grace").owner.username == str(other.pk)


def test_two_teams_of_one_name_are_told_apart_by_the_team_above(cast: Cast, sign_in: SignIn) -> None:
    """Only then the box names it."""
    Team.objects.create(name="North", parent=cast.teams["south"])
    client = sign_in("admin")
    assert "North (South)" in offered(client, TEAMS, q="north")
    given = {"name": "Grace", "kind": "person", "lifecycle": "lead", "owner": ""}
    refused = client.post("/customers/new/", {**given, "team": "North"})
    assert "Several teams are called" in refused.content.decode()
    assert client.post("/customers/new/", {**given, "team": "North (South)"}).status_code == 303


def test_saving_a_form_keeps_an_owner_whom_the_editor_could_not_name(cast: Cast, sign_in: SignIn) -> None:
    """It used to fall away: the pick list did not hold them."""
    row = cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=row.pk).update(owner=cast.users["rival"])
    client = sign_in("rep")
    body = client.get(f"/customers/{row.pk}/edit/").content.decode()
    assert "cast-rival" in body
    given = {"name": row.name, "kind": "company", "lifecycle": "active", "city": "Kiel", "owner": "cast-rival"}
    answer = client.post(f"/customers/{row.pk}/edit/", {**given, "team": "North"})
    assert answer.status_code == 303, answer.content
    row.refresh_from_db()
    assert (row.city, row.owner_id) == ("Kiel", cast.users["rival"].pk)


def test_the_owner_is_edited_in_place_by_name(cast: Cast, sign_in: SignIn) -> None:
    """And emptied by nothing."""
    row, client = cast.rows["rep"]["customer"], sign_in("rep")
    where = f"/customers/{row.pk}/fields/owner/"
    assert "cast-rep" in client.get(where).content.decode()
    client.post(where, {"owner": "cast-manager"})
    row.refresh_from_db()
    assert row.owner == cast.users["manager"]
    assert client.post(where, {"owner": "nobody.here"}).status_code == 422
    client.post(where, {"owner": ""})
    row.refresh_from_db()
    assert row.owner is None


def test_a_deal_and_a_ticket_begin_with_the_named_owner(cast: Cast, sign_in: SignIn) -> None:
    """The opener is suggested for a deal, nobody for a ticket."""
    stage, desk = Stage.objects.filter(pipeline__is_default=True).first(), Queue.objects.get(name="Desk")
    client = sign_in("rep")
    assert 'value="cast-rep"' in client.get("/sales/deals/new/").content.decode()
    client.post("/sales/deals/new/", {"title": "Big", "stage": stage.pk, "owner": "cast-manager"})
    assert Deal.objects.get(title="Big").owner == cast.users["manager"]
    given = {"subject": "Help", "priority": "normal", "queue": desk.pk, "owner": "cast-agent"}
    sign_in("agent").post("/service/tickets/new/", given)
    assert Ticket.objects.get(subject="Help").owner == cast.users["agent"]


@pytest.mark.parametrize("form", ["key", "name"])
def test_the_filter_takes_a_key_and_a_typed_name(cast: Cast, sign_in: SignIn, form: str) -> None:
    """Addresses hold keys; without a script a name arrives."""
    owner = cast.users["rep"]
    asked = str(owner.pk) if form == "key" else owner.username
    page = sign_in("admin").get("/customers/", {"owner": asked})
    assert [row.pk for row in page.context["page"].rows] == [cast.rows["rep"]["customer"].pk]
    assert [chip.value for chip in page.context["chips"]] == [owner.display_name]


def test_the_filter_for_nobody_is_a_word_and_walks_no_table(cast: Cast, sign_in: SignIn) -> None:
    """``none`` in the address, “Nobody” in the box; not one query per person."""
    client = sign_in("admin")
    page = client.get("/customers/", {"owner": "none"})
    assert [row.pk for row in page.context["page"].rows] == [cast.rows["root"]["customer"].pk]
    assert [chip.value for chip in page.context["chips"]] == ["Nobody"]
    assert client.get("/customers/", {"owner": "nobody"}).context["page"].rows == page.context["page"].rows
    with counting() as queries:
        client.get("/customers/", {"owner": "none"})
    assert not any(
        'FROM "accounts_user"' in one["sql"]
        and "LIMIT" not in one["sql"]
        and 'WHERE "accounts_user"."id"' not in one["sql"]
        for one in queries
    )


def test_the_filter_form_shows_the_chosen_person_by_name(cast: Cast, sign_in: SignIn) -> None:
    """And sends the key again."""
    ada = named(cast, "ada.l", "Ada", "Lovelace")
    body = sign_in("rep").get("/customers/", {"owner": ada.pk, "part": "filters"}).content.decode()
    assert 'value="Ada Lovelace (ada.l)"' in body
    assert f'data-combo-key="{ada.pk}"' in body


def test_the_filter_does_not_tell_who_exists_beyond_the_reach(cast: Cast, sign_in: SignIn) -> None:
    """By key or by name: the plain list and a sentence."""
    rival = cast.users["rival"]
    for asked in (str(rival.pk), rival.username, "nobody.here"):
        answer = sign_in("rep").get("/customers/", {"owner": asked}, follow=True)
        assert answer.redirect_chain, asked
        assert rival.display_name not in answer.content.decode().replace(f"“{asked}”", "")


def test_a_person_of_two_reached_teams_is_offered_once(cast: Cast, sign_in: SignIn) -> None:
    """EXISTS, not a join."""
    ada = named(cast, "ada.l", "Ada", "Lovelace")
    Membership.objects.create(user=ada, team=cast.teams["north"], role="manager")
    assert offered(sign_in("rep"), PEOPLE, q="ada").count('role="option"') == 1
