"""Companies above and below, figures over the tree, and relationships in one's own words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from crm.kit.errors import Invalid, Refused
from customers import services
from customers.models import Customer, Relationship, RelationType
from customers.services.hierarchy import DEEPEST
from sales.models import Deal, Order, OrderLine, Stage
from service.models import Queue, Ticket
from tests.cast import Cast, make_customer, make_score
from tests.counting import counting

pytestmark = pytest.mark.django_db


def company(cast: Cast, name: str, parent: Customer | None = None, team: str = "north") -> Customer:
    return make_customer(name, team=cast.teams[team], kind="company", parent=parent)


def move(cast: Cast, row: Customer, parent: Customer | None) -> Customer:
    return services.update_customer(
        user=cast.users["rep"], customer_id=row.pk, values={"parent": parent.pk if parent else None}
    )


def test_loops_are_refused_at_any_depth(cast: Cast) -> None:
    top = company(cast, "Top")
    middle = company(cast, "Middle", top)
    low = company(cast, "Low", middle)
    for above in (top, middle, low):
        with pytest.raises(Invalid):
            move(cast, top, above)
    assert move(cast, low, top).parent_id == top.pk
    assert move(cast, low, None).parent_id is None


def test_a_tree_has_a_bounded_depth(cast: Cast) -> None:
    row = company(cast, "Level 1")
    for level in range(2, DEEPEST + 1):
        row = company(cast, f"Level {level}", row)
    with pytest.raises(Invalid):
        move(cast, company(cast, "One more"), row)
    lone = company(cast, "Lone")
    company(cast, "Below lone", lone)
    with pytest.raises(Invalid):
        move(cast, lone, Customer.objects.get(name=f"Level {DEEPEST - 1}"))


def test_the_tree_shows_the_reached_part_with_figures_over_it(cast: Cast, sign_in: object) -> None:
    top = company(cast, "Top")
    one, two = company(cast, "First branch", top), company(cast, "Second branch", top)
    hidden = company(cast, "Secret branch", top, team="south")
    below_hidden = company(cast, "Below secret", hidden)
    person = make_customer("Pat Person", team=cast.teams["north"], parent=one)
    stage, queue = Stage.objects.filter(state="open").first(), Queue.objects.first()
    now = timezone.now()
    for row, net in ((one, 100), (two, 23), (hidden, 1000)):
        order = Order.objects.create(
            number=f"F{row.pk}", customer=row, team=row.team, ordered_at=now, currency="EUR", total=net
        )
        OrderLine.objects.create(order=order, position=1, quantity=1, unit_price=net, net=net, home_net=Decimal(net))
        Deal.objects.create(
            title="Deal", customer=row, stage=stage, amount=5, currency="EUR", team=row.team, opened_at=now
        )
        Ticket.objects.create(number=f"F{row.pk}", customer=row, queue=queue, subject="x", opened_at=now)
    make_score(two, 0.8)
    client: Client = sign_in("rep")  # type: ignore[operator]
    body = client.get(f"/customers/{top.pk}/family/").content.decode()
    for name in ("First branch", "Second branch", "Pat Person"):
        assert name in body
    for name in ("Secret branch", "Below secret"):
        assert name not in body
    figures = {str(one.name): made.value for one, made in client.get(f"/customers/{top.pk}/family/").context["figures"]}
    assert "123" in figures["revenue"]
    assert (figures["deals"], figures["tickets"]) == (2, 2)
    assert figures["risk"] == "80%"
    assert person.parent_id == one.pk
    assert below_hidden.parent_id == hidden.pk


def test_the_tree_costs_the_same_for_two_and_for_twenty(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    top = company(cast, "Top")
    company(cast, "Branch", top)

    def cost() -> int:
        with counting() as caught:
            client.get(f"/customers/{top.pk}/family/")
        return len(caught)

    cost()
    few = cost()
    for n in range(20):
        company(cast, f"Branch {n}", top)
    assert cost() == few <= 20


def test_a_ring_made_behind_our_back_does_not_hang(cast: Cast, sign_in: object) -> None:
    one = company(cast, "One")
    two = company(cast, "Two", one)
    Customer.objects.filter(pk=one.pk).update(parent=two)
    client: Client = sign_in("rep")  # type: ignore[operator]
    assert client.get(f"/customers/{one.pk}/family/").status_code == 200


def test_a_relationship_is_said_from_both_sides(cast: Cast, sign_in: object) -> None:
    user, first = cast.users["rep"], cast.rows["rep"]["customer"]
    other = make_customer("Other Ltd", team=cast.teams["north"])
    kind = RelationType.objects.get(code="advisor")
    services.relate(user=user, customer_id=first.pk, other_id=other.pk, type_id=kind.pk)
    client: Client = sign_in("rep")  # type: ignore[operator]
    assert client.get(f"/customers/{first.pk}/relations/").context["related"][0]["words"] == "is advisor of"
    assert client.get(f"/customers/{other.pk}/relations/").context["related"][0]["words"] == "is advised by"
    with pytest.raises(Invalid):
        services.relate(user=user, customer_id=other.pk, other_id=first.pk, type_id=kind.pk, backwards=True)
    assert Relationship.objects.count() == 1


def test_mutual_ones_exist_once_and_nobody_relates_to_themselves(cast: Cast) -> None:
    user, first = cast.users["rep"], cast.rows["rep"]["customer"]
    other = make_customer("Other Ltd", team=cast.teams["north"])
    kind = RelationType.objects.get(code="partner")
    services.relate(user=user, customer_id=first.pk, other_id=other.pk, type_id=kind.pk)
    with pytest.raises(Invalid):
        services.relate(user=user, customer_id=other.pk, other_id=first.pk, type_id=kind.pk)
    with pytest.raises(Invalid):
        services.relate(user=user, customer_id=first.pk, other_id=first.pk, type_id=kind.pk)
    with pytest.raises(Invalid):
        services.relate(user=user, customer_id=first.pk, other_id=cast.rows["rival"]["customer"].pk, type_id=kind.pk)


def test_a_relationship_to_a_customer_beyond_reach_is_not_told(cast: Cast, sign_in: object) -> None:
    first, theirs = cast.rows["rep"]["customer"], cast.rows["rival"]["customer"]
    Relationship.objects.create(customer=first, other=theirs, type=RelationType.objects.get(code="partner"))
    client: Client = sign_in("rep")  # type: ignore[operator]
    assert "kiterivalcustomer" not in client.get(f"/customers/{first.pk}/relations/").content.decode()


def test_the_database_refuses_a_relationship_to_oneself(cast: Cast) -> None:
    first = cast.rows["rep"]["customer"]
    with pytest.raises(IntegrityError):
        Relationship.objects.create(customer=first, other=first, type=RelationType.objects.get(code="partner"))


def test_administrators_word_the_kinds_and_others_may_not(cast: Cast, sign_in: object) -> None:
    admin: Client = sign_in("admin")  # type: ignore[operator]
    assert admin.post("/settings/relations/", {"words": "mentors", "inverse": "is mentored by"}).status_code == 303
    made = RelationType.objects.get(words="mentors")
    built_in = RelationType.objects.get(code="advisor")
    assert admin.post(f"/settings/relations/{built_in.pk}/", {"words": "counsels", "inverse": ""}).status_code == 303
    built_in.refresh_from_db()
    assert (built_in.forward, built_in.backward) == ("counsels", "counsels")
    admin.post(f"/settings/relations/{made.pk}/switch/")
    assert not RelationType.objects.filter(pk=made.pk).exists()
    with pytest.raises(Refused):
        services.keep_type(user=cast.users["rep"], words="x")
    rep: Client = sign_in("rep")  # type: ignore[operator]
    assert rep.get("/settings/relations/").status_code == 403
