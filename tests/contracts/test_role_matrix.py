"""Every operation of the document, asked by every one of the cast for an own, another's and an absent row."""

import pytest
from django.test import Client

from tests.cast import ACTORS, BANDS, KINDS, canary, make_cast, may_see
from tests.contracts.operations import operations

pytestmark = pytest.mark.django_db
ABSENT = 987_654_321
KIND_OF_TAG = {
    "customers": "customer", "contacts": "contact", "interactions": "interaction", "orders": "order", "deals": "deal",
    "tickets": "ticket", "campaigns": "campaign", "scores": "score", "activities": "activity",
}  # fmt: skip
TEXTS = (*KINDS, "mail", "address")


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield make_cast()
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


def ask(cast, actor, operation, address, body=None):
    client = Client(headers=cast.headers(actor), raise_request_exception=False)
    method = getattr(client, operation.method)
    if operation.takes_body:
        return method(address, body if body is not None else {}, content_type="application/json")
    return method(address)


def leaks(actor, answer):
    text = answer.content.decode(errors="replace") + repr(dict(answer.headers))
    return [
        canary(band, kind)
        for band in BANDS
        for kind in TEXTS
        if canary(band, kind) in text and not may_see(actor, band, kind)
    ]


def own_and_others(cast, actor, tag):
    """Ids of rows of a table: one that the actor may see, and all that they may not."""
    kind = KIND_OF_TAG.get(tag)
    if kind is None:
        return None, []
    reach = "customer" if kind == "score" else kind
    seen = [band for band in BANDS if may_see(actor, band, reach)]
    own = cast.rows[seen[0]][kind].pk if seen else None
    return own, [cast.rows[band][kind].pk for band in BANDS if band not in seen]


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_reads_what_is_not_theirs(cast, actor):
    faults = []
    for operation in operations():
        if operation.method != "get":
            continue
        own, others = own_and_others(cast, actor, operation.tag)
        for pk in [own or 1, ABSENT, *others] if "{" in operation.path else [0]:
            answer = ask(cast, actor, operation, operation.address(pk))
            if answer.status_code >= 500:
                faults.append((str(operation), pk, answer.status_code))
            faults += [(str(operation), pk, word) for word in leaks(actor, answer)]
    assert not faults


@pytest.mark.parametrize("actor", ACTORS)
def test_anothers_row_and_an_absent_one_give_the_same_answer(cast, actor):
    faults = []
    for operation in operations():
        _own, others = own_and_others(cast, actor, operation.tag)
        if "{" not in operation.path or not others:
            continue
        absent = ask(cast, actor, operation, operation.address(ABSENT))
        for pk in others:
            answer = ask(cast, actor, operation, operation.address(pk))
            if (answer.status_code, answer.content) != (absent.status_code, absent.content):
                faults.append((str(operation), pk, answer.status_code, absent.status_code))
            if answer.status_code not in (401, 403, 404, 405):
                faults.append((str(operation), pk, answer.status_code, "should be refused"))
    assert not faults


@pytest.mark.parametrize("actor", ("anonymous", "disabled", "outsider"))
def test_who_has_no_role_is_refused_everywhere(cast, actor):
    open_doors = []
    for operation in operations():
        if not operation.detail.get("security"):
            continue
        answer = ask(cast, actor, operation, operation.address(cast.rows["rep"]["customer"].pk))
        if answer.status_code != (403 if actor == "outsider" else 401):
            open_doors.append((str(operation), answer.status_code))
    assert not open_doors


def test_refused_writes_leave_the_rows_as_they_were(cast):
    """Rows of the rival, attacked by the rep with a body that would fit."""
    bodies = {
        "customer": {"name": "taken"}, "contact": {"name": "taken"}, "order": {"number": "taken"}, "deal": {"title": "taken"},
        "ticket": {"subject": "taken"}, "campaign": {"name": "taken"}, "activity": {"title": "taken"},
    }  # fmt: skip
    for operation in operations():
        kind = KIND_OF_TAG.get(operation.tag)
        if kind not in bodies or operation.method not in ("patch", "delete") or "{" not in operation.path:
            continue
        row = cast.rows["rival"][kind]
        before = type(row).objects.values().get(pk=row.pk)
        answer = ask(cast, "rep", operation, operation.address(row.pk), bodies[kind])
        assert answer.status_code in (403, 404), operation
        assert type(row).objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/contacts/", {"name": "x"}, "customer"),
        ("/api/v1/interactions/", {"kind": "call"}, "customer"),
        ("/api/v1/interactions/", {"kind": "call", "customer": "own"}, "contact"),
        ("/api/v1/deals/", {"title": "x"}, "customer"),
        ("/api/v1/tickets/", {"subject": "x"}, "customer"),
        ("/api/v1/activities/", {"title": "x"}, "customer"),
        ("/api/v1/customers/", {"name": "x"}, "parent"),
    ],
)
def test_ids_inside_bodies_must_be_within_reach(cast, path, body, field):
    client = Client(headers=cast.headers("rep"))
    body = {name: cast.rows["rep"]["customer"].pk if value == "own" else value for name, value in body.items()}
    foreign = cast.rows["rival"]["contact" if field == "contact" else "customer"].pk
    other = client.post(path, {**body, field: foreign}, content_type="application/json")
    absent = client.post(path, {**body, field: ABSENT}, content_type="application/json")
    assert other.status_code == absent.status_code == 400, other.content
    assert other.content == absent.content
