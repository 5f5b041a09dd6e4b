import pytest

from customers.models import Customer, ExternalId
from tests.cast import make_customer

URL = "/api/v1/customers/"


def names(answer):
    return [row["name"] for row in answer.json()["results"]]


def test_a_rep_sees_the_customers_of_her_team_only(call, cast):
    found = call("rep", "get", URL)
    assert found.status_code == 200, found.content
    assert names(found) == ["kiterepcustomer Ltd"]


def test_a_customer_carries_the_fields_of_the_contract(call, cast):
    row = call("rep", "get", f"{URL}{cast.rows['rep']['customer'].pk}/").json()
    wanted = [
        "external_id",
        "kind",
        "name",
        "first_name",
        "last_name",
        "company",
        "title",
        "email",
        "phone",
        "birth_date",
        "gender",
        "address",
        "city",
        "region",
        "postcode",
        "country",
        "language",
        "owner",
        "team",
        "lifecycle",
        "tags",
        "note",
        "custom",
    ]
    assert not set(wanted) - set(row)
    assert row["external_id"] == "kiterepcustomer-1"
    assert row["source"] == "shop"


def test_a_customer_is_made_changed_and_trashed(call, cast):
    made = call(
        "rep",
        "post",
        URL,
        {
            "name": " Zoë  ",
            "email": "ZOE@Example.com",
            "phone": "+49 30 5550000",
            "source": "web",
            "external_id": "z1",
            "custom": {},
        },
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["name"], body["email"], body["owner"], body["team"]) == (
        "Zoë",
        "zoe@example.com",
        None,
        cast.teams["north"].pk,
    )
    assert made.headers["Location"].endswith(f"{URL}{body['id']}/")
    row = Customer.objects.get(pk=body["id"])
    assert {(p.kind, p.normalised) for p in row.points.all()} == {
        ("email", "zoe@example.com"),
        ("phone", "+49305550000"),
    }
    changed = call("rep", "patch", f"{URL}{row.pk}/", {"city": "Köln", "owner": cast.users["rep"].pk})
    assert changed.status_code == 200, changed.content
    assert changed.json()["version"] == 2
    assert changed.json()["owner"] == cast.users["rep"].pk
    assert call("rep", "delete", f"{URL}{row.pk}/").status_code == 204
    assert call("rep", "get", f"{URL}{row.pk}/").status_code == 404
    row.refresh_from_db()
    assert row.deleted_at


def test_a_stale_version_is_refused_and_nothing_changes(call, cast):
    url = f"{URL}{cast.rows['rep']['customer'].pk}/"
    tag = call("rep", "get", url).headers["ETag"]
    assert call("rep", "patch", url, {"city": "A"}, **{"If-Match": tag}).status_code == 200
    again = call("rep", "patch", url, {"city": "B"}, **{"If-Match": tag})
    assert again.status_code == 409
    assert again.json()["code"] == "stale"
    assert call("rep", "get", url).json()["city"] == "A"


def test_read_only_fields_are_left_alone(call, cast):
    url = f"{URL}{cast.rows['rep']['customer'].pk}/"
    before = call("rep", "get", url).json()
    sent = {
        "id": 1,
        "created_at": "2000-01-01T00:00:00Z",
        "version": 77,
        "deleted_at": "2020-01-01T00:00:00Z",
        "is_staff": True,
        "churn_probability": 0,
        "score": 1,
        "search": "x",
        "tenant": 5,
        "role": "admin",
    }
    after = call("rep", "patch", url, sent)
    assert after.status_code == 200
    assert after.json() == before


def test_owner_and_team_must_be_within_reach_and_absent_ones_answer_alike(call, cast):
    url = f"{URL}{cast.rows['rep']['customer'].pk}/"
    for field, foreign in (
        ("owner", cast.users["rival"].pk),
        ("team", cast.teams["south"].pk),
        ("parent", cast.rows["rival"]["customer"].pk),
    ):
        other = call("rep", "patch", url, {field: foreign})
        absent = call("rep", "patch", url, {field: 999_999_999})
        assert other.status_code == absent.status_code == 400, field
        assert other.json() == absent.json()


def test_a_second_record_with_the_same_outside_id_is_a_conflict(call, cast):
    sent = {"name": "B", "source": "shop", "external_id": "kiterivalcustomer-1"}
    assert call("rep", "post", URL, sent).status_code == 409
    assert not Customer.objects.filter(name="B").exists()


def test_pages_by_cursor_hold_every_row_once_in_both_directions(call, cast):
    for number in range(23):
        make_customer(f"C{number:02}", team=cast.teams["north"], lifecycle="lead")
    seen, url = [], f"{URL}?page_size=5&lifecycle=lead"
    pages = []
    while url:
        body = call("rep", "get", url).json()
        pages.append([row["name"] for row in body["results"]])
        seen += pages[-1]
        url, previous = body["next"], body["previous"]
    assert seen == [f"C{number:02}" for number in range(23)]
    assert [row["name"] for row in call("rep", "get", previous).json()["results"]] == pages[-2]


@pytest.mark.parametrize(
    "ordering",
    ["churn_probability", "-churn_probability", "last_contact_at", "-last_contact_at", "-name", "created_at"],
)
def test_sorts_with_empty_values_lose_no_row(call, cast, ordering):
    from tests.cast import make_score

    for number in range(9):
        row = make_customer(f"S{number}", team=cast.teams["north"], lifecycle="lead")
        if number % 3:
            make_score(row, probability=None if number == 4 else number % 2 / 2)
    everything = call("rep", "get", f"{URL}?lifecycle=lead&ordering={ordering}").json()
    seen, url = [], f"{URL}?page_size=2&lifecycle=lead&ordering={ordering}"
    while url:
        body = call("rep", "get", url).json()
        seen += [row["id"] for row in body["results"]]
        url, previous = body["next"], body["previous"]
    assert seen == [row["id"] for row in everything["results"]]
    assert len(set(seen)) == 9
    back = []
    while previous:
        body = call("rep", "get", previous).json()
        back = [row["id"] for row in body["results"]] + back
        previous = body["previous"]
    assert back == seen[:8]


@pytest.mark.parametrize("text", ["kiterep", "KITEREPC", "kiterepmail@example.com", "1234567", "kiterepcustomer ltd"])
def test_search_finds_parts_of_name_mail_and_phone(call, cast, text):
    assert names(call("rep", "get", f"{URL}?search={text}")) == ["kiterepcustomer Ltd"]


def test_search_finds_chinese_names_by_any_two_characters(call, cast):
    make_customer("王小明贸易公司", team=cast.teams["north"])
    for text in ("小明", "贸易", "王", "公司"):
        assert names(call("rep", "get", f"{URL}?search={text}")) == ["王小明贸易公司"], text


def test_masked_values_cannot_be_searched_filtered_or_sorted_by(call, cast):
    assert names(call("agent", "get", f"{URL}?search=kiterepcustomer")) == ["kiterepcustomer Ltd"]
    assert names(call("agent", "get", f"{URL}?search=kiterepmail")) == []
    assert names(call("agent", "get", f"{URL}?search=1234567")) == []
    assert call("agent", "get", f"{URL}?email=kiterepmail@example.com").status_code == 400
    assert call("agent", "get", "/api/v1/deals/?amount_min=1").status_code == 400


def test_an_agent_reads_masked_contact_points_and_no_amounts(call, cast):
    row = call("agent", "get", f"{URL}{cast.rows['rep']['customer'].pk}/").json()
    assert row["email"] == "k***@example.com"
    assert row["phone"] == "493****4567"
    assert "kite" not in row["address"]
    deal = call("agent", "get", f"/api/v1/deals/{cast.rows['rep']['deal'].pk}/").json()
    assert deal["amount"] is None
    assert deal["home_amount"] is None


def test_a_batch_makes_changes_and_rejects_row_by_row(call, cast):
    rows = [
        {"external_id": "b1", "name": "One"},
        {"external_id": "b2", "name": "Two", "lifecycle": "nonsense"},
        {"external_id": "kiterivalcustomer-1", "source": "shop", "name": "Stolen"},
        {"name": "no id"},
        {"external_id": "kiterepcustomer-1", "source": "shop", "city": "Bonn"},
        {"external_id": "b1", "name": "One again"},
    ]
    body = call("rep", "post", f"{URL}batch/", {"source": "erp", "rows": rows}).json()
    assert [row["status"] for row in body["results"]] == [
        "created",
        "rejected",
        "rejected",
        "rejected",
        "updated",
        "updated",
    ]
    assert (body["created"], body["updated"], body["unchanged"], body["rejected"]) == (1, 2, 0, 3)
    again = call("rep", "post", f"{URL}batch/", {"source": "erp", "rows": [rows[5]]}).json()
    assert again["results"][0]["status"] == "unchanged"
    assert ExternalId.objects.get(external_id="b1", source__name="erp").customer.name == "One again"
    assert cast.rows["rival"]["customer"].name == Customer.objects.get(pk=cast.rows["rival"]["customer"].pk).name


def test_a_batch_of_more_than_a_thousand_rows_is_refused(call, cast):
    rows = [{"external_id": str(number), "name": "x"} for number in range(1001)]
    assert call("rep", "post", f"{URL}batch/", rows).status_code == 400
    assert not ExternalId.objects.filter(external_id="1").exists()


def test_a_new_customer_comes_with_the_hint_of_visible_doubles(call, cast):
    same = {"name": "X", "email": "kiterepmail@example.com"}
    assert call("rep", "post", URL, same).json()["possible_duplicates"] == [cast.rows["rep"]["customer"].pk]
    assert call("rival", "post", URL, same).json()["possible_duplicates"] == []


def test_counts_are_given_on_request(call, cast):
    assert call("admin", "get", f"{URL}?count=true").json()["count"] == 3
    assert call("rep", "get", f"{URL}?count=true").json()["count"] == 1
