"""Saved views: tabs, changes, sharing, what a list opens with, the sidebar, and who may do which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.accounts import savedviews
from crm.accounts.models import DefaultView, Membership, SavedView, User
from crm.kit.errors import Refused
from tests.cast import NOW, Cast
from tests.pages.bulking import said

SignIn = Callable[[str], Client]
NEXT = {"next": "/customers/"}


def view_of(
    cast: Cast, actor: str = "rep", query: str = "lifecycle=lead", team: str = "", name: str = "Leads of mine"
) -> SavedView:
    """A view of an actor, shared with a team or not."""
    user = User.objects.get(pk=cast.users[actor].pk)
    shared = cast.teams[team] if team else None
    return savedviews.save_view(user=user, list_key="customers.customer", name=name, query=query, now=NOW, team=shared)


def tabs(client: Client, address: str = "/customers/") -> list[str]:
    """The tabs of the customer list."""
    return [str(tab.label) for tab in client.get(address).context["tabs"]]


def test_a_view_keeps_everything_of_the_list_and_says_when_it_differs(cast: Cast, sign_in: SignIn) -> None:
    """Filters, conditions, sort, columns, density, page size and grouping; a pill saves or resets."""
    client = sign_in("rep")
    query = "lifecycle=lead&where=city.is%3ABerlin&ordering=-created_at&columns=city&density=comfortable&page_size=20"
    answer = client.post("/views/", {"list": "customers.customer", "query": query, "name": "Berlin", **NEXT})
    view = SavedView.objects.get()
    assert answer.headers["Location"] == f"/customers/?{query}&view={view.pk}"
    page = client.get(answer.headers["Location"])
    assert [tab.current for tab in page.context["tabs"]].count(True) == 1
    assert "Unsaved changes" not in page.content.decode()
    changed = client.get(f"/customers/?{query.replace('Berlin', 'Kiel')}&view={view.pk}").content.decode()
    assert "Unsaved changes" in changed and f"/views/{view.pk}/change/" in changed
    client.post(f"/views/{view.pk}/change/", {"query": "lifecycle=lost", **NEXT})
    view.refresh_from_db()
    assert view.query == "lifecycle=lost"


def test_searching_and_filtering_stay_in_the_open_view(cast: Cast, sign_in: SignIn) -> None:
    """The forms of the toolbar carry it along."""
    view = view_of(cast)
    body = sign_in("rep").get(f"/customers/?lifecycle=lead&view={view.pk}").content.decode()
    assert body.count(f'name="view" value="{view.pk}"') >= 1


def test_a_team_view_is_seen_by_the_team_and_the_teams_below(cast: Cast, sign_in: SignIn) -> None:
    """Not by the neighbours; a personal one by its owner only."""
    view_of(cast, "rep", team="north", name="For the north")
    view_of(cast, "admin", team="root", name="For everybody")
    view_of(cast, "manager", name="The manager's own")
    assert {"For the north", "For everybody"} <= set(tabs(sign_in("manager")))
    assert "The manager's own" in tabs(sign_in("manager"))
    assert "The manager's own" not in tabs(sign_in("rep"))
    assert "For everybody" in tabs(sign_in("rival"))
    assert "For the north" not in tabs(sign_in("rival"))
    assert "For the north" not in tabs(sign_in("admin"))  # the team above is not the team


VERBS: list[tuple[str, dict[str, str]]] = [
    ("change", {"name": "Other"}), ("share", {"shared": "0"}), ("delete", {}), ("copy", {}), ("star", {"on": "1"}), ("open", {"on": "1"}),
]  # fmt: skip


@pytest.mark.parametrize("verb, sent", VERBS)
def test_who_does_not_see_a_view_can_do_nothing_with_it(
    cast: Cast, sign_in: SignIn, verb: str, sent: dict[str, str]
) -> None:
    """The same 404 as for none."""
    view = view_of(cast, "rep", team="north")
    assert sign_in("rival").post(f"/views/{view.pk}/{verb}/", {**sent, **NEXT}).status_code == 404
    assert sign_in("rival").post(f"/views/999999/{verb}/", {**sent, **NEXT}).status_code == 404


@pytest.mark.parametrize("verb, sent", VERBS[:3])
def test_a_colleague_sees_a_team_view_and_may_not_change_it_but_the_manager_may(
    cast: Cast, sign_in: SignIn, verb: str, sent: dict[str, str]
) -> None:
    """By its owner and the team's managers."""
    view = view_of(cast, "rep", team="north")
    Membership.objects.create(user=cast.users["rival"], team=cast.teams["north"], role="rep")
    colleague = sign_in("rival").post(f"/views/{view.pk}/{verb}/", {**sent, **NEXT})
    assert "belongs to someone else" in said(colleague)
    manager = sign_in("manager").post(f"/views/{view.pk}/{verb}/", {**sent, **NEXT})
    assert "belongs to someone else" not in said(manager)


def test_a_view_never_widens_reach(cast: Cast, sign_in: SignIn) -> None:
    """A team view that asks for the rows of others shows its reader nothing of them."""
    view = view_of(cast, "admin", query="where=name.contains%3Akiterival", team="root", name="Spy")
    body = sign_in("rep").get(f"/customers/?where=name.contains:kiterival&view={view.pk}").content.decode()
    assert "kiterivalcustomer Ltd" not in body and "Nothing matches" in body


def test_a_list_opens_with_ones_own_choice_before_everybodys(cast: Cast, sign_in: SignIn) -> None:
    """And "All" still shows all."""
    team, own = view_of(cast, "manager", team="north", name="Team"), view_of(cast, "rep", "lifecycle=lost", name="Own")
    assert "Only managers" in said(sign_in("rep").post(f"/views/{team.pk}/open/", {"on": "1", "all": "1", **NEXT}))
    sign_in("manager").post(f"/views/{team.pk}/open/", {"on": "1", "all": "1", **NEXT})
    client = sign_in("rep")
    assert client.get("/customers/").headers["Location"] == f"/customers/?lifecycle=lead&view={team.pk}"
    client.post(f"/views/{own.pk}/open/", {"on": "1", **NEXT})
    assert client.get("/customers/").headers["Location"] == f"/customers/?lifecycle=lost&view={own.pk}"
    whole = client.get("/customers/?view=all")
    assert whole.status_code == 200 and whole.context["tabs"][0].current
    assert whole.context["tabs"][0].href == "/customers/?view=all"
    client.post(f"/views/{own.pk}/open/", {"on": "0", **NEXT})
    client.post(f"/views/{team.pk}/share/", {"shared": "0", **NEXT})
    assert client.get("/customers/").status_code == 302
    sign_in("manager").post(f"/views/{team.pk}/share/", {"shared": "0", **NEXT})
    assert client.get("/customers/").status_code == 200
    assert not DefaultView.objects.exists()


def test_a_personal_view_cannot_be_everybodys(cast: Cast, sign_in: SignIn) -> None:
    """They would open a list that nobody else sees."""
    view = view_of(cast, "manager")
    assert "Share the view" in said(sign_in("manager").post(f"/views/{view.pk}/open/", {"on": "1", "all": "1", **NEXT}))


def test_a_starred_view_stands_in_the_sidebar_and_follows_its_view(cast: Cast, sign_in: SignIn) -> None:
    """Renamed, changed, unshared, deleted."""
    view, client = view_of(cast, "manager", team="north", name="Calls"), sign_in("rep")
    client.post(f"/views/{view.pk}/star/", {"on": "1", **NEXT})
    assert f'href="/customers/?lifecycle=lead&amp;view={view.pk}"' in client.get("/").content.decode()
    sign_in("manager").post(f"/views/{view.pk}/change/", {"name": "Calls <b>", "query": "lifecycle=lost", **NEXT})
    assert User.objects.get(pk=cast.users["rep"].pk).starred == [
        {"view": view.pk, "name": "Calls <b>", "href": f"/customers/?lifecycle=lost&view={view.pk}"}
    ]
    assert "Calls &lt;b&gt;" in client.get("/").content.decode()
    sign_in("manager").post(f"/views/{view.pk}/share/", {"shared": "0", **NEXT})
    assert User.objects.get(pk=cast.users["rep"].pk).starred == []


def test_a_star_leads_to_the_list_and_nowhere_else(cast: Cast, sign_in: SignIn) -> None:
    """Whatever the form says it came from."""
    view, client = view_of(cast), sign_in("rep")
    client.post(f"/views/{view.pk}/star/", {"on": "1", "next": "/accounts/logout/"})
    assert User.objects.get(pk=cast.users["rep"].pk).starred[0]["href"].startswith("/?")


def test_a_deleted_view_comes_back_by_undo_for_its_owner_only(cast: Cast, sign_in: SignIn) -> None:
    """And its name is free in between."""
    view, client = view_of(cast, "rep", team="north"), sign_in("rep")
    answer = client.post(f"/views/{view.pk}/delete/", NEXT)
    assert f"/views/{view.pk}/restore/" in said(answer)
    assert "Leads of mine" not in tabs(client)
    assert sign_in("manager").post(f"/views/{view.pk}/restore/", NEXT).status_code == 404
    client.post(f"/views/{view.pk}/restore/", NEXT)
    assert "Leads of mine" in tabs(client)
    client.post(f"/views/{view.pk}/delete/", NEXT)
    view_of(cast)
    assert "already" in said(client.post(f"/views/{view.pk}/restore/", NEXT))


def test_a_copy_is_ones_own_under_a_free_name(cast: Cast, sign_in: SignIn) -> None:
    """Also of a view that belongs to someone else."""
    view = view_of(cast, "manager", team="north", name="Calls")
    client = sign_in("rep")
    client.post(f"/views/{view.pk}/copy/", NEXT)
    client.post(f"/views/{SavedView.objects.get(user=cast.users['rep']).pk}/copy/", NEXT)
    assert set(SavedView.objects.filter(user=cast.users["rep"]).values_list("name", "team")) == {
        ("Calls", None),
        ("Calls (2)", None),
    }


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "\n"])
def test_a_view_needs_a_name_that_can_be_shown(cast: Cast, sign_in: SignIn, name: str) -> None:
    """A sentence, and nothing is kept."""
    sent: dict[str, Any] = {"list": "customers.customer", "query": "lifecycle=lead", "name": name, **NEXT}
    assert "needs a name" in said(sign_in("rep").post("/views/", sent))
    assert not SavedView.objects.exists()


def test_more_views_than_tabs_stand_in_a_menu(cast: Cast, sign_in: SignIn) -> None:
    """The open one is always a tab."""
    views = [view_of(cast, name=f"View {n}") for n in range(9)]
    page = sign_in("rep").get(f"/customers/?lifecycle=lead&view={views[8].pk}")
    assert "View 8" in [tab.label for tab in page.context["tabs"]]
    assert {name for name, _href in page.context["list"].more_views} == {"View 5", "View 6", "View 7"}


def test_there_is_a_most_of_views_and_of_stars(cast: Cast) -> None:
    """With a sentence."""
    for n in range(savedviews.MAX_VIEWS):
        view = view_of(cast, name=f"View {n}")
    with pytest.raises(Refused, match="the most"):
        view_of(cast, name="One more")
    user = User.objects.get(pk=cast.users["rep"].pk)
    user.starred = [{"view": -n, "name": "x", "href": "/"} for n in range(savedviews.MAX_STARRED)]
    with pytest.raises(Refused, match="the most"):
        savedviews.star_view(user=user, view_id=view.pk, on=True, path="/customers/")
