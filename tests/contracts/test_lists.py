"""Every list of the REST API: few queries, and as many for twenty rows as for two."""

import pytest

from tests.cast import make_band, make_cast, make_key
from tests.contracts.operations import operations
from tests.counting import counting

pytestmark = pytest.mark.django_db
MOST = 6


def lists():
    return sorted(
        one.path for one in operations() if one.method == "get" and one.path.endswith("s/") and "{" not in one.path
    )


@pytest.fixture
def asked(client, db):
    cast = make_cast()
    headers = {"Authorization": f"Bearer {make_key(cast.users['manager'])}"}

    def ask(path):
        client.get(path, headers=headers)
        with counting() as queries:
            answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 403), answer.content
        rows = len(answer.json()["results"]) if answer.status_code == 200 else 0
        return len(queries), rows, [query["sql"][:120] for query in queries]

    return cast, ask


@pytest.mark.parametrize("path", lists())
def test_a_list_asks_the_same_few_queries_for_two_rows_and_for_twenty(asked, path):
    cast, ask = asked
    few, _rows, _sql = ask(path)
    queue = cast.rows["rep"]["ticket"].queue
    for number in range(20):
        make_band(f"more{number}", team=cast.teams["north"], owner=cast.users["rep"], queue=queue)
    many, rows, sql = ask(f"{path}?page_size=100")
    assert many == few, sql
    assert many <= MOST, sql
    tables = ("customers", "contacts", "interactions", "orders", "deals", "tickets", "campaigns")
    assert rows >= 20 or path.split("/")[3] not in tables
