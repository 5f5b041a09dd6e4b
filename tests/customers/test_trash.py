"""The trash: who put what there, restoring, deleting for ever, and that nothing else shows what lies in it."""

from __future__ import annotations

from datetime import timedelta

import pghistory
import pytest
from django.test import Client
from django.utils import timezone

from crm.kit.errors import Refused
from customers import services
from customers.merging.services import merge_customers
from customers.models import Consent, ConsentPurpose, Contact, Customer, Interaction, LegalHold
from sales.models import Order
from tests.cast import Cast, make_customer

pytestmark = pytest.mark.django_db


def put_away(cast: Cast, band: str = "rep", actor: str = "rep", days: int = 0) -> Customer:
    row = cast.rows[band]["customer"]
    user = cast.users[actor]
    with pghistory.context(user=user.pk, via="page"):
        return services.trash_customer(user=user, customer_id=row.pk, now=timezone.now() - timedelta(days=days))


def test_the_list_says_who_when_and_how_long_it_stays(cast: Cast, sign_in: object) -> None:
    put_away(cast, days=12)
    client: Client = sign_in("rep")  # type: ignore[operator]
    body = client.get("/customers/trash/").content.decode()
    assert "kiterepcustomer" in body
    assert cast.users["rep"].display_name in body.split("<tbody>")[1]
    assert ">17" in body
    assert "kiterivalcustomer" not in body


def test_one_or_many_are_restored_with_undo(cast: Cast, sign_in: object) -> None:
    row = put_away(cast)
    client: Client = sign_in("rep")  # type: ignore[operator]
    client.post("/customers/trash/", {"action": "restore", "ids": [row.pk]})
    row.refresh_from_db()
    assert row.deleted_at is None


def test_its_own_page_says_so_to_whoever_may_restore_it(cast: Cast, sign_in: object) -> None:
    row = put_away(cast)
    said = sign_in("rep").get(f"/customers/{row.pk}/")  # type: ignore[operator]
    assert said.status_code == 410
    assert "is in the trash" in said.content.decode()
    assert f"/customers/{row.pk}/restore/" in said.content.decode()
    for actor in ("rival", "agent", "outsider"):
        assert sign_in(actor).get(f"/customers/{row.pk}/").status_code in (403, 404)  # type: ignore[operator]


@pytest.mark.parametrize(
    "address",
    ["/customers/", "/customers/?search=kiterepcustomer", "/search?q=kiterepcustomer", "/palette/?q=kiterepcustomer",
     "/api/v1/customers/?search=kiterepcustomer", "/api/v1/interactions/", "/api/v1/scores/", "/customers/pick/?q=kiterep",
     "/contacts/", "/recent/", "/nav/counts/", "/insights/segments/", "/insights/churn/", "/service/tickets/",
     "/api/v1/tickets/", "/api/v1/deals/", "/sales/deals/", "/customers/?format=csv"],
)  # fmt: skip
def test_nothing_shows_a_customer_of_the_trash(cast: Cast, sign_in: object, address: str) -> None:
    row = cast.rows["rep"]["customer"]
    client: Client = sign_in("admin")  # type: ignore[operator]
    client.post(f"/visits/customer/{row.pk}/pin/")
    put_away(cast)
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    assert answer.status_code == 200
    assert "kiterepcustomer Ltd" not in body.decode()


def test_counts_leave_it_out(cast: Cast, sign_in: object) -> None:
    client = Client(headers=cast.headers("rep"))
    assert client.get("/api/v1/customers/?count=true").json()["count"] == 1
    put_away(cast)
    assert client.get("/api/v1/customers/?count=true").json()["count"] == 0


def test_deleting_for_ever_is_a_right_of_its_own_and_wants_the_number(cast: Cast, sign_in: object) -> None:
    row = put_away(cast)
    rep: Client = sign_in("rep")  # type: ignore[operator]
    assert rep.get("/customers/trash/purge/").status_code == 403
    with pytest.raises(Refused):
        services.purge(user=cast.users["rep"], ids=[row.pk])
    admin: Client = sign_in("admin")  # type: ignore[operator]
    sent = admin.post("/customers/trash/", {"action": "purge", "ids": [row.pk]})
    asked = admin.get(sent.headers["Location"])
    body = asked.content.decode()
    assert "Type 1 to confirm" in body
    assert "stay, without a customer" in body
    wrong = admin.post("/customers/trash/purge/", {"ids": [row.pk], "confirm": "2"})
    assert wrong.status_code == 422
    assert Customer.objects.filter(pk=row.pk).exists()
    assert admin.post("/customers/trash/purge/", {"ids": [row.pk], "confirm": "1"}).status_code == 303
    assert not Customer.objects.filter(pk=row.pk).exists()
    assert not Interaction.objects.filter(customer=row.pk).exists()
    assert Order.objects.get(number="kitereporder").customer_id is None


def test_what_is_not_in_the_trash_is_never_deleted_for_ever(cast: Cast) -> None:
    with pytest.raises(Refused):
        services.purge(user=cast.users["admin"], ids=[cast.rows["rep"]["customer"].pk])


def test_thirty_days_later_it_goes_by_itself(cast: Cast) -> None:
    old, young = put_away(cast, days=31), put_away(cast, "rival", "rival", days=29)
    told = services.purge_old(now=timezone.now())
    assert told["customer"] == 1
    assert not Customer.objects.filter(pk=old.pk).exists()
    assert Customer.objects.filter(pk=young.pk).exists()


@pytest.fixture
def consented(cast: Cast) -> Customer:
    """A customer of the trash, long due, who once agreed to something."""
    row = put_away(cast, days=40)
    purpose = ConsentPurpose.objects.order_by("pk")[0]
    Consent.objects.create(customer=row, purpose=purpose, channel="email", state="given", at=timezone.now())
    return row


def test_the_nightly_purge_takes_those_who_gave_consent_too(consented: Customer) -> None:
    assert services.purge_old(now=timezone.now())["customer"] == 1
    assert not Customer.objects.filter(pk=consented.pk).exists()


def test_a_legal_hold_keeps_a_customer_in_the_trash(cast: Cast, consented: Customer) -> None:
    LegalHold.objects.create(customer=consented, reason="A trial", placed_at=timezone.now())
    assert services.purge_old(now=timezone.now())["customer"] == 0
    with pytest.raises(Refused, match="hold"):
        services.purge(user=cast.users["admin"], ids=[consented.pk])
    assert Customer.objects.filter(pk=consented.pk).exists()


def test_what_went_into_another_customer_is_neither_restored_nor_purged(cast: Cast) -> None:
    keep, gone = cast.rows["rep"]["customer"], make_customer("Twin", team=cast.teams["north"], owner=cast.users["rep"])
    merge_customers(
        user=cast.users["rep"], keep_id=keep.pk, other_ids=[gone.pk], now=timezone.now() - timedelta(days=40)
    )
    assert services.purge_old(now=timezone.now())["customer"] == 0
    with pytest.raises(Refused):
        services.restore_customer(user=cast.users["rep"], customer_id=gone.pk)


def test_contacts_have_a_trash_of_their_own(cast: Cast, sign_in: object) -> None:
    """Listed, restored with Undo, deleted for ever after the number was typed; another team's never."""
    row, rival = cast.rows["rep"]["contact"], cast.rows["rival"]["contact"]
    rep, admin = sign_in("rep"), sign_in("admin")  # type: ignore[operator]
    for one in (row, rival):
        services.trash_contact(user=cast.users["admin"], contact_id=one.pk, now=timezone.now())
    assert rep.get(f"/contacts/{row.pk}/").status_code == 410
    assert rep.get(f"/contacts/{rival.pk}/").status_code == 404
    body = rep.get("/contacts/trash/").content.decode()
    assert row.name in body
    assert rival.name not in body
    rep.post("/contacts/trash/", {"action": "restore", "ids": [row.pk]})
    assert rep.get(f"/contacts/{row.pk}/").status_code == 200
    services.trash_contact(user=cast.users["rep"], contact_id=row.pk, now=timezone.now())
    assert rep.get(f"/contacts/trash/purge/?ids={row.pk}").status_code == 403
    where = admin.post("/contacts/trash/", {"action": "purge", "ids": [row.pk]}).headers["Location"]
    assert "1 contact will be deleted" in admin.get(where).content.decode()
    assert admin.post("/contacts/trash/purge/", {"ids": [row.pk], "confirm": "7"}).status_code == 422
    assert admin.post("/contacts/trash/purge/", {"ids": [row.pk], "confirm": "1"}).status_code in (302, 303)
    assert not Contact.objects.filter(pk=row.pk).exists()
    assert Customer.objects.filter(pk=cast.rows["rep"]["customer"].pk).exists()
