"""Contacts: their list, their record, and who does what at which customer."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from crm.kit.errors import Invalid, Refused
from customers import services
from customers.models import Contact, ContactRole, Interaction
from tests.cast import NOW, Cast, make_customer
from tests.counting import counting

pytestmark = pytest.mark.django_db


def test_one_person_works_at_several_customers_and_is_primary_at_one_place_each(cast: Cast) -> None:
    user, contact = cast.users["rep"], cast.rows["rep"]["contact"]
    second = make_customer("Second Ltd", team=cast.teams["north"])
    made = services.add_role(
        user=user, contact_id=contact.pk, customer_id=second.pk, role="advisor", primary=True, since=date(2026, 1, 2)
    )
    other = services.create_contact(
        user=user, values={"name": "Other", "customer": second.pk, "team": second.team_id}, now=NOW
    )
    role = other.roles.get()
    services.change_role(user=user, role_id=role.pk, values={"primary": True})
    made.refresh_from_db()
    assert not made.primary
    with pytest.raises(Invalid):
        services.add_role(user=user, contact_id=contact.pk, customer_id=second.pk, role="advisor")
    with pytest.raises(Invalid):
        services.change_role(user=user, role_id=made.pk, values={"until": date(2025, 1, 1)})
    ended = services.change_role(user=user, role_id=role.pk, values={"until": date(2026, 11, 1)})
    assert (ended.primary, ended.until) == (False, date(2026, 11, 1))


def test_a_role_at_a_customer_beyond_reach_is_refused(cast: Cast) -> None:
    contact, theirs = cast.rows["rep"]["contact"], cast.rows["rival"]["customer"]
    with pytest.raises(Invalid):
        services.add_role(user=cast.users["rep"], contact_id=contact.pk, customer_id=theirs.pk)
    with pytest.raises(Refused):
        services.change_role(user=cast.users["rep"], role_id=cast.rows["rival"]["role"].pk, values={"primary": True})


def test_the_list_of_contacts_takes_the_same_queries_for_two_and_for_twenty(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    customer = cast.rows["rep"]["customer"]

    def cost() -> int:
        client.get("/contacts/")
        with counting() as caught:
            assert client.get("/contacts/").status_code == 200
        return len(caught)

    def more(n: int) -> None:
        for _n in range(n):
            one = Contact.objects.create(name=f"Person {_n}", team=cast.teams["north"])
            ContactRole.objects.create(contact=one, customer=customer, role="buyer")

    more(1)
    few = cost()
    more(20)
    assert cost() == few <= 10


def test_the_list_and_the_record_show_what_this_reader_may_see(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    body = client.get("/contacts/").content.decode()
    assert "kiterepcontact" in body
    assert "kiterivalcontact" not in body
    assert client.get(f"/contacts/{cast.rows['rival']['contact'].pk}/").status_code == 404
    contact = cast.rows["rep"]["contact"]
    theirs = ContactRole.objects.create(contact=contact, customer=cast.rows["rival"]["customer"], role="spy")
    page = client.get(f"/contacts/{contact.pk}/").content.decode()
    assert "kiterepcustomer" in page
    assert "kiterivalcustomer" not in page
    assert client.post(f"/contact-roles/{theirs.pk}/change/", {"do": "end"}).status_code in (303, 404)
    theirs.refresh_from_db()
    assert theirs.until is None


def test_an_agent_reads_contacts_masked(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("agent")  # type: ignore[operator]
    page = client.get(f"/contacts/{cast.rows['rep']['contact'].pk}/").content.decode()
    assert "kiterepmail@example.org" not in page
    assert "Edit contact" not in page


def test_a_contacts_timeline_tells_what_was_said_with_them(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    row = cast.rows["rep"]
    Interaction.objects.create(
        customer=row["customer"], contact=row["contact"], kind="meeting", occurred_at=NOW, text="Coffee at noon"
    )
    page = client.get(f"/contacts/{row['contact'].pk}/").content.decode()
    assert "Coffee at noon" in page
    with counting() as few:
        client.get(f"/contacts/{row['contact'].pk}/")
    Interaction.objects.bulk_create(
        Interaction(customer=row["customer"], contact=row["contact"], kind="note", occurred_at=NOW, text="x")
        for _n in range(60)
    )
    with counting() as many:
        body = client.get(f"/contacts/{row['contact'].pk}/").content.decode()
    assert len(many) == len(few) <= 15
    assert "Load older activity" in body


def test_bulk_tags_owners_and_trash_of_contacts_can_be_undone(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    contact = cast.rows["rep"]["contact"]
    client.post("/contacts/", {"action": "tag", "tag": "fair", "ids": [contact.pk]})
    contact.refresh_from_db()
    assert contact.tags == ["fair"]
    client.post("/contacts/", {"action": "trash", "ids": [contact.pk]})
    assert "kiterepcontact" not in client.get("/contacts/").content.decode()
    client.post(f"/contacts/{contact.pk}/restore/")
    assert "kiterepcontact" in client.get("/contacts/").content.decode()


def test_a_known_person_is_linked_from_the_customers_card(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    second = make_customer("Second Ltd", team=cast.teams["north"])
    name = cast.rows["rep"]["contact"].name
    done = client.post(f"/customers/{second.pk}/contacts/", {"known": "1", "contact": name, "role": "chair"})
    assert done.status_code == 200, done.content.decode()[-2000:]
    assert second.contact_roles.get().role == "chair"
