"""The palette and the search page: what they show, to whom, and what they never show."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from django.test import Client

from crm.kit import finding, palette, subjects
from crm.kit.subjects import Hit
from customers.models import Customer
from sales.models import Order
from service.models import Ticket
from tests.cast import BANDS, KINDS, Cast, canary, make_customer

SignIn = Callable[[str], Client]
FOUND = ("customer", "contact", "deal", "ticket", "order", "campaign")
EVIL = "<img src=x onerror=alert(1)> “Anna” & <b>Söhne</b>"


def get(client: Client, address: str, **params: str) -> str:
    """The body of a page."""
    answer = client.get(address, params)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("actor", ["rep", "rival", "manager", "agent", "admin", "outsider"])
def test_search_shows_what_lies_within_reach_and_no_other_canary(cast: Cast, sign_in: SignIn, actor: str) -> None:
    """A04: on the page and in the palette, whole words, beginnings and slips alike."""
    client, user = sign_in(actor), cast.users[actor]
    foreign = [canary(band, kind) for band in BANDS for kind in KINDS if not _sees(cast, user, band, kind)]
    for band, kind in product(BANDS, FOUND):
        word = canary(band, kind)
        reached = _sees(cast, user, band, kind)
        if kind == "contact":  # shown on the page of a customer
            reached = reached and _sees(cast, user, band, "customer")
        for text, address in product((word, word[:-2], f"{word[:6]}x{word[6:]}"), ("/search", "/palette/")):
            hits = _records(get(client, address, q=text))
            assert not [one for one in foreign if one in hits], (address, text)
            assert text != word or (word in hits) == reached, (address, text)


def _records(body: str) -> str:
    """The lines that lead to records, without marks: not those that repeat what was typed."""
    lines = re.findall(r'<a class="(?:hit|palette-item)".*?</a>', body, re.S)
    return re.sub(r"</?mark>", "", " ".join(line for line in lines if "/new/?" not in line and "/search?" not in line))


def _sees(cast: Cast, user: object, band: str, kind: str) -> bool:
    row = cast.rows[band][kind]
    return bool(user.access.can(kind) and type(row).objects.visible_to(user).filter(pk=row.pk).exists())  # type: ignore[attr-defined]


def test_counts_equal_the_own_scope(cast: Cast, sign_in: SignIn) -> None:
    """A04: a facet counts what the reader reaches."""
    for team in ("north", "south"):
        for number in range(12):
            make_customer(f"Counted {number}", team=cast.teams[team])
    for actor, expected in (("rep", 12), ("admin", 24), ("agent", 24)):
        (group,) = finding.find(cast.users[actor], "counted", 5).groups
        assert (
            group.count().value
            == expected
            == Customer.objects.visible_to(cast.users[actor]).filter(name__startswith="Counted").count()
        )
        assert f'<span class="count">{expected}</span>' in get(sign_in(actor), "/search", q="counted")


def test_masked_fields_are_neither_searched_nor_shown_as_a_reason(cast: Cast, sign_in: SignIn) -> None:
    """A53: the agent's hit says nothing of the e-mail; the rep's says why."""
    row = make_customer("Plain", email="wonderful@corp.example", phone="+49 30 99998888", team=cast.teams["north"])
    for text, shown in (("wonderful", "wonderful</mark>@corp.example"), ("8888", "9999<mark>8888")):
        assert shown in get(sign_in("rep"), "/search", q=text)
        body = get(sign_in("agent"), "/search", q=text)
        assert row.name not in body and "corp.example" not in body
    body = get(sign_in("agent"), "/search", q="plain")
    assert f"/customers/{row.pk}/" in body and "wonderful" not in body and "9999" not in body


@pytest.mark.parametrize("address", ["/search", "/palette/"])
@pytest.mark.parametrize("text", ["anna", "img", "söhne", EVIL, "<script>", '"><script>alert(1)</script>'])
def test_names_and_texts_are_shown_as_text(cast: Cast, sign_in: SignIn, address: str, text: str) -> None:
    """XSS: only our own mark stands around the matched part."""
    make_customer(EVIL, company="<svg onload=alert(2)>", team=cast.teams["north"])
    body = get(sign_in("rep"), address, q=text)
    assert "<img" not in body and "<b>" not in body and "<svg onload" not in body and "<script>alert" not in body
    if text in ("anna", "söhne"):
        plain = html.unescape(re.sub(r"</?mark>", "", body))
        assert EVIL in plain and "<mark>" in body


def test_ids_go_straight(cast: Cast, sign_in: SignIn) -> None:
    """A ticket's or an order's number, an outside id, our own id; never beyond reach."""
    mine = cast.rows["rep"]
    Ticket.objects.filter(pk=mine["ticket"].pk).update(number="4821")
    Order.objects.filter(pk=mine["order"].pk).update(number="536365")
    user = cast.users["rep"]
    assert [hit.href for hit in finding.direct(user, "#4821")] == [f"/service/tickets/{mine['ticket'].pk}/"]
    assert [hit.href for hit in finding.direct(user, "536365")] == [f"/sales/orders/{mine['order'].pk}/"]
    outside = mine["customer"].external_ids.get().external_id
    assert [hit.href for hit in finding.direct(user, outside)] == [f"/customers/{mine['customer'].pk}/"]
    assert f"/customers/{mine['customer'].pk}/" in [hit.href for hit in finding.direct(user, f"#{mine['customer'].pk}")]
    assert not finding.direct(cast.users["rival"], "#4821") and not finding.direct(cast.users["rival"], outside)
    assert not finding.direct(user, "#") and not finding.direct(user, "anna") and not finding.direct(user, "9" * 40)
    first = palette.answer(user, "#4821")[0]
    assert first.hits[0].href == f"/service/tickets/{mine['ticket'].pk}/"


def test_more_pages_of_one_kind_hold_each_row_once(cast: Cast, sign_in: SignIn) -> None:
    """Keyset: the places go on behind the last one."""
    for number in range(120):
        make_customer(f"Paged {number:03}", team=cast.teams["north"])
    client, address, seen = sign_in("rep"), "/search?q=paged&type=customers", []
    for _page in range(4):
        body = client.get(address).content.decode()
        seen += re.findall(r'<a class="hit" href="(/customers/\d+/)"', body)
        following = re.search(r'href="(\?[^"]+)" rel="next"', body)
        if not following:
            break
        address = "/search" + html.unescape(following[1])
    assert len(seen) == 120 == len(set(seen))
    assert "Paged" in get(client, "/search", q="paged", type="customers", after="nonsense")


def test_nothing_found_offers_the_way_on(cast: Cast, sign_in: SignIn) -> None:
    """U6: a new customer by that name, for those who may make one."""
    body = get(sign_in("rep"), "/palette/", q="Nobody & Co")
    assert "/customers/new/?name=Nobody+%26+Co" in body
    form = get(sign_in("rep"), "/customers/new/", name="Nobody & Co")
    assert 'value="Nobody &amp; Co"' in form
    assert "/customers/new/" not in get(sign_in("agent"), "/palette/", q="Nobody & Co")
    assert "/customers/new/?name=" in get(sign_in("rep"), "/search", q="Nobody & Co")


def test_an_empty_palette_shows_recents_and_a_greater_sign_actions_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened lately comes from whoever keeps it; a failing keeper shows nothing."""

    def broken(_user: object) -> list[tuple[str, list[Hit]]]:
        raise ValueError

    kept = [("Recent", [Hit("Opened before", "/customers/1/")])]
    monkeypatch.setattr(palette, "_openings", [broken, lambda _user: kept])
    user = cast.users["rep"]
    assert [hit.label for hit in palette.answer(user, "")[0].hits] == ["Opened before"]
    titles = [section.title for section in palette.answer(user, ">")]
    assert titles == ["Actions"]
    assert [hit.href for section in palette.answer(user, "> deal") for hit in section.hits] == ["/sales/deals/new/"]


def test_the_open_record_offers_its_actions_within_reach(cast: Cast, sign_in: SignIn) -> None:
    """Of the customer whose page is open; another team's gives none."""
    row = cast.rows["rep"]["customer"]
    here = f"/customers/{row.pk}/"
    assert f"/customers/{row.pk}/edit/" in get(sign_in("rep"), "/palette/", q=">", here=here)
    assert row.name not in get(sign_in("rival"), "/palette/", q=">", here=here)
    for odd in ("/nowhere/", "//evil.example/", "customers", "/customers/99999999999999999999/", "/search"):
        get(sign_in("rep"), "/palette/", q=">", here=odd)


def test_settings_and_help_are_found(cast: Cast) -> None:
    """By what they are called, for those who may open them."""
    links = {hit.href for section in palette.answer(cast.users["admin"], "teams") for hit in section.hits}
    assert "/settings/teams/" in links
    assert "/settings/teams/" not in {
        hit.href for section in palette.answer(cast.users["rep"], "teams") for hit in section.hits
    }
    (shortcut,) = [
        hit for section in palette.answer(cast.users["rep"], "shortcuts") for hit in section.hits if hit.dialog
    ]
    assert shortcut.dialog == "shortcuts"


def test_a_failing_kind_is_named_and_the_others_stand(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U8."""

    def broken(_row: object) -> Hit:
        raise ValueError

    real = subjects.subjects_for(cast.users["rep"])
    monkeypatch.setattr(
        finding, "subjects_for", lambda _user: [replace(one, hit=broken) if one.key == "deals" else one for one in real]
    )
    word = canary("rep", "deal")[:7]
    body = get(sign_in("rep"), "/search", q=word)
    assert (
        "could not be searched" in body
        and "Deals" in body
        and canary("rep", "customer") in body.replace("<mark>", "").replace("</mark>", "")
    )


def test_the_list_searches_as_the_page_does(cast: Cast, sign_in: SignIn) -> None:
    """By sound too, in its own order, and its neighbours."""
    for name in ("王小明", "王小美", "Xm Ltd"):
        make_customer(name, team=cast.teams["north"])
    body = get(sign_in("rep"), "/customers/", search="xm")
    assert all(name in body for name in ("王小明", "王小美", "Xm Ltd"))
    assert body.index("Xm Ltd") < body.index("王小明")
