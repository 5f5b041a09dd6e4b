"""Customers, contacts and interactions from files."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db.models import F

from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField, Source
from customers.models import Contact, ContactPoint, Customer, ExternalId, ImportChange, Interaction
from tests.cast import make_user, root_team
from tests.imports.conftest import NOW, counted, rejected

CUSTOMERS = """Customer ID,Full name,E-mail,Mobile,Country,Tags,Birthday
7,Ada Lovelace,Ada@Example.com,020 7946 0000,United Kingdom,vip; press,10/12/1815
8,王小明,wxm@example.cn,13800000000,China,,
"""


def test_a_customer_file_without_mapping_is_understood_by_its_header(bring):
    report = bring("customers", CUSTOMERS)
    assert counted(report) == (2, 2, 0, 0, 0, 0)
    ada = Customer.objects.get(external_ids__external_id="7")
    assert (ada.name, ada.email, ada.phone, ada.country) == (
        "Ada Lovelace",
        "Ada@Example.com",
        "020 7946 0000",
        "United Kingdom",
    )
    assert ada.tags == ["vip", "press"] and ada.birth_date.isoformat() == "1815-12-10"
    points = dict(ContactPoint.objects.filter(customer=ada, primary=True).values_list("kind", "normalised"))
    assert points == {"email": "ada@example.com", "phone": "+442079460000"}
    assert ContactPoint.objects.filter(normalised="+8613800000000").exists()


def test_a_second_import_of_the_same_file_changes_nothing(bring):
    bring("customers", CUSTOMERS)
    before = Customer.objects.values_list("id", "version", "updated_at").order_by("id")
    kept = list(before)
    assert counted(bring("customers", CUSTOMERS)) == (2, 0, 0, 2, 0, 0)
    assert list(before.all()) == kept and ExternalId.objects.count() == 2


def test_only_what_differs_is_written_and_the_old_row_stays_in_history(bring):
    bring("customers", CUSTOMERS)
    report = bring("customers", CUSTOMERS.replace("Ada Lovelace", "Ada King").replace("Ada@", "king@"))
    assert counted(report) == (2, 0, 1, 1, 0, 0)
    ada = Customer.objects.get(external_ids__external_id="7")
    assert (ada.name, ada.version) == ("Ada King", 2)
    assert ContactPoint.objects.get(customer=ada, kind="email").value == "king@Example.com"
    event = apps.get_model("customers", "CustomerEvent").objects.get(pgh_obj_id=ada.pk)
    assert event.name == "Ada Lovelace" and event.pgh_context.metadata["import"] == report["import_id"]
    assert set(ImportChange.objects.filter(job=report["import_id"]).values_list("object", "action", "ids__0")) == {
        ("customers.customer", "updated", ada.pk),
        ("customers.contactpoint", "updated", ContactPoint.objects.get(customer=ada, kind="email").pk),
    }


def test_an_empty_cell_leaves_what_is_there(bring):
    bring("customers", "id,name,city\n1,Ada,London\n")
    assert counted(bring("customers", "id,name,city\n1,Ada,\n")) == (1, 0, 0, 1, 0, 0)
    assert Customer.objects.get().city == "London"
    bring("customers", "id,name,city\n1,Ada,\n", mapping={"options": {"empty": "clear"}})
    assert Customer.objects.get().city == ""


def test_rows_that_do_not_fit_stand_in_the_rejects_file_with_their_line_and_reason(bring):
    report = bring(
        "customers", "id,name,birth_date\n1,Ada,never\n2,Ben,2001-02-03\n,,\n3,Cleo,2001-02-30\n4,Di,,extra\n"
    )
    assert counted(report) == (4, 1, 0, 0, 0, 3)
    text = rejected(report)
    assert "1,Ada,never,2," in text and "birth_date" in text and "3,Cleo" in text and "4,Di" in text


def test_of_two_rows_with_one_id_the_last_counts(bring):
    report = bring("customers", "id,name\n1,Old\n2,Other\n1,New\n")
    assert counted(report) == (3, 2, 0, 0, 1, 0)
    assert set(Customer.objects.values_list("name", flat=True)) == {"New", "Other"}
    assert "line 4" in rejected(report)


def test_rows_without_an_id_are_known_again_by_who_they_name(bring):
    text = "name,email\nAda,a@x.org\nAda,b@x.org\n"
    assert counted(bring("customers", text)) == (2, 2, 0, 0, 0, 0)
    shuffled = "email,name\nb@x.org,Ada\na@x.org,Ada\n"
    assert counted(bring("customers", shuffled)) == (2, 0, 0, 2, 0, 0)


@pytest.mark.parametrize(("mode", "expected"), [("create", (2, 1, 0, 0, 1, 0)), ("update", (2, 0, 1, 0, 1, 0))])
def test_modes_write_only_new_or_only_known_rows(bring, mode, expected):
    bring("customers", "id,name\n1,Ada\n")
    assert counted(bring("customers", "id,name\n1,Ada King\n2,Ben\n", mode=mode)) == expected


def test_a_dry_run_counts_and_writes_nothing(bring):
    report = bring("customers", "id,name,birth_date\n1,Ada,x\n2,Ben,\n", dry_run=True)
    assert counted(report) == (2, 1, 0, 0, 0, 1)
    assert not Customer.objects.exists() and "1,Ada,x" in rejected(report)


def test_strict_writes_all_rows_or_none(bring):
    with pytest.raises(Refused, match="1 rows do not fit"):
        bring("customers", "id,name,birth_date\n1,Ada,x\n2,Ben,\n", strict=True)
    assert not Customer.objects.exists()
    assert counted(bring("customers", "id,name\n2,Ben\n", strict=True)) == (1, 1, 0, 0, 0, 0)


def test_rows_go_to_the_named_owner_else_team_else_root(bring):
    root = root_team()
    north = type(root).objects.create(name="North", parent=root)
    rep = make_user("rita", "rep", north)
    report = bring("customers", "id,name,owner\n1,Ada,rita\n2,Ben,\n")
    assert dict(Customer.objects.values_list("name", "team__name")) == {"Ada": "North", "Ben": root.name}
    assert Customer.objects.get(name="Ada").owner == rep and report["visible_to"]["team"] == root.name
    bring("customers", "id,name\n3,Cleo\n", team="north")
    assert Customer.objects.get(name="Cleo").team == north
    bring("customers", "id,name\n4,Di\n", mapping={"constants": {"owner": "rita"}})
    assert Customer.objects.get(name="Di").owner == rep


def test_custom_fields_are_typed(bring):
    CustomField.objects.create(object="customer", name="shoe", label="Shoe", type="number")
    mapping = {"columns": {"a": "external_id", "b": "name"}, "custom": {"c": "shoe"}}
    report = bring("customers", "a,b,c\n1,Ada,38.5\n2,Ben,big\n", mapping=mapping)
    assert counted(report) == (2, 1, 0, 0, 0, 1)
    assert Customer.objects.get().custom == {"shoe": 38.5}


def test_a_mapping_that_names_what_is_not_there_is_refused_before_anything_happens(bring):
    for mapping in (
        {"columns": {"nope": "name"}},
        {"columns": {"name": "nope"}},
        {"column": {}},
        {"options": {"decimal": ";"}},
    ):
        with pytest.raises(Invalid):
            bring("customers", "id,name\n1,Ada\n", mapping=mapping)
    assert not Customer.objects.exists()


def test_contacts_are_linked_to_their_customer_which_is_made_when_unknown(bring):
    bring("customers", "id,name\nC1,Acme\n")
    report = bring("contacts", "id,first name,last name,customer id,role\n1,Ada,King,C1,buyer\n2,Ben,Kay,C2,\n")
    assert counted(report) == (2, 2, 0, 0, 0, 0)
    ada = Contact.objects.get(external_id="1")
    assert ada.name == "Ada King" and ada.roles.get().customer.name == "Acme" and ada.roles.get().role == "buyer"
    assert Contact.objects.get(external_id="2").roles.get().customer.name == "C2"
    assert counted(bring("customers", "id,name\nC2,Beta\n")) == (1, 0, 1, 0, 0, 0)


INTERACTIONS = """customer,kind,direction,occurred_at,subject
C1,call,incoming,2026-11-01 10:00,Asked for a price
C1,call,incoming,2026-11-01 10:00,Asked for a price
C1,email,outgoing,2026-11-03T12:00:00+02:00,Offer
C2,visit,,03.11.2026 9:30,Visit
C2,dance,,2026-11-03,What
C3,note,,2026-11-04,Thought about them
"""


EARLIER = "customer,kind,direction,occurred_at,subject\nC1,call,incoming,2026-10-01 10:00,Hello\n"


def test_interactions_append_move_the_last_contact_and_come_once(bring):
    report = bring("interactions", INTERACTIONS)
    assert counted(report) == (6, 5, 0, 0, 0, 1)
    first = Customer.objects.get(external_ids__external_id="C1")
    assert first.last_contact_at == datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert Interaction.objects.filter(customer=first).count() == 3
    assert Customer.objects.get(external_ids__external_id="C3").last_contact_at is None  # a note is no talk
    assert counted(bring("interactions", INTERACTIONS)) == (6, 0, 0, 5, 0, 1)
    assert counted(bring("interactions", EARLIER)) == (1, 1, 0, 0, 0, 0)
    assert first.last_contact_at == datetime(2026, 11, 3, 10, tzinfo=UTC)  # an older talk moves nothing back
    assert Source.objects.get(name="shop").last_received_at == NOW


def test_names_are_found_by_search_after_an_import(bring):
    bring("customers", CUSTOMERS)
    found = Customer.objects.extra(where=["search @@ '''小明'''::tsquery"])
    assert found.get().name == "王小明"
    assert Customer.objects.filter(sort_name=F("sort_name"), email="wxm@example.cn").exists()
