"""Conditions with AND and OR on pages, in the REST lists, in exports and bulk actions, for each reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Grant
from crm.kit.lists.rows import list_of
from customers.models import Customer
from tests.cast import KINDS, Cast, canary, make_customer, make_score
from tests.pages.bulking import leads, said, send, with_tag

SignIn = Callable[[str], Client]


def names(client: Client, where: str, address: str = "/customers/") -> set[str]:
    """The first cells of a list under conditions."""
    answer = client.get(address, {"where": where})
    assert answer.status_code == 200, answer.headers.get("Location")
    return {
        getattr(row, "name", "") or getattr(row, "title", "") or getattr(row, "subject", "")
        for row in answer.context["page"].rows
    }


@pytest.fixture
def people(cast: Cast) -> dict[str, Customer]:
    """Four customers of the rep's team that differ in everything."""
    team, rep = cast.teams["north"], cast.users["rep"]
    return {
        "ada": make_customer("Ada", team=team, owner=rep, city="Berlin", lifecycle="lead", tags=["vip", "new"], email="ada@x.org"),
        "bob": make_customer("Bob", team=team, owner=None, city="Berlin", lifecycle="active", tags=["vip"], country="DE"),
        "cleo": make_customer("Cleo", team=team, owner=rep, city="Bern, old town", lifecycle="lost", country="CH"),
        "dan": make_customer("Dan", team=team, owner=cast.users["manager"], city="", lifecycle="lead"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "where, wanted",
    [
        ("city.is:Berlin", {"Ada", "Bob"}),
        ("city.is:Berlin;lifecycle.is:lead", {"Ada"}),
        ("city.is:Berlin|country.is:CH", {"Ada", "Bob", "Cleo"}),
        ("lifecycle.any:lead,lost;(city.empty|city.contains:town)", {"Cleo", "Dan"}),
        ("city.is:Bern\\, old town", {"Cleo"}),
        ("city.any:Berlin,Bern\\, old town", {"Ada", "Bob", "Cleo"}),
        ("city.starts:ber;name.not:Ada", {"Bob", "Cleo"}),
        ("tags.is:vip", {"Ada", "Bob"}),
        ("tags.any:new,old", {"Ada"}),
        ("tag.not:vip;owner.filled", {"Cleo", "Dan"}),
        ("owner.empty", {"Bob"}),
        ("owner.is:me;name.any:Ada,Bob,Cleo,Dan", {"Ada", "Cleo"}),
        ("email.contains:@X.org", {"Ada"}),
        ("created.last:7;(country.is:DE|(country.is:CH;lifecycle.is:lost))", {"Bob", "Cleo"}),
    ],
)
def test_conditions_find_what_they_say(people: Any, sign_in: SignIn, where: str, wanted: set[str]) -> None:
    """Every operator, both joins, three levels."""
    assert names(sign_in("rep"), where.replace("tags.", "tag.")) - {f"{canary('rep', 'customer')} Ltd"} == wanted


def test_figures_of_the_models_can_be_asked_beside_columns(people: dict[str, Customer], sign_in: SignIn) -> None:
    """Filters of apps above are facets too; who has no score is not "below" anything."""
    make_score(people["ada"], 0.9)
    make_score(people["bob"], 0.2)
    client = sign_in("rep")
    assert names(client, "churn_probability.gt:0.5") == {"Ada"}
    assert names(client, "churn_probability.between:0.1,0.3|city.contains:town") == {"Bob", "Cleo"}
    assert "Dan" in names(client, "churn_probability.empty")
    assert names(client, "clv_12m.filled;city.is:Berlin") == {"Ada", "Bob"}


def test_days_begin_where_the_reader_is(people: dict[str, Customer], sign_in: SignIn) -> None:
    """On, before, after, between and in the last days."""
    now = timezone.now()
    Customer.objects.filter(pk=people["ada"].pk).update(created_at=now - timedelta(days=40))
    client, day = sign_in("rep"), timezone.localdate(now - timedelta(days=40)).isoformat()
    assert names(client, f"created.on:{day}") == {"Ada"}
    assert names(client, f"created.between:{day},{day}") == {"Ada"}
    assert "Ada" not in names(client, f"created.before:{day}") | names(client, f"created.after:{day}")
    assert "Ada" not in names(client, "created.last:30") and "Ada" in names(client, "created.last:41")


def test_a_deal_is_found_by_its_customer(cast: Cast, sign_in: SignIn) -> None:
    """Fields of the record above, with its own reach and field rules."""
    client = sign_in("rep")
    assert names(client, f"customer.city.is:{canary('rep', 'customer')}", "/sales/deals/") == {canary("rep", "deal")}
    assert names(client, "customer.city.is:Nowhere", "/sales/deals/") == set()
    assert names(client, f"customer.name.contains:{canary('rep', 'customer')};amount.gt:5", "/sales/deals/")


@pytest.mark.parametrize("actor", ["rep", "rival", "manager"])
def test_no_condition_finds_a_row_out_of_reach(cast: Cast, sign_in: SignIn, actor: str) -> None:
    """The canary of others never appears, whichever facet asks for it, alone or under OR."""
    other = "rep" if actor == "rival" else "rival"
    words = ",".join(canary(other, kind) for kind in KINDS)
    for key in ("customers.customer", "sales.deal", "service.ticket", "sales.order", "marketing.campaign"):
        listing = list_of(key)
        assert listing is not None
        for name, facet in listing.filterset_class.facets(cast.users[actor]).items():
            rest = f"|{name}.filled" if "filled" in facet.operators else ""
            asked = f"{name}.any:{words}" if facet.kind in ("text", "list", "named") else f"{name}.filled"
            if "filled" in facet.operators or facet.kind == "named":
                rows = listing.read_by(cast.users[actor], urlencode({"where": asked + rest})).rows
                assert not [row for row in rows if other in str(row)], (key, name)


def test_a_deal_whose_customer_is_out_of_reach_is_not_found_by_it(cast: Cast, sign_in: SignIn) -> None:
    """The agent reads every deal; the fields of a customer that they do not reach answer nothing."""
    client, word = sign_in("agent"), canary("rep", "customer")
    assert names(client, f"customer.city.is:{word}", "/sales/deals/") == {canary("rep", "deal")}
    Grant.objects.filter(role="agent", object="customer", action="view").update(scope="own")
    client = sign_in("agent")
    assert names(client, f"customer.city.is:{word}|customer.city.filled", "/sales/deals/") == set()


def test_masked_fields_cannot_be_asked(cast: Cast, sign_in: SignIn) -> None:
    """The agent sees e-mail masked and no amounts: neither on the page, nor through a record above, nor by REST."""
    client = sign_in("agent")
    for address, where in (
        ("/customers/", "email.starts:kite"), ("/customers/", "phone.contains:30"), ("/sales/deals/", "amount.gt:1"),
        ("/sales/deals/", "customer.email.starts:kite"), ("/service/tickets/", "customer.address.contains:Street"),
    ):  # fmt: skip
        answer = client.get(address, {"where": where})
        assert answer.status_code == 302 and "cannot be filtered by" in said(answer)
    refused = Client().get("/api/v1/customers/", {"where": "email.starts:kite"}, headers=cast.headers("agent"))
    assert refused.status_code == 400


def test_the_rest_list_takes_the_same_conditions(people: Any, cast: Cast) -> None:
    """And answers 400 with a sentence for what it does not know."""
    client = Client()
    found = client.get(
        "/api/v1/customers/", {"where": "city.is:Berlin|city.contains:town"}, headers=cast.headers("rep")
    )
    assert {row["name"] for row in found.json()["results"]} == {"Ada", "Bob", "Cleo"}
    bad = client.get("/api/v1/customers/", {"where": "password.is:x"}, headers=cast.headers("rep"))
    assert bad.status_code == 400 and "password" in str(bad.json())


@pytest.mark.parametrize(
    "where",
    [
        "owner__password.contains:a", "password.is:x", "id.is:1", "name.regex:(a+)+$", "city.is", "city.between:a,b",
        "created.on:2026-13-40", "created.last:99999999999999999999", "churn_probability.gt:1e999999", "owner.is:0",
        "owner.is:999999999999999999999", "team.is:999999", "lifecycle.is:nonsense", "name.is:a\\", "((((name.is:a))))",
        "name.is:a;name.is:b|name.is:c", "x" * 3000, "name.is:' OR 1=1 --;nope.is:1", "\ud800", "custom__x.is:1",
    ],
)  # fmt: skip
def test_hostile_conditions_are_refused_with_a_sentence(cast: Cast, sign_in: SignIn, where: str) -> None:
    """A27, A47: never an error, never a wider list; writing with them changes nothing."""
    client = sign_in("rep")
    address = "/customers/?where=" + quote(where, errors="surrogatepass")
    answer = client.get(address)
    assert answer.status_code in (302, 400)
    if answer.status_code == 302:
        assert said(answer)
    send(client, address, "tag", tag="fair")
    assert with_tag("fair") == set()


def test_all_that_match_conditions_are_changed_and_exported(people: Any, cast: Cast, sign_in: SignIn) -> None:
    """The same text in a bulk action and in a file."""
    client = sign_in("rep")
    leads(cast, 2)
    address = "/customers/?where=city.is:Berlin|city.contains:town"
    send(client, address, "tag", tag="fair")
    assert {row.name for row in Customer.objects.filter(tags__contains=["fair"])} == {"Ada", "Bob", "Cleo"}
    body = b"".join(client.get(f"{address}&format=csv").streaming_content).decode()
    assert {"Ada", "Bob", "Cleo"} <= set(body.replace("\r", "").replace("\n", ",").split(",")) and "Dan" not in body


def test_chips_say_the_conditions_and_take_each_away(people: Any, sign_in: SignIn) -> None:
    """A group is one chip."""
    answer = sign_in("rep").get("/customers/", {"where": "city.is:Berlin;(lifecycle.is:lead|owner.empty)"})
    chips = answer.context["chips"]
    assert [(chip.field, chip.operator, chip.value) for chip in chips] == [
        ("City", "is", "Berlin"),
        ("", "", "Lifecycle is Lead or Owner is empty"),
    ]
    assert chips[0].remove == "/customers/?where=(lifecycle.is:lead|owner.empty)"
    assert chips[1].remove == "/customers/?where=city.is:Berlin"


def test_the_form_builds_conditions_without_a_script(people: Any, cast: Cast, sign_in: SignIn) -> None:
    """Each button sends the whole form and gets it back, one step further."""
    client = sign_in("rep")
    first = client.get("/customers/?part=where").content.decode()
    assert 'name="w.0-0.f"' in first and "<optgroup" not in first
    form = {"part": "where", "w.0.j": "or", "w.0-0.f": "city", "do": "show", "ordering": "-created_at"}
    shown = client.get("/customers/", form).content.decode()
    assert 'name="w.0-0.o"' in shown and "begins with" in shown
    grown = client.get("/customers/", {**form, "w.0-0.o": "is", "w.0-0.v": "Berlin", "do": "group:0"}).content.decode()
    assert 'name="w.0-1.j"' in grown and 'name="w.0-1-0.f"' in grown and 'value="Berlin"' in grown
    done = client.get("/customers/", {
        **form, "w.0-0.o": "is", "w.0-0.v": "Berlin", "w.0-1.j": "and", "w.0-1-0.f": "lifecycle", "w.0-1-0.o": "any",
        "w.0-1-0.v": ["lead", "lost"], "w.0-1-1.f": "owner", "w.0-1-1.o": "is", "w.0-1-1.v": "cast-rep", "do": "apply",
    })  # fmt: skip
    where = f"city.is:Berlin|(lifecycle.any:lead,lost;owner.is:{cast.users['rep'].pk})"
    assert unquote(done.headers["Location"]) == f"/customers/?ordering=-created_at&where={where}"


def test_a_line_of_the_form_that_makes_no_sense_says_so_and_keeps_the_rest(cast: Cast, sign_in: SignIn) -> None:
    """U7."""
    answer = sign_in("rep").get("/customers/", {
        "part": "where", "w.0.j": "and", "w.0-0.f": "city", "w.0-0.o": "is", "w.0-0.v": "Berlin", "w.0-1.f": "created",
        "w.0-1.o": "on", "w.0-1.v": "yesterday", "do": "apply",
    })  # fmt: skip
    body = answer.content.decode()
    assert answer.status_code == 422 and 'value="Berlin"' in body and "Enter a valid date." in body


@pytest.mark.parametrize("do", ["add:0-99", "drop:0", "drop:", "group:0-0-0-0-0", "zap", "add:x", "apply"])
def test_a_form_that_was_bent_by_hand_is_drawn_again(cast: Cast, sign_in: SignIn, do: str) -> None:
    """No error, whatever the places say."""
    sent = {
        "part": "where",
        "w.0.j": "xor",
        "w.0-0-0-0-0.f": "city",
        "w.9.f": "city",
        "w.0-0.f": "nope",
        "w.x.f": "a",
        "do": do,
    }
    assert sign_in("rep").get("/customers/", sent).status_code in (200, 303, 422)
