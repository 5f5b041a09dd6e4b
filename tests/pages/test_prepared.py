"""SQL that is made once and asked again: the same rows as the queryset gives, for every key, thread and reach."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, Value

from crm.kit import prepared
from customers.models import Customer, ExternalId
from tests.cast import Cast


def rows(user: Any) -> Any:
    outside = ExternalId.objects.filter(customer=OuterRef("pk"))
    return Customer.objects.visible_to(user).select_related("owner", "team").annotate(known=Exists(outside))


def asked(user: Any, pk: int) -> Any:
    return prepared.first(("test", user.access.reach), lambda: rows(user), pk)


def test_each_key_gives_its_own_row_with_what_belongs_to_it(cast: Cast, django_assert_num_queries: Any) -> None:
    admin = cast.users["admin"]
    every = list(rows(admin).order_by("pk"))
    assert len(every) > 1
    asked(admin, every[0].pk)
    for row in every:
        with django_assert_num_queries(1):
            found = asked(admin, row.pk)
            assert (found, found.owner, found.team, found.known) == (row, row.owner, row.team, row.known)


def test_a_changed_row_is_read_anew(cast: Cast) -> None:
    admin, row = cast.users["admin"], cast.rows["rep"]["customer"]
    asked(admin, row.pk)
    Customer.objects.filter(pk=row.pk).update(city="Aarhus")
    assert asked(admin, row.pk).city == "Aarhus"


def test_rows_out_of_reach_and_keys_that_are_none_are_not_found(cast: Cast) -> None:
    mine = cast.rows["rep"]["customer"]
    assert asked(cast.users["rep"], mine.pk) == mine
    unseen = Customer.objects.exclude(pk__in=Customer.objects.visible_to(cast.users["rep"])).first()
    assert unseen is not None
    assert asked(cast.users["rep"], unseen.pk) is None
    assert asked(cast.users["admin"], unseen.pk) == unseen
    for pk in (0, 2**63 - 1, 2**63, 10**40):
        assert asked(cast.users["admin"], pk) is None


@pytest.mark.django_db(transaction=True)
def test_the_database_plans_once_for_all_keys(cast: Cast) -> None:
    admin = cast.users["admin"]
    for row in rows(admin):
        assert asked(admin, row.pk) == row
    assert prepared_names() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_that_forgot_is_asked_in_plain_words_and_told_again(cast: Cast) -> None:
    """As behind a pooler that gives every transaction another session."""
    admin, row = cast.users["admin"], cast.rows["rep"]["customer"]
    asked(admin, row.pk)
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    assert asked(admin, row.pk) == row
    assert prepared_names() == 0
    assert asked(admin, row.pk) == row
    assert prepared_names() == 1
    connection.prepared = connection.connection, set()  # what another process of the pooler's knows
    assert asked(admin, row.pk) == row


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_takes_its_names_with_it(cast: Cast) -> None:
    admin, row = cast.users["admin"], cast.rows["rep"]["customer"]
    asked(admin, row.pk)
    connection.close()
    assert asked(admin, row.pk) == row
    assert prepared_names() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_knows_no_more_names_than_are_good_for_it(cast: Cast) -> None:
    pk = cast.rows["rep"]["customer"].pk
    for number in range(prepared.MOST_NAMES + 5):
        made = Customer.objects.annotate(number=Value(number))
        assert prepared.first(("many", number), lambda made=made: made, pk).number == number
    assert prepared_names() == 5


def test_figures_are_those_of_aggregate(cast: Cast) -> None:
    admin = cast.users["admin"]
    figures = {"n": Count("pk"), "people": Count("pk", filter=Q(kind="person")), "newest": Max("created_at")}
    every, none = Customer.objects.visible_to(admin), Customer.objects.none()
    assert prepared.numbers("all", lambda: every, **figures) == every.aggregate(**figures)
    assert prepared.numbers("none", lambda: none, **figures) == {"n": 0, "people": 0, "newest": None}
    nobody = Customer.objects.filter(pk=prepared.STAND_IN)
    assert prepared.numbers("nobody", lambda: nobody, 1, **figures) == {"n": 0, "people": 0, "newest": None}


def prepared_names() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_threads_ask_over_connections_of_their_own(cast: Cast) -> None:
    admin = cast.users["admin"]
    keys = list(Customer.objects.values_list("pk", flat=True))
    assert admin.access.reach

    def ask(pk: int) -> int:
        try:
            return asked(admin, pk).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, keys * 5)) == keys * 5


def test_the_number_of_kept_statements_is_bounded(cast: Cast) -> None:
    admin, pk = cast.users["admin"], cast.rows["rep"]["customer"].pk
    for number in range(prepared.MOST_KEYS + 5):
        assert prepared.first(("bound", number), lambda: rows(admin), pk) is not None
    assert len(prepared._kept) <= prepared.MOST_KEYS
