"""Choosing a password without an old one: only for who has none, and until then nothing else opens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import AuditEntry, User
from tests.cast import PASSWORD, Cast, make_user, root_team
from tests.pages.looking import Seen

SignIn = Callable[[str], Client]
CHOOSE = "/accounts/password/set/"
CHANGE = "/accounts/password/change/"
NEW = "quite another secret"
BOTH = {"password1": NEW, "password2": NEW}


@pytest.fixture
def locked_in(db: None) -> Client:
    """A client of someone who is signed in without a usable password."""
    user = make_user("nopass", "admin", root_team())
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("where", ["/", "/customers/?search=x", "/settings/profile/", CHANGE])
def test_without_a_password_every_page_leads_to_the_one_where_it_is_chosen(locked_in: Client, where: str) -> None:
    """With the way back, and no loop."""
    answer = locked_in.get(where, follow=True)
    assert answer.redirect_chain[-1][0].startswith(CHOOSE)
    assert answer.status_code == 200
    assert len(answer.redirect_chain) == 1


def test_choosing_asks_no_old_password_leads_back_and_is_noted(locked_in: Client) -> None:
    """And the session goes on."""
    page = locked_in.get("/customers/?search=x", follow=True).content.decode()
    assert 'name="next" value="/customers/?search=x"' in page and "oldpassword" not in page
    answer = locked_in.post(CHOOSE, {**BOTH, "next": "/customers/?search=x"})
    assert answer.headers["Location"] == "/customers/?search=x"
    assert locked_in.get("/customers/").status_code == 200
    user = User.objects.get(username="nopass")
    assert user.check_password(NEW)
    assert AuditEntry.objects.filter(action="user.password", object=f"user {user.pk}", user=user).count() == 1


def test_choosing_ends_the_other_sessions(locked_in: Client) -> None:
    """Whoever else came in by the old one is out."""
    other = Client()
    other.force_login(User.objects.get(username="nopass"))
    locked_in.post(CHOOSE, BOTH)
    assert other.get("/customers/").headers["Location"].startswith("/accounts/login/")
    assert other.post(CHOOSE, BOTH).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("given", [("short", "short"), (NEW, "something different"), ("password12", "password12")])
def test_a_weak_or_mistyped_password_is_refused_with_a_sentence(locked_in: Client, given: tuple[str, str]) -> None:
    """And nothing is chosen."""
    answer = locked_in.post(CHOOSE, {"password1": given[0], "password2": given[1], "next": "/customers/"})
    body = answer.content.decode()
    assert "form-errors" in body and 'value="/customers/"' in body
    assert not User.objects.get(username="nopass").has_usable_password()


def test_it_leads_to_no_other_host(locked_in: Client) -> None:
    """``next`` is an address of ours."""
    answer = locked_in.post(CHOOSE, {**BOTH, "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/settings/profile/"


def test_who_has_a_password_never_changes_it_without_the_old_one(cast: Cast, sign_in: SignIn) -> None:
    """The page without the old one sends them to the page with it, whether they look or send."""
    client = sign_in("rep")
    assert client.get(CHOOSE).headers["Location"] == CHANGE
    assert client.post(CHOOSE, BOTH).headers["Location"] == CHANGE
    client.post(CHANGE, {"oldpassword": "a wrong one", **BOTH})
    assert User.objects.get(pk=cast.users["rep"].pk).check_password(PASSWORD)
    client.post(CHANGE, {"oldpassword": PASSWORD, **BOTH})
    assert User.objects.get(pk=cast.users["rep"].pk).check_password(NEW)


def test_a_page_that_was_left_open_chooses_no_second_password(locked_in: Client) -> None:
    """Once chosen, the form without the old one is worth nothing."""
    locked_in.post(CHOOSE, BOTH)
    answer = locked_in.post(CHOOSE, {"password1": "a third long secret", "password2": "a third long secret"})
    assert answer.headers["Location"] == CHANGE
    assert User.objects.get(username="nopass").check_password(NEW)


def test_what_a_form_sends_goes_through_and_the_notice_stands_above_it(locked_in: Client) -> None:
    """Typed input is never lost to the choosing."""
    refused = locked_in.post("/customers/new/", {"name": "Grace Hopper", "email": "no address", "kind": "person"})
    body = refused.content.decode()
    assert refused.status_code == 422
    assert "Grace Hopper" in body and CHOOSE in body
    assert locked_in.get("/nav/counts/", headers={"HX-Request": "true"}).status_code == 200
    assert locked_in.get("/api/docs/").status_code == 200


def test_signing_out_stays_possible_and_nobody_else_sees_the_notice(
    cast: Cast, sign_in: SignIn, locked_in: Client
) -> None:
    """A visitor and those with a password are left alone."""
    assert CHOOSE not in sign_in("rep").get("/customers/").content.decode()
    assert Client().get(CHOOSE).headers["Location"].startswith("/accounts/login/")
    assert locked_in.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_the_password_keep_the_rules_of_the_house(
    cast: Cast, sign_in: SignIn, locked_in: Client, language: str
) -> None:
    """One h1, one main, one solid button, nothing inline."""
    User.objects.update(language=language)
    for client, where in ((locked_in, CHOOSE), (sign_in("rep"), CHANGE)):
        seen = Seen(client.get(where).content.decode())
        assert (seen.tags["h1"], seen.tags["main"], seen.primary) == (1, 1, 1), where
        assert not (seen.faults or seen.outside or seen.twice), where
