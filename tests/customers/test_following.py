"""Followers and mentions: one word per change set, never about one's own doing, never of what one may not see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import Grant, Membership, Notification, User
from crm.accounts.selectors import people_who_reach
from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.models import Job
from customers import services
from customers.following.mentions import drawn, offers
from customers.following.models import Follow
from customers.following.services import toggle_follow
from customers.merging.services import merge_customers, unmerge
from customers.models import Interaction
from sales.models import Stage
from sales.services.deals import move_deal, open_deal, update_deal
from service.services import open_ticket, update_ticket
from tests.cast import NOW, Cast, make_customer, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


def heard(user: User) -> list[str]:
    """What a person was told since the last look."""
    jobs.run_waiting()
    rows = Notification.objects.filter(user=user, kind__in=["follow", "mention"]).order_by("pk")
    told = [one.text for one in rows]
    rows.delete()
    return told


def follow(cast: Cast, actor: str, obj: str = "customer", band: str = "rep") -> None:
    toggle_follow(user=cast.users[actor], obj=obj, pk=cast.rows[band][obj].pk, now=NOW)


def test_followers_hear_of_what_others_do_once_per_change_set(cast: Cast) -> None:
    """Fields, notes, new deals and tickets, stages, statuses; each in the reader's words."""
    rep, manager, row = cast.users["rep"], cast.users["manager"], cast.rows["rep"]["customer"]
    User.objects.filter(pk=rep.pk).update(first_name="Mei", last_name="Chen")
    for actor in ("manager", "rep", "agent"):
        follow(cast, actor)
    services.update_customer(user=rep, customer_id=row.pk, values={"city": "Bonn", "postcode": "53111"})
    assert heard(manager) == [f"Mei Chen changed {row.name}: city, postcode"]
    assert heard(rep) == []
    services.update_customer(user=rep, customer_id=row.pk, values={"city": "Bonn"})
    assert heard(manager) == []  # nothing changed
    services.add_point(user=rep, holder=row, values={"kind": "phone", "value": "030 555 444"}, now=NOW)
    assert heard(manager) == [f"Mei Chen changed {row.name}: phone"]
    services.add_interaction(user=rep, values={"customer": row.pk, "kind": "note", "text": "x"}, now=NOW)
    assert heard(manager) == [f"Mei Chen wrote a note: {row.name}"]
    heard(cast.users["agent"])
    deal = open_deal(user=rep, values={"customer": row.pk, "title": "Beans", "currency": "EUR", "amount": 5}, now=NOW)
    ticket = open_ticket(user=rep, values={"customer": row.pk, "subject": "Broken", "queue": "Back office"}, now=NOW)
    assert heard(manager) == [
        f"Mei Chen opened the deal “Beans”: {row.name}", f"Mei Chen opened the ticket “Broken”: {row.name}",
    ]  # fmt: skip
    assert heard(cast.users["agent"]) == [f"Mei Chen opened the deal “Beans”: {row.name}"]  # whose queue it is not
    for actor in ("manager", "agent"):
        toggle_follow(user=cast.users[actor], obj="deal", pk=deal.pk, now=NOW)
    last = Stage.objects.filter(pipeline=deal.stage.pipeline).order_by("position")[1]
    move_deal(user=rep, deal_id=deal.pk, stage_id=last.pk, now=NOW)
    assert heard(manager) == [f"Mei Chen moved the deal to “{last.label}”: Beans"]
    heard(cast.users["agent"])
    update_deal(user=rep, deal_id=deal.pk, values={"amount": 7}, now=NOW)
    assert heard(manager) == ["Mei Chen changed Beans: amount"]
    assert heard(cast.users["agent"]) == []  # the amount is hidden from them
    toggle_follow(user=manager, obj="ticket", pk=ticket.pk, now=NOW)
    User.objects.filter(pk=manager.pk).update(language="zh-hans")
    update_ticket(user=cast.users["admin"], ticket_id=ticket.pk, values={"status": "solved"}, now=NOW)
    (told,) = heard(manager)
    assert "Broken" in told


def test_followers_of_a_contact_hear_of_it_and_of_what_is_said_once(cast: Cast, sign_in: SignIn) -> None:
    rep, manager, admin = cast.users["rep"], cast.users["manager"], cast.users["admin"]
    contact, customer = cast.rows["rep"]["contact"], cast.rows["rep"]["customer"]
    User.objects.filter(pk=rep.pk).update(first_name="Mei", last_name="Chen")
    page = sign_in("manager").get(f"/contacts/{contact.pk}/").content.decode()
    assert f"/follow/contact/{contact.pk}/" in page and 'aria-pressed="false"' in page
    follow(cast, "manager", "contact")
    assert 'aria-pressed="true"' in sign_in("manager").get(f"/contacts/{contact.pk}/").content.decode()
    follow(cast, "admin", "contact")
    follow(cast, "admin", "customer")
    services.update_contact(user=rep, contact_id=contact.pk, values={"city": "Bonn"})
    services.add_point(user=rep, holder=contact, values={"kind": "phone", "value": "030 555 444"}, now=NOW)
    assert heard(manager) == [f"Mei Chen changed {contact.name}: city", f"Mei Chen changed {contact.name}: phone"]
    heard(admin)
    values = {"customer": customer.pk, "contact": contact.pk, "kind": "call", "text": "x"}
    services.add_interaction(user=rep, values=values, now=NOW)
    jobs.run_waiting()
    assert heard(manager) == [f"Mei Chen noted a call: {contact.name}"]
    assert heard(admin) == [f"Mei Chen noted a call: {customer.name}"]


def test_nobody_hears_of_what_they_may_not_see_any_more(cast: Cast) -> None:
    """Losing access stops it, getting it back starts it; a worker that runs twice tells once."""
    manager, row = cast.users["manager"], cast.rows["rep"]["customer"]
    follow(cast, "manager")
    with pytest.raises(Refused) as refused:
        follow(cast, "rival")
    assert refused.value.status == 404

    def change(city: str) -> list[str]:
        services.update_customer(user=cast.users["admin"], customer_id=row.pk, values={"city": city})
        jobs.run_waiting()
        Job.objects.filter(kind="following.tell").update(state="queued", lease_until=None, attempts=0)
        return heard(manager)

    assert len(change("Bonn")) == 1
    Membership.objects.filter(user=manager).update(team=cast.teams["south"])
    assert change("Kiel") == []
    Membership.objects.filter(user=manager).update(team=cast.teams["north"])
    assert len(change("Ulm")) == 1
    follow(cast, "manager")
    assert not Follow.objects.exists()
    assert change("Jena") == []


def test_a_mention_names_a_colleague_who_may_see_the_record(cast: Cast, sign_in: SignIn) -> None:
    """A04: nobody else is offered or counted; it is kept as a key, shown as a chip, told once, and follows."""
    rep, manager, row = cast.users["rep"], cast.users["manager"], cast.rows["rep"]["customer"]
    User.objects.filter(pk=manager.pk).update(first_name="小明", last_name="王")
    make_user("blind", "integrator", cast.teams["north"])  # a colleague of the team, whose role sees no customers here
    Grant.objects.filter(role="integrator", object="customer").delete()
    everyone = {"cast-admin", "cast-agent", "cast-manager"}
    for typed, names in (("", everyone), ("cast", everyone), ("wangxiao", {"cast-manager"}), ("wxm", {"cast-manager"})):
        assert {one.key for one in offers(user=rep, row=row, obj="customer", typed=typed)} == names, typed
    seeing = {one.pk for one in User.objects.all() if type(row).objects.visible_to(one).filter(pk=row.pk).exists()}
    assert set(people_who_reach("customer", team=row.team, owner_id=rep.pk).values_list("pk", flat=True)) == seeing
    shown = sign_in("rep").get(f"/customers/{row.pk}/mention/?q=cast").content.decode()
    assert shown.count('role="option"') == 3
    assert "rival" not in shown
    assert sign_in("rival").get(f"/customers/{row.pk}/mention/").status_code == 404
    words = "请@cast-manager看, @cast-rival, @blind and a@cast-manager.test <b>"
    follow(cast, "agent")
    made = services.add_interaction(user=rep, values={"customer": row.pk, "kind": "note", "text": words}, now=NOW)
    assert made.payload["mentions"] == {
        "cast-manager": [manager.pk, manager.__class__.objects.get(pk=manager.pk).display_name]
    }
    assert heard(manager) == [f"cast-rep mentioned you: {row.name}"]
    assert len(heard(cast.users["agent"])) == 1
    assert Follow.objects.filter(user=manager, customer=row).exists()
    page = sign_in("rep").get(f"/customers/{row.pk}/").content.decode()
    assert '<span class="mention">@' in page
    assert page.count('class="mention"') == 1
    assert "&lt;b&gt;" in page
    assert 'class="mention"' in sign_in("rep").get(f"/customers/{row.pk}/?tab=notes").content.decode()
    assert drawn("x @mei.chen.", '{"mei": [1, "Mei"]}') == "x @mei.chen."
    forged = {"customer": row.pk, "kind": "note", "text": "@x", "payload": {"mentions": {"x": [1, "<i>"]}}}
    assert services.add_interaction(user=rep, values=forged, now=NOW).payload == {}


def test_followed_customers_are_a_view_of_the_list_and_move_with_a_merge(cast: Cast, sign_in: SignIn) -> None:
    """Following both leaves one after the merge, and both again after the split."""
    admin, row = cast.users["admin"], cast.rows["rep"]["customer"]
    other, client = make_customer("Ada Other"), sign_in("admin")
    assert row.name not in client.get("/customers/?followed=true").content.decode()
    assert client.post(f"/follow/customer/{row.pk}/", headers={"HX-Request": "true"}).status_code == 200
    page = client.get("/customers/?followed=true").content.decode()
    assert row.name in page
    assert "Ada Other" not in page
    assert 'aria-pressed="true"' in client.get(f"/customers/{row.pk}/").content.decode()
    merge = merge_customers(user=admin, keep_id=other.pk, other_ids=[row.pk], now=NOW)
    assert Follow.objects.get().customer == other
    unmerge(user=admin, merge_id=merge.pk, now=NOW)
    assert Follow.objects.get().customer == row
    toggle_follow(user=admin, obj="customer", pk=other.pk, now=NOW)
    merge = merge_customers(user=admin, keep_id=other.pk, other_ids=[row.pk], now=NOW)
    assert Follow.objects.filter(customer=other).count() == 1
    assert Interaction.objects.filter(customer=other).exists()
