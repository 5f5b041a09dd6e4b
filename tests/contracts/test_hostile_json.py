"""Bodies that no table could keep, at every operation that takes one: 400 where the caller may write, never 5xx."""

import json

import pytest
from django.test import Client

from tests.cast import make_cast
from tests.contracts.operations import operations

pytestmark = pytest.mark.django_db

UNPARSABLE = {
    "an escaped NUL": b'{"name": "a\\u0000b"}',
    "a NUL in a key": b'{"a\\u0000": 1}',
    "a raw NUL": b'{"name": "a\x00b"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a lone low surrogate deep down": b'{"custom": {"a": ["\\udc00"]}}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": -Infinity}',
    "an infinite float": b'{"amount": 1e999}',
    "5,000 digits": b'{"amount": ' + b"9" * 5000 + b"}",
    "5,000 digits behind the point": b'{"amount": 0.' + b"9" * 5000 + b"}",
    "100,000 brackets": b"[" * 100_000,
    "100,000 closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "half a document": b'{"name": ',
}
SHAPES = [
    "text", 7, None, True, [], [[]], [None], ["x"], [{}], {"rows": None}, {"rows": {}}, {"rows": [1, "x", None, []]},
    {"rows": [{"external_id": {}}]}, {"rows": [{"external_id": "x", "source": 5}]}, {"events": 5}, {"events": [5]},
]  # fmt: skip
VALUES = [
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**50, 1e308, -1e-320, "", " ", "x" * 100_001, "\u202e", "２０", [], [[]], {}, {"a": {"b": {}}},
    "0000-00-00", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "2026-02-30", "10000-01-01", "1e400", "NaN",
    "-Infinity", "Europe/Nowhere", "' OR 1=1 --", "{{7*7}}", "%s%n", "\ufffe",
]  # fmt: skip


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


def of_tag(cast, tag):
    kind = tag.removesuffix("s")
    return cast.rows["rep"][kind].pk if kind in cast.rows["rep"] else 1


def writing():
    return [
        operation
        for operation in operations()
        if operation.takes_body
        and "application/json" in operation.detail.get("requestBody", {}).get("content", {"application/json": 1})
    ]


def send(cast, operation, raw, actor="admin"):
    client = Client(headers=cast.headers(actor), raise_request_exception=False)
    address = operation.address(of_tag(cast, operation.tag))
    return client.generic(operation.method.upper(), address, raw, content_type="application/json")


@pytest.mark.parametrize("name", UNPARSABLE)
def test_a_body_that_cannot_be_kept_is_a_400_everywhere(cast, name):
    wrong = []
    for operation in writing():
        answer = send(cast, operation, UNPARSABLE[name])
        exists = answer.status_code == 404 and "{" in operation.path and of_tag(cast, operation.tag) == 1
        if answer.status_code != 400 and not exists:
            wrong.append((str(operation), answer.status_code, answer.content[:200]))
        if answer.headers["Content-Type"] != "application/problem+json":
            wrong.append((str(operation), answer.headers["Content-Type"]))
    assert not wrong


def test_any_json_of_any_shape_never_breaks_the_server(cast):
    wrong = []
    for operation in writing():
        for body in SHAPES:
            answer = send(cast, operation, json.dumps(body).encode())
            if answer.status_code >= 500:
                wrong.append((str(operation), body, answer.status_code))
    assert not wrong


def fields_of(operation):
    from crm.apidocs import document

    content = operation.detail.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return document()["components"]["schemas"].get(name, schema).get("properties", {})


NEEDED = dict.fromkeys(("name", "title", "subject", "number", "sku"), "x")
ALONE = (2**31,)
"""Sent in one field at a time, so that the services see them too."""


def test_any_value_in_any_field_never_breaks_the_server(cast):
    wrong = []
    for operation in writing():
        fields = fields_of(operation)
        bodies = [dict.fromkeys(fields, value) for value in VALUES]
        bodies += [{**NEEDED, field: value} for field in fields for value in ALONE]
        for body in bodies:
            answer = send(cast, operation, json.dumps(body).encode())
            if answer.status_code >= 500:
                wrong.append((str(operation), str(body)[:200], answer.status_code))
    assert not wrong


def test_a_body_of_another_type_is_a_415_and_a_huge_one_a_413(cast):
    client = Client(headers=cast.headers("admin"))
    assert client.post("/api/v1/customers/", b"<a/>", content_type="application/xml").status_code == 415
    huge = b'{"note": "' + b"x" * (6 * 2**20) + b'"}'
    assert client.post("/api/v1/customers/", huge, content_type="application/json").status_code == 413
    with_key = client.post(
        "/api/v1/customers/", huge, content_type="application/json", headers={"Idempotency-Key": "huge"}
    )
    assert with_key.status_code == 413


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0", "page_size=501", "page_size=1e9", "page_size=-1", "cursor=abc", "cursor=%00", "cursor=WzFd", "ordering=password",
        "ordering=owner__password", "ordering=-", "ordering=--name", "ordering=name%00", "offset=1000000000000", "fields=id", "expand=owner",
        "owner__password=x", "name__regex=(a%2B)%2B%24", "lifecycle=nonsense", "owner=99999999999999999999999", "created_after=yesterday",
        "created_after=0001-01-01T00:00:00%2B14:00", "created_after=10000-01-01", "team=%00", "country=%00", "search=%00", "format=xml",
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_a_sentence(cast, query):
    answer = Client(headers=cast.headers("admin"), raise_request_exception=False).get(f"/api/v1/customers/?{query}")
    assert answer.status_code == 400, (query, answer.status_code)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "pk", ["0", "-1", "abc", "1.5", "99999999999999999999999999", "9223372036854775807", "%00", "１"]
)
def test_a_key_that_is_none_is_an_absent_row(cast, pk):
    answer = Client(headers=cast.headers("admin"), raise_request_exception=False).get(f"/api/v1/customers/{pk}/")
    assert answer.status_code == 404


@pytest.mark.parametrize("text", ["'", '"', "\\", "a:*", "a & b", "!a", "(", "'':*", "%", "_", "\ud83d\ude00", "王", "1", "@", "a" * 300, "-- ;", "+49 (30) 1", "\u202e"])  # fmt: skip
def test_search_takes_any_text(cast, text):
    client = Client(headers=cast.headers("admin"), raise_request_exception=False)
    assert client.get("/api/v1/customers/", {"search": text.encode("utf-8", "replace").decode()}).status_code in (
        200,
        400,
    )
