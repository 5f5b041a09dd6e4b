"""What one looked at, what one pinned, and what changed since: never written by a GET."""

from __future__ import annotations

from datetime import timedelta

import pghistory
import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts import visits
from crm.accounts.models import Visit
from crm.kit.errors import Refused
from crm.kit.workspace import load_workspace
from customers import services
from customers.models import Interaction
from insights.models import Run, ScoreHistory
from service.models import Ticket
from tests.cast import Cast, make_customer
from tests.counting import counting

pytestmark = pytest.mark.django_db


def look(client: Client, pk: int) -> str:
    return client.post(f"/visits/customer/{pk}/", headers={"HX-Request": "true"}).content.decode()


def seen(cast: Cast, days: float, actor: str = "rep") -> None:
    Visit.objects.update_or_create(
        user=cast.users[actor], object="customer", record=cast.rows["rep"]["customer"].pk,
        defaults={"seen_at": timezone.now() - timedelta(days=days)},
    )  # fmt: skip


def test_a_get_writes_nothing(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    client.get("/customers/")
    load_workspace()
    with counting() as caught:
        client.get(f"/customers/{cast.rows['rep']['customer'].pk}/")
    assert not Visit.objects.exists()
    assert not [one for one in caught if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_looking_again_soon_is_the_same_visit(cast: Cast) -> None:
    user, pk, now = cast.users["rep"], cast.rows["rep"]["customer"].pk, timezone.now()
    assert visits.note_visit(user=user, obj="customer", record=pk, now=now) == (None, False)
    assert visits.note_visit(user=user, obj="customer", record=pk, now=now + timedelta(minutes=5))[0] is None
    later = now + timedelta(days=2)
    assert visits.note_visit(user=user, obj="customer", record=pk, now=later)[0] == now + timedelta(minutes=5)
    again = visits.note_visit(user=user, obj="customer", record=pk, now=later + timedelta(minutes=1))
    assert again[0] == now + timedelta(minutes=5)


def test_fifty_are_kept_and_pins_stay(cast: Cast) -> None:
    user, now = cast.users["rep"], timezone.now()
    kept = make_customer("Pinned one", team=cast.teams["north"])
    visits.toggle_pin(user=user, obj="customer", record=kept.pk, now=now - timedelta(days=9))
    for n in range(visits.MOST_KEPT + 5):
        one = make_customer(f"C{n}", team=cast.teams["north"])
        visits.note_visit(user=user, obj="customer", record=one.pk, now=now + timedelta(seconds=n))
    assert Visit.objects.filter(user=user, pinned_at=None).count() == visits.MOST_KEPT
    assert [hit.label for hit in visits.pinned(user)] == ["Pinned one"]
    assert visits.recent(user, 1)[0].label == f"C{visits.MOST_KEPT + 4}"


def test_anothers_record_is_neither_noted_nor_pinned(cast: Cast, sign_in: object) -> None:
    theirs = cast.rows["rival"]["customer"].pk
    client: Client = sign_in("rep")  # type: ignore[operator]
    for address in (f"/visits/customer/{theirs}/", f"/visits/customer/{theirs}/pin/", "/visits/nothing/1/"):
        assert client.post(address).status_code == 404
    with pytest.raises(Refused):
        visits.toggle_pin(user=cast.users["rep"], obj="customer", record=theirs, now=timezone.now())


def test_pins_stand_in_the_sidebar_and_recent_ones_in_the_palette(cast: Cast, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    row = cast.rows["rep"]["customer"]
    look(client, row.pk)
    assert "kiterepcustomer" in client.get("/palette/?q=").content.decode()
    answer = client.post(f"/visits/customer/{row.pk}/pin/", headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in answer
    assert "kiterepcustomer" in client.get("/nav/counts/").content.decode()
    assert "kiterepcustomer" in client.get("/recent/").content.decode()
    client.post(f"/visits/customer/{row.pk}/pin/")
    assert "kiterepcustomer" not in client.get("/nav/counts/").content.decode()


def test_the_strip_tells_what_changed_since_the_last_visit(cast: Cast, sign_in: object) -> None:
    row, now = cast.rows["rep"]["customer"], timezone.now()
    client: Client = sign_in("rep")  # type: ignore[operator]
    assert "Since your last visit" not in look(client, row.pk)
    seen(cast, 3)
    queue = cast.rows["rep"]["ticket"].queue
    for n in range(2):
        Ticket.objects.create(
            number=f"S{n}", customer=row, queue=queue, subject="x", opened_at=now - timedelta(hours=n)
        )
    run = Run.objects.first()
    for days, value in ((5, 0.41), (1, 0.63)):
        ScoreHistory.objects.create(customer=row, at=now - timedelta(days=days), name="churn", value=value, run=run)
    Interaction.objects.create(customer=row, kind="call", occurred_at=now, text="hello", author=cast.users["manager"])
    with pghistory.context(user=cast.users["manager"].pk, via="page"):
        services.update_customer(user=cast.users["manager"], customer_id=row.pk, values={"email": "moved@example.com"})
    with counting() as caught:
        told = look(client, row.pk)
    for words in ("Since your last visit", "2 new tickets", "Risk 41% → 63%", "1 message or note", "Changed: e-mail"):
        assert words in told, words
    assert sum("UNION ALL" in one["sql"] for one in caught) <= 2  # rights, and the one query of all providers


def test_ones_own_changes_are_no_news(cast: Cast, sign_in: object) -> None:
    row = cast.rows["rep"]["customer"]
    seen(cast, 3)
    client: Client = sign_in("rep")  # type: ignore[operator]
    client.post(f"/customers/{row.pk}/fields/city/", {"version": row.version, "city": "Bremen"})
    client.post(f"/customers/{row.pk}/log/", {"kind": "note", "text": "mine"})
    assert "Since your last visit" not in look(client, row.pk)


def test_the_history_of_a_field_tells_who_wrote_it_and_how(cast: Cast, sign_in: object) -> None:
    row = cast.rows["rep"]["customer"]
    client: Client = sign_in("rep")  # type: ignore[operator]
    before = row.city
    client.post(f"/customers/{row.pk}/fields/city/", {"version": row.version, "city": "Bremen"})
    api = Client(headers=cast.headers("manager"))
    api.patch(f"/api/v1/customers/{row.pk}/", {"city": "Kiel"}, content_type="application/json")
    body = client.get(f"/customers/{row.pk}/fields/city/history/").content.decode()
    for words in (before, "Bremen", "Kiel", cast.users["manager"].display_name, "by the API", "by hand", "shop ("):
        assert words in body, words
