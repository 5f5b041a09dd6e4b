"""Merging and splitting again: everything that was theirs is theirs, and what others wrote meanwhile stays."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm.kit.errors import Invalid, Refused
from crm.kit.models import Source
from customers import services
from customers.belongings import belongings
from customers.merging.services import merge_customers, standing_for, unmerge
from customers.models import (
    Consent,
    ConsentPurpose,
    ContactPoint,
    Customer,
    ExternalId,
    Interaction,
    LastContact,
    LegalHold,
    Merge,
    Relationship,
    RelationType,
)
from tests.cast import NOW, make_band, make_cast, make_pair

pytestmark = pytest.mark.django_db

VOLATILE = {"version", "updated_at"}


def digest():
    """Every row that points at a customer, and every customer, without versions and moments of writing."""
    found = {}
    for model in {one.model for one in belongings()} | {Customer}:
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in VOLATILE | {"search"}]
        found[model._meta.label] = sorted(map(str, model._base_manager.values_list(*names)))
    return found


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def three(cast):
    """Three customers of the rep with everything that a band has."""
    queue = cast.rows["rep"]["ticket"].queue
    rows = [cast.rows["rep"]["customer"]]
    for word in ("two", "three"):
        band = make_band(word, team=cast.teams["north"], owner=cast.users["rep"], queue=queue)
        rows.append(band["customer"])
    for number, row in enumerate(rows):
        for kind, value in (("email", row.email), ("phone", f"+49301234{number}")):
            ContactPoint.objects.create(customer=row, kind=kind, value=value, primary=True)
        LastContact.objects.create(customer=row, at=NOW + timedelta(days=number))
    return rows


def merged(cast, rows, **more):
    return merge_customers(
        user=cast.users["rep"], keep_id=rows[0].pk, other_ids=[row.pk for row in rows[1:]], now=NOW, **more
    )


def test_everything_of_the_others_moves_to_the_survivor(cast, three):
    counts = {one.table: sum(one.of(row.pk).count() for row in three) for one in belongings() if not one.is_one}
    merged(cast, three)
    keep = three[0]
    for one in belongings():
        if not one.is_one:
            assert one.of(keep.pk).count() == counts[one.table], one.table
    assert ContactPoint.objects.filter(customer=keep, primary=True).count() == 2
    assert LastContact.objects.get(customer=keep).at == NOW + timedelta(days=2)
    keep.refresh_from_db()
    assert set(keep.tags) == {tag for row in three for tag in row.tags}


def test_splitting_gives_everybody_what_was_theirs_while_others_go_on_writing(cast, three):
    before = digest()
    made = merged(cast, three)
    assert digest() != before
    stranger = Customer.objects.create(name="Someone else", team=cast.teams["south"])
    talk = Interaction.objects.create(customer=three[0], kind="note", occurred_at=NOW, text="after the merge")
    _merge, kept = unmerge(user=cast.users["rep"], merge_id=made.pk, now=NOW)
    assert kept == []
    assert talk in Interaction.objects.filter(customer=three[0])
    talk.delete()
    stranger.delete()
    assert digest() == before


def test_a_field_that_a_person_changed_since_is_kept_and_named(cast, three):
    three[0].title = ""
    three[0].save()
    Customer.objects.filter(pk=three[1].pk).update(title="Head of bells", time_zone="Asia/Shanghai")
    made = merged(cast, three)
    keep = Customer.objects.get(pk=three[0].pk)
    assert (keep.title, keep.time_zone) == ("Head of bells", "Asia/Shanghai")
    services.update_customer(user=cast.users["rep"], customer_id=keep.pk, values={"title": "Chief"})
    _merge, kept = unmerge(user=cast.users["rep"], merge_id=made.pk, now=NOW)
    keep.refresh_from_db()
    assert (kept, keep.title, keep.time_zone) == (["title"], "Chief", "")


def test_a_chosen_value_and_its_contact_point_come_from_the_other_and_go_back(cast, three):
    before = digest()
    made = merged(cast, three, choices={"email": three[2].pk, "name": three[1].pk})
    keep = Customer.objects.get(pk=three[0].pk)
    assert (keep.email, keep.name) == (three[2].email, three[1].name)
    assert ContactPoint.objects.get(customer=keep, kind="email", primary=True).value == three[2].email
    unmerge(user=cast.users["rep"], merge_id=made.pk, now=NOW)
    assert digest() == before


def test_a_later_import_by_an_outside_id_lands_on_the_survivor(cast, three):
    ExternalId.objects.create(source=Source.objects.get(name="shop"), external_id="lost-1", customer=three[1])
    merged(cast, three)
    assert ExternalId.objects.get(external_id="lost-1").customer_id == three[0].pk
    assert standing_for(three[1].pk) == three[0].pk


def test_merging_the_same_again_is_a_conflict_and_another_teams_rows_are_not_there(cast, three):
    merged(cast, three)
    with pytest.raises(Refused) as conflict:
        merged(cast, three)
    assert conflict.value.status == 409
    with pytest.raises(Refused) as absent:
        merged(cast, [three[0], cast.rows["rival"]["customer"]])
    assert absent.value.status == 404
    with pytest.raises(Refused) as forbidden:
        merge_customers(
            user=cast.users["agent"], keep_id=three[0].pk, other_ids=[cast.rows["root"]["customer"].pk], now=NOW
        )
    assert forbidden.value.status == 403
    with pytest.raises(Invalid):
        merged(cast, [three[0]])


def test_the_history_says_that_it_was_a_merge(cast, three):
    made = merged(cast, three)
    event = Customer.objects.get(pk=three[0].pk).events.order_by("-pgh_id").first()
    assert (event.pgh_context.metadata["via"], event.pgh_context.metadata["merge"]) == ("merge", made.pk)


def test_merges_are_split_in_the_order_in_which_they_came(cast, three):
    first = merged(cast, three[:2])
    second = merged(cast, [three[0], three[2]])
    with pytest.raises(Refused) as later:
        unmerge(user=cast.users["rep"], merge_id=first.pk, now=NOW)
    assert later.value.status == 409
    unmerge(user=cast.users["rep"], merge_id=second.pk, now=NOW)
    unmerge(user=cast.users["rep"], merge_id=first.pk, now=NOW)
    with pytest.raises(Refused):
        unmerge(user=cast.users["rep"], merge_id=first.pk, now=NOW)
    assert not Merge.objects.filter(undone_at=None).exists()


def test_a_parent_never_becomes_its_own(cast, three):
    Customer.objects.filter(pk__in=[row.pk for row in three]).update(kind="company")
    Customer.objects.filter(pk=three[0].pk).update(parent=three[1])
    Customer.objects.filter(pk=three[2].pk).update(parent=three[1])
    before = digest()
    made = merged(cast, three[:2])
    assert Customer.objects.get(pk=three[0].pk).parent_id is None
    assert Customer.objects.get(pk=three[2].pk).parent_id == three[0].pk
    unmerge(user=cast.users["rep"], merge_id=made.pk, now=NOW)
    assert digest() == before


def test_a_hundred_thousand_rows_move_and_go_back(cast, three):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_interaction (customer_id, kind, direction, channel, occurred_at, recorded_at, subject, text, "
            "thread, payload, topic, external_id) SELECT %s, 'note', '', '', now(), now(), '', n::text, '', '{}', '', '' "
            "FROM generate_series(1, 100000) n",
            [three[1].pk],
        )
    made = merged(cast, three[:2])
    assert Interaction.objects.filter(customer=three[0]).count() > 100_000
    unmerge(user=cast.users["rep"], merge_id=made.pk, now=timezone.now())
    assert Interaction.objects.filter(customer=three[1]).count() > 100_000
    assert Interaction.objects.filter(customer=three[0]).count() < 10


def test_merge_and_split_by_the_api(client, cast, three):
    headers = cast.headers("rep")
    keep, lost = three[0].pk, three[1].pk
    answer = client.post(
        f"/api/v1/customers/{keep}/merge/", {"others": [lost]}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["merged"] == [lost]
    moved = client.get(f"/api/v1/customers/{lost}/", headers=headers)
    assert (moved.status_code, moved.json()) == (301, {"merged_into": keep})
    again = client.post(
        f"/api/v1/customers/{keep}/merge/", {"others": [lost]}, content_type="application/json", headers=headers
    )
    assert again.status_code == 409
    split = client.post(f"/api/v1/customers/{lost}/unmerge/", {}, content_type="application/json", headers=headers)
    assert split.status_code == 200, split.content
    assert split.json()["undone_at"]
    assert client.get(f"/api/v1/customers/{lost}/", headers=headers).status_code == 200
    assert client.get(f"/api/v1/customers/{lost}/", headers=cast.headers("rival")).status_code == 404


def test_the_page_of_a_merged_customer_leads_to_the_survivor_only_for_those_who_see_it(client, cast, three):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["rep"])
    answer = client.post(f"/data/duplicates/{pair.pk}/merge/", {"next": "/data/duplicates/"})
    assert answer.status_code == 303, answer.content
    made = Merge.objects.get()
    lost = made.others.get().customer_id
    moved = client.get(f"/customers/{lost}/")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/customers/{made.keep_id}/")
    client.force_login(cast.users["rival"])
    assert client.get(f"/customers/{lost}/").status_code == 404


def test_holds_consents_and_relationships_are_merged_and_split_too(cast, three):
    keep, other, third = three
    purpose, kind = ConsentPurpose.objects.order_by("pk")[0], RelationType.objects.order_by("pk")[0]
    for row in three:
        LegalHold.objects.create(customer=row, reason="A trial", placed_at=NOW)
        Consent.objects.create(customer=row, purpose=purpose, channel="email", state="given", at=NOW)
    Relationship.objects.create(customer=keep, other=other, type=kind)
    Relationship.objects.create(customer=other, other=third, type=kind)
    before = digest()
    merge = merged(cast, [keep, other])
    assert Consent.objects.filter(customer=keep).count() == 2
    assert not Relationship.objects.filter(customer=keep, other=keep).exists()
    unmerge(user=cast.users["rep"], merge_id=merge.pk, now=NOW)
    assert digest() == before
