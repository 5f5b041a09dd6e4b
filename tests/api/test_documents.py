from tests.cast import NOW


def test_the_document_is_openapi_3_1_and_names_no_secret(client, db):
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    body = answer.json()
    assert body["openapi"].startswith("3.1")
    assert {"/api/v1/customers/", "/api/v1/orders/batch/", "/api/v1/customers/{id}/"} <= set(body["paths"])
    assert "vk_" not in answer.content.decode()


def test_the_docs_page_is_readable_by_visitors_and_colleagues(client, cast):
    for table in ("customers", "deals", "nonsense"):
        assert client.get(f"/api/docs/?table={table}").status_code == 200
    client.force_login(cast.users["rep"])
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert page.content.decode().count("<h1") == 1
    assert "Authorization: Bearer" in page.content.decode()


def test_the_timeline_joins_what_every_app_knows(call, cast):
    pk = cast.rows["rep"]["customer"].pk
    body = call("rep", "get", f"/api/v1/customers/{pk}/timeline/").json()
    text = str(body)
    assert "kiterepinteraction" in text
    assert "kiterepticket" in text
    assert all(row["at"] <= NOW.isoformat() or row["at"] for row in body["results"])
    first = call("rep", "get", f"/api/v1/customers/{pk}/timeline/?page_size=1").json()
    second = call("rep", "get", f"/api/v1/customers/{pk}/timeline/?page_size=1&cursor={first['next_cursor']}").json()
    assert first["results"] != second["results"]
    assert call("rival", "get", f"/api/v1/customers/{pk}/timeline/").status_code == 404
