"""Two people edit one customer: what only one changed joins, what both changed is asked."""

from __future__ import annotations

import pghistory
import pytest
from django.test import Client

from crm.kit.errors import Refused
from customers import services
from customers.models import Customer
from customers.services.edits import Conflict, Edit
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(cast: Cast) -> Customer:
    return cast.rows["rep"]["customer"]


def write(cast: Cast, row: Customer, actor: str = "rep", edit: Edit | None = None, **values: object) -> Customer:
    user = cast.users[actor]
    with pghistory.context(user=user.pk, via="page"):
        return services.update_customer(user=user, customer_id=row.pk, values=values, edit=edit)


def test_fields_that_only_one_side_changed_merge_by_themselves(cast: Cast, row: Customer) -> None:
    read = Edit(str(row.version))
    untouched = row.title
    write(cast, row, "manager", city="Hamburg")
    done = write(cast, row, edit=read, city=row.city, title="Owner", company=row.company)
    assert (done.city, done.title) == ("Hamburg", "Owner")
    assert untouched != done.title


def test_a_field_that_both_changed_is_asked_and_nothing_is_written(cast: Cast, row: Customer) -> None:
    read, original = Edit(str(row.version)), row.city
    write(cast, row, "manager", city="Hamburg")
    with pytest.raises(Conflict) as told:
        write(cast, row, edit=read, city="Bremen", title="Owner")
    [clash] = told.value.clashes
    assert (clash.name, clash.mine, clash.theirs, clash.original) == ("city", "Bremen", "Hamburg", original)
    assert clash.who == cast.users["manager"].display_name
    assert clash.at is not None
    row.refresh_from_db()
    assert (row.city, row.title) == ("Hamburg", "")


@pytest.mark.parametrize(("chosen", "city"), [("mine", "Bremen"), ("theirs", "Hamburg"), ("original", None)])
def test_what_was_chosen_stays(cast: Cast, row: Customer, chosen: str, city: str | None) -> None:
    base, original = str(row.version), row.city
    seen = str(write(cast, row, "manager", city="Hamburg", title="Chief").version)
    done = write(cast, row, edit=Edit(base, seen, {"city": chosen}), city="Bremen", title="", note="mine")
    assert done.city == (original if city is None else city)
    assert done.title == "Chief"
    assert done.note == "mine"


def test_a_choice_against_a_version_that_moved_on_is_asked_again(cast: Cast, row: Customer) -> None:
    base = str(row.version)
    seen = str(write(cast, row, "manager", city="Hamburg").version)
    write(cast, row, "manager", city="Kiel")
    with pytest.raises(Conflict) as told:
        write(cast, row, edit=Edit(base, seen, {"city": "mine"}), city="Bremen")
    assert (told.value.clashes[0].original, told.value.clashes[0].theirs) == ("Hamburg", "Kiel")


def test_both_chose_the_same_value_is_no_conflict(cast: Cast, row: Customer) -> None:
    read = Edit(str(row.version))
    write(cast, row, "manager", city="Hamburg")
    assert write(cast, row, edit=read, city="Hamburg").city == "Hamburg"


def test_tags_of_both_are_kept(cast: Cast, row: Customer) -> None:
    write(cast, row, tags=["a", "b"])
    row.refresh_from_db()
    read = Edit(str(row.version))
    write(cast, row, "manager", tags=["a", "b", "theirs"])
    assert write(cast, row, edit=read, tags=["a", "mine"]).tags == ["a", "theirs", "mine"]


def test_a_version_that_never_was_is_refused_as_before(cast: Cast, row: Customer) -> None:
    write(cast, row, city="Hamburg")
    with pytest.raises(Refused):
        write(cast, row, edit=Edit("999"), city="Bremen")


def test_without_a_script_a_page_asks_with_the_same_choices(cast: Cast, row: Customer, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    version = str(row.version)
    write(cast, row, "manager", city="Hamburg")
    where = f"/customers/{row.pk}/fields/city/"
    asked = client.post(where, {"version": version, "city": "Bremen"})
    body = asked.content.decode()
    assert asked.status_code == 409
    assert all(word in body for word in ("Mine", "Theirs", "As it was", "Bremen", "Hamburg"))
    seen = body.split('name="seen" value="')[1].split('"')[0]
    done = client.post(where, {"version": version, "seen": seen, "city": "Bremen", "choice-city": "mine"})
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.city == "Bremen"


def test_the_whole_form_asks_too_and_keeps_what_else_was_typed(cast: Cast, row: Customer, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    form = client.get(f"/customers/{row.pk}/edit/").context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    typed |= {
        "version": str(row.version),
        "city": "Bremen",
        "title": "Buyer",
        "owner": form["owner"].value() and "cast-rep",
    }
    write(cast, row, "manager", city="Hamburg", language="de")
    asked = client.post(f"/customers/{row.pk}/edit/", typed)
    assert asked.status_code == 409
    body = asked.content.decode()
    assert body.count("<fieldset") == 1
    assert 'name="title" value="Buyer"' in body
    seen = body.split('name="seen" value="')[1].split('"')[0]
    done = client.post(f"/customers/{row.pk}/edit/", {**typed, "seen": seen, "choice-city": "theirs"})
    assert done.status_code == 303, done.content.decode()[:2000]
    row.refresh_from_db()
    assert (row.city, row.title, row.language) == ("Hamburg", "Buyer", "de")


def test_htmx_gets_the_dialog(cast: Cast, row: Customer, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    version = str(row.version)
    write(cast, row, "manager", city="Hamburg")
    asked = client.post(
        f"/customers/{row.pk}/fields/city/", {"version": version, "city": "Bremen"}, headers={"HX-Request": "true"}
    )
    assert asked.status_code == 422
    assert asked.headers["HX-Retarget"] == "#dialog"


@pytest.mark.parametrize("name", ["name", "first_name", "email", "phone", "company", "title", "birth_date", "gender",
                                  "address", "postcode", "city", "region", "country", "language", "time_zone", "lifecycle",
                                  "owner", "team", "parent", "kind", "note"])  # fmt: skip
def test_every_field_opens_in_place(cast: Cast, row: Customer, sign_in: object, name: str) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    part = client.get(f"/customers/{row.pk}/fields/{name}/", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert f'name="{name}"' in part.content.decode()


def test_a_wrong_value_is_told_at_the_field(cast: Cast, row: Customer, sign_in: object) -> None:
    client: Client = sign_in("rep")  # type: ignore[operator]
    where = f"/customers/{row.pk}/fields/time_zone/"
    told = client.post(where, {"version": row.version, "time_zone": "Moon/Base"}, headers={"HX-Request": "true"})
    assert told.status_code == 422
    assert "Europe/Berlin" in told.content.decode()


def test_an_agent_edits_nothing_and_reads_masked_history(cast: Cast, row: Customer, sign_in: object) -> None:
    write(cast, row, email="new.secret@example.com")
    client: Client = sign_in("agent")  # type: ignore[operator]
    assert client.get(f"/customers/{row.pk}/fields/email/").status_code == 403
    body = client.get(f"/customers/{row.pk}/fields/email/history/").content.decode()
    assert "new.secret" not in body
    assert "n***@example.com" in body
