"""Which rows come first, and what mistyped words find."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.kit import vocabulary
from crm.kit.models import SearchWord
from crm.kit.ranked import CORRECTED, EXACT, HEARD, NAMED, SPAN, WRITTEN, Asked, Place, Ranking
from customers.models import Customer
from tests.cast import make_customer, root_team

pytestmark = pytest.mark.django_db


def ranking(text: str, **options: object) -> Ranking:
    """A search over all customers."""
    return Ranking(Customer.objects.all(), Asked(text), **options)  # type: ignore[arg-type]


def order(text: str, **options: object) -> list[str]:
    """Names in the order of the places."""
    names = dict(Customer.objects.values_list("pk", "name"))
    return [names[place.pk] for place in ranking(text, **options).places]


def test_whole_words_come_before_beginnings_other_fields_sounds_and_slips() -> None:
    """Every tier once."""
    rows = {
        EXACT: make_customer("Anna Berg"), NAMED: make_customer("Annabel Stein"),
        WRITTEN: make_customer("Peter Holz", email="anna@holz.example"), HEARD: make_customer("安娜"),
    }  # fmt: skip
    assert [(place.tier, place.pk) for place in ranking("anna").places] == [
        (tier, row.pk) for tier, row in rows.items()
    ]


def test_the_lately_changed_come_first_within_a_tier() -> None:
    """Active customers are asked for more often."""
    old, new = make_customer("Anna One"), make_customer("Anna Two")
    Customer.objects.filter(pk=old.pk).update(updated_at=timezone.now() - dt.timedelta(days=9))
    assert order("anna") == [new.name, old.name]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lovelcae", "Lovelace"), ("lovlace", "Lovelace"), ("lovelacee", "Lovelace"), ("lavelace", "Lovelace"), ("ovelace", "Lovelace"),
        ("bakr", "Bake"), ("jonh", "John"), ("shwarzeneger", "Schwarzenegger"), ("schwarzenegegr", "Schwarzenegger"), ("muelelr", "Mueller"),
        ("petroff", "Petrof"),
    ],
)  # fmt: skip
def test_a_slip_still_finds_the_name(typed: str, meant: str) -> None:
    """A letter wrong, missing, too many or in the wrong place; two in long words."""
    make_customer(f"{meant} Ltd")
    make_customer("Quite Different")
    (place,) = ranking(typed).places
    assert place.tier == CORRECTED and Customer.objects.get(pk=place.pk).name == f"{meant} Ltd"


@pytest.mark.parametrize("typed", ["adb", "lovxyzce", "jxyn", "loveacxyz"])
def test_short_words_and_many_slips_find_nothing(typed: str) -> None:
    """A guess must be near."""
    for name in ("Ada", "Lovelace", "John"):
        make_customer(name)
    assert order(typed) == []


def test_a_slip_beside_a_right_word() -> None:
    """Each word on its own."""
    make_customer("John Smith")
    make_customer("John Doe")
    assert order("jonh smith") == ["John Smith"]


def test_slips_are_not_looked_for_when_there_are_hits_enough() -> None:
    """Only where the text as it stands finds few; then below it."""
    for number in range(3):
        make_customer(f"Anna {number}")
    make_customer("Anne Close")
    assert "Anne Close" not in order("anna")
    Customer.objects.filter(name__in=["Anna 1", "Anna 2"]).delete()
    assert order("anna") == ["Anna 0", "Anne Close"]


def test_masked_fields_are_not_in_the_vocabulary() -> None:
    """Words of e-mails and phones are never offered, to nobody."""
    make_customer("Open", email="lovelace@corp.example", phone="030 55557777 lovelace")
    assert not SearchWord.objects.filter(word__in=["lovelace", "corp", "example"]).exists()
    assert vocabulary.near("lovelcae") == []


def test_the_vocabulary_follows_every_way_of_writing() -> None:
    """Bulk inserts, raw SQL, changes; a word that is known is not written again."""
    Customer.objects.bulk_create([Customer(name=f"Zanzibar {n}", team=root_team()) for n in range(3)])
    assert SearchWord.objects.filter(word="zanzibar").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET name = 'Quagmire' WHERE name = 'Zanzibar 1'")
    assert SearchWord.objects.filter(word="quagmire").count() == 1
    Customer.objects.filter(name="Quagmire").update(note="unchanged words")
    assert SearchWord.objects.filter(word="quagmire").count() == 1


def test_words_of_an_erased_person_can_be_forgotten_and_races_are_tidied() -> None:
    """For the erasure of a person."""
    make_customer("Zanzibar Quagmire")
    SearchWord.objects.create(word="quagmire")
    assert vocabulary.tidy() == 1
    assert vocabulary.forget(["quagmire"]) == 1
    assert not SearchWord.objects.filter(word="quagmire").exists()
    vocabulary.learn(Customer)
    assert SearchWord.objects.filter(word="quagmire").count() == 1


def test_of_a_frequent_word_the_whole_words_are_ranked_first_and_counting_stops() -> None:
    """More rows than are ranked."""
    Customer.objects.bulk_create([Customer(name=f"Holding{n}", team=root_team()) for n in range(SPAN + 50)])
    best = make_customer("Holding")
    found = ranking("holding")
    assert found.places[0].pk == best.pk and len(found.places) == SPAN and not found.is_whole
    assert str(found.count(100)) == "100+" and found.count(1_000).value == SPAN + 51


@pytest.mark.parametrize("text, told", [("holding", "200+"), ("holding 7", "11"), ("no such word", "0")])
def test_with_more_rows_read_the_count_takes_no_query(django_assert_num_queries: Any, text: str, told: str) -> None:
    """As on the page of results."""
    Customer.objects.bulk_create([Customer(name=f"Holding {n}", team=root_team()) for n in range(SPAN + 50)])
    found = ranking(text, most=SPAN + 1)
    assert len(found.places) == min(SPAN, int(told.rstrip("+")))
    with django_assert_num_queries(0):
        assert str(found.count(SPAN)) == told


def test_a_place_survives_the_address_and_nonsense_does_not() -> None:
    """The cursor of the page."""
    place = Place(2, -1764144000.123456, 77)
    assert Place.read(str(place)) == place
    assert all(Place.read(text) is None for text in ["", "x", "9_1_1", "1_nan_1", "1_1_" + "9" * 30, "1_1e9_1"])
