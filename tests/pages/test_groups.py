"""Groups with counts and sums, totals, the order of columns, row heights: within reach, by address, without a script."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from crm.kit.lists import groups
from customers.models import Customer
from sales.models import Deal
from tests.cast import Cast, make_customer, make_score
from tests.counting import counting
from tests.pages.bulking import leads, said

SignIn = Callable[[str], Client]


def lines(client: Client, address: str) -> dict[str, str]:
    """Label and count of the groups of a list."""
    return {line.label: line.count for line in client.get(address).context["lines"]}


def test_groups_are_counted_within_reach_and_filters(cast: Cast, sign_in: SignIn) -> None:
    """The largest first; rows of others count for nobody."""
    leads(cast, 3)
    leads(cast, 5, band="rival")
    make_customer("Lost", team=cast.teams["north"], lifecycle="lost", city="Kiel")
    client = sign_in("rep")
    assert lines(client, "/customers/?group=lifecycle") == {"Lead": "3", "Active": "1", "Lost": "1"}
    assert next(iter(lines(client, "/customers/?group=lifecycle"))) == "Lead"
    assert lines(client, "/customers/?group=lifecycle&where=city.is:Kiel") == {"Lost": "1"}
    assert lines(client, "/customers/?group=owner") == {"cast-rep": "4", "None": "1"}
    assert lines(client, "/customers/?group=team") == {"North": "5"}


@pytest.mark.parametrize("actor", ["rep", "rival", "manager", "agent"])
def test_no_group_no_sum_and_no_total_tells_of_rows_out_of_reach(cast: Cast, sign_in: SignIn, actor: str) -> None:
    """Neither a heading nor a figure: the counts add up to what the list holds."""
    client = sign_in(actor)
    for path, names in (
        ("/customers/", ("lifecycle", "owner", "team", "country", "churn_band")), ("/sales/deals/", ("stage", "owner", "currency")),
        ("/service/tickets/", ("status", "queue", "owner")), ("/sales/orders/", ("kind", "team")),
    ):  # fmt: skip
        held = len(client.get(path).context["page"].rows)
        for name in names:
            found = lines(client, f"{path}?group={name}")
            assert sum(int(count) for count in found.values()) == held, (path, name)
            assert (
                actor == "agent"
                or not {"cast-rival" if actor != "rival" else "cast-rep", "South" if actor != "rival" else "North"}
                & found.keys()
            )


def test_hidden_amounts_are_neither_summed_nor_counted(cast: Cast, sign_in: SignIn) -> None:
    """The agent sees deals without their amounts, grouped too."""
    Deal.objects.update(home_amount=Decimal(777))
    for query in ("group=stage", "totals=sum", "totals=avg", "totals=filled", "group=stage&columns=amount&totals=sum"):
        assert "777" not in sign_in("agent").get(f"/sales/deals/?{query}").content.decode()
    assert "777" in sign_in("rep").get("/sales/deals/?totals=sum").content.decode()
    assert "777" in sign_in("rep").get("/sales/deals/?group=stage").content.decode()


def test_a_group_opens_with_its_rows_and_leads_to_them_without_a_script(cast: Cast, sign_in: SignIn) -> None:
    """The part for the script and the plain list hold the same rows."""
    leads(cast, 60)
    client = sign_in("rep")
    line = next(
        one
        for one in client.get("/customers/?group=lifecycle&ordering=-created_at").context["lines"]
        if one.label == "Lead"
    )
    part = client.get(line.open).content.decode()
    assert part.count("<tr data-row>") == 50 and "Show all of this group" in part and "<html" not in part
    assert unquote(line.href) == "/customers/?ordering=-created_at&where=lifecycle.is:lead"
    assert "50 of 60" in client.get(line.href).content.decode()


def test_groups_take_the_same_queries_for_few_groups_and_for_many(cast: Cast, sign_in: SignIn) -> None:
    """At most ten."""
    client, counted = sign_in("rep"), []
    for n in (2, 20):
        for number in range(n):
            make_customer(f"C {n} {number}", team=cast.teams["north"], owner=cast.users["rep"], country=f"X{number}")
        client.get("/customers/?group=country")
        with counting() as queries:
            client.get("/customers/?group=country&totals=filled")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 11


def test_numbers_beyond_the_cap_are_marked(cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "At least" is said where not all rows were counted."""
    monkeypatch.setattr(groups, "COUNTED", 5)
    leads(cast, 12)
    found = lines(sign_in("rep"), "/customers/?group=lifecycle&lifecycle=lead")
    assert found == {"Lead": "6+"}


def test_totals_stand_in_the_foot(cast: Cast, sign_in: SignIn) -> None:
    """Sum, average and how many are filled in, over all pages."""
    for number in range(3):
        make_score(make_customer(f"C {number}", team=cast.teams["north"], owner=cast.users["rep"], city="Kiel"), 0.1)
    client = sign_in("rep")
    body = client.get("/customers/?columns=clv_12m,city&totals=sum&where=city.is:Kiel").content.decode()
    assert "<tfoot>" in body and "300" in body.split("<tfoot>")[1]
    average = client.get("/customers/?columns=clv_12m,city&totals=avg&where=city.is:Kiel").content.decode()
    assert "100" in average.split("<tfoot>")[1]
    Customer.objects.filter(name="C 0").update(city="")
    filled = client.get("/customers/?columns=city&totals=filled&where=name.starts:C%20").content.decode()
    assert "67%" in filled.split("<tfoot>")[1] or "67 %" in filled.split("<tfoot>")[1]
    assert "<tfoot>" not in client.get("/customers/?totals=nonsense").content.decode()


@pytest.mark.parametrize(
    "name", ["password", "email", "name", "owner__password", "x" * 300, "customer.owner", "(", "\0"]
)
def test_a_list_is_grouped_by_what_it_offers_only(cast: Cast, sign_in: SignIn, name: str) -> None:
    """A sentence, and the plain list."""
    answer = sign_in("rep").get("/customers/", {"group": name})
    assert answer.status_code == 302 and "cannot be grouped" in said(answer)


def test_columns_keep_the_order_of_the_address(cast: Cast, sign_in: SignIn) -> None:
    """On the page and in the file; the first stays first, unknown ones are left out."""
    client = sign_in("rep")
    page = client.get("/customers/?columns=tags,city,owner,nonsense,city")
    assert [str(head.label) for head in page.context["headings"]] == ["Name", "Tags", "City", "Owner"]
    text = b"".join(client.get("/customers/?columns=tags,owner&format=csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "Name,Tags,Owner"


def test_the_columns_are_put_in_order_by_buttons(cast: Cast, sign_in: SignIn) -> None:
    """Each button sends the form; ticks and order are kept until it is applied."""
    client = sign_in("rep")
    form: dict[str, Any] = {
        "part": "display",
        "order": ["owner", "city", "tags"],
        "shown": ["owner", "tags"],
        "lifecycle": "lead",
    }
    moved = client.get("/customers/", {**form, "do": "up:tags"}).content.decode()
    places = [moved.index(f'name="order" value="{name}"') for name in ("owner", "tags", "city")]
    assert places == sorted(places)
    done = client.get(
        "/customers/",
        {
            **form,
            "order": ["tags", "owner"],
            "group": "owner",
            "density": "comfortable",
            "page_size": "20",
            "do": "apply",
        },
    )
    assert (
        done.headers["Location"]
        == "/customers/?lifecycle=lead&columns=tags,owner&group=owner&density=comfortable&page_size=20"
    )
    page = client.get("/customers/?density=comfortable&page_size=20").content.decode()
    assert 'class="list" data-density="comfortable"' in page
    for do in ("up:nonsense", "down:", "zap", "apply"):
        assert client.get("/customers/", {"part": "display", "order": ["x", "name"], "do": do}).status_code in (
            200,
            303,
        )
