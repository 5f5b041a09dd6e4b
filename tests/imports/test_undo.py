"""An import can be taken back whole; what people did since stays, and is named."""

from __future__ import annotations

import json
from datetime import timedelta

import pghistory
import pytest
from django.core.management import call_command
from django.db import connection

from crm.accounts.models import User
from crm.kit.errors import Refused
from customers import services as verbs
from customers.imports.undo import undo_import
from customers.imports.undo.scope import pointers
from customers.imports.undo.words import told
from customers.models import (
    Consent,
    ConsentPurpose,
    Contact,
    ContactPoint,
    ContactRole,
    Customer,
    ExternalId,
    ImportJob,
    Interaction,
    LastContact,
    LegalHold,
)
from marketing.models import Touch
from sales.models import Deal, Order, OrderLine, Product
from tests.cast import make_user, root_team
from tests.imports.conftest import NOW

pytestmark = pytest.mark.django_db
PEOPLE = "external_id,name,email,phone,city\n1,Ada,ada@x.org,+4930111,Berlin\n2,Bo,bo@x.org,+4930222,Bonn\n"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def admin(db) -> User:
    """Who changes things by hand."""
    return make_user("boss", "admin", root_team())


def undo(report, **options):
    return undo_import(import_id=report["import_id"], **{"user": None, "now": LATER} | options)


def by_hand(user):
    """What a person does meanwhile; tests share one transaction, where a mark of the history would stay."""
    return pghistory.context(via="page", user=user.pk)


def digest() -> dict[str, object]:
    """What stands in the tables that imports write, without the columns that only say when."""
    found = {}
    for model in (
        Customer,
        ExternalId,
        ContactPoint,
        Contact,
        ContactRole,
        Interaction,
        LastContact,
        Order,
        OrderLine,
        Product,
        Deal,
        Touch,
    ):
        skip = {"search", "sort_name", "updated_at", "version", "created_at", "recorded_at"}
        names = [field.name for field in model._meta.concrete_fields if field.name not in skip]
        found[model.__name__] = sorted(map(str, model._default_manager.values(*names)))
    return found


def test_what_an_import_created_is_gone(bring):
    before = digest()
    report = undo(bring("customers", PEOPLE))
    assert (report["deleted_count"], report["restored_count"], report["kept_count"]) == (2, 0, 0)
    assert digest() == before


def test_what_an_import_changed_is_as_before(bring):
    bring("customers", PEOPLE)
    before = digest()
    again = bring("customers", "external_id,name,email,phone,city\n1,Ada L,ada@y.org,+4940333,Bern\n3,Cy,c@x.org,,\n")
    report = undo(again)
    assert digest() == before
    assert (report["deleted_count"], report["restored_count"]) == (1, 1)


def test_a_field_that_a_person_edited_since_stays_and_is_named(bring, admin):
    bring("customers", PEOPLE)
    again = bring("customers", "external_id,name,city\n1,Ada L,Bern\n2,Bo B,Basel\n")
    ada = Customer.objects.get(name="Ada L")
    with by_hand(admin):
        verbs.update_customer(user=admin, customer_id=ada.pk, values={"city": "Rome"})
    report = told(undo(again), user=admin)
    ada.refresh_from_db()
    assert (ada.name, ada.city) == ("Ada", "Rome")
    assert report["restored"] == 2 and report["kept_count"] == 1
    kept = report["kept"][0]
    assert (kept["object"], kept["id"], kept["label"]) == ("customer", ada.pk, "Ada") and "city" in kept["why"]
    assert admin.display_name in kept["why"]


def test_a_created_record_that_a_person_edited_stays_whole(bring, admin):
    report = bring("customers", PEOPLE)
    ada = Customer.objects.get(name="Ada")
    with by_hand(admin):
        verbs.update_customer(user=admin, customer_id=ada.pk, values={"note": "Call her"})
    back = undo(report)
    assert list(Customer.objects.values_list("name", flat=True)) == ["Ada"]
    assert ContactPoint.objects.filter(customer=ada).count() == 2 and ada.external_ids.count() == 1
    assert (back["deleted_count"], back["kept_count"]) == (1, 1) and back["kept"][0]["why"] == "edited"


@pytest.mark.parametrize("work", ["note", "phone", "deal", "source", "hold", "consent"])
def test_a_created_record_with_others_work_stays(bring, admin, work):
    report = bring("customers", PEOPLE)
    ada = Customer.objects.get(name="Ada")
    if work == "note":
        verbs.add_interaction(user=admin, values={"customer": ada.pk, "kind": "note", "text": "x"}, now=NOW)
    elif work == "phone":
        ContactPoint.objects.create(customer=ada, kind="phone", value="1")
    elif work == "hold":
        LegalHold.objects.create(customer=ada, reason="A trial", placed_at=NOW)
    elif work == "consent":
        purpose = ConsentPurpose.objects.order_by("pk")[0]
        Consent.objects.create(customer=ada, purpose=purpose, channel="email", state="given", at=NOW)
    elif work == "deal":
        bring("deals", "external_id,title,customer.external_id,amount\nD1,Big,1,10\n")
    else:
        bring("customers", "external_id,name\n77,Other\n", source="erp")
        ExternalId.objects.filter(external_id="77").update(customer=ada)
    back = undo(report)
    assert Customer.objects.filter(pk=ada.pk).exists() and back["kept_count"] == 1
    assert told(back, user=admin)["kept"][0]["why"]


def test_points_that_follow_a_file_go_back_too(bring):
    bring("customers", "external_id,name\n1,Ada\n")
    before = digest()
    undo(bring("customers", PEOPLE))
    assert digest() == before


def test_contacts_go_with_their_roles_and_the_customers_known_by_id_only(bring):
    before = digest()
    undo(bring("contacts", "external_id,name,email,customer.external_id\nc1,Cleo,c@x.org,77\n"))
    assert digest() == before


def test_interactions_go_and_the_last_contact_moves_back(bring):
    bring("customers", PEOPLE)
    bring("interactions", "customer.external_id,kind,occurred_at\n1,call,2026-01-01 10:00\n")
    before = digest()
    undo(
        bring(
            "interactions", "customer.external_id,kind,occurred_at\n1,call,2026-02-01 10:00\n2,mail,2026-02-02 10:00\n"
        )
    )
    assert digest() == before


ORDERS = "number,ordered_at,customer.external_id,line.sku,line.quantity,line.unit_price\n"


@pytest.mark.parametrize(
    "lines",
    ["7,2026-03-01,1,A,5,2\n7,2026-03-01,1,B,1,9\n7,2026-03-01,1,C,1,1\n", "7,2026-03-01,2,A,1,2\n", "8,2026-03-02,5,Z,1,2\n"],
    ids=["more lines", "fewer lines", "a new order"],
)  # fmt: skip
def test_orders_get_their_lines_back(bring, lines):
    bring("orders", ORDERS + "7,2026-03-01,1,A,1,2\n7,2026-03-01,1,B,2,3\n")
    before = digest()
    report = undo(bring("orders", ORDERS + lines))
    assert digest() == before and report["kept_count"] == 0


def test_deals_tickets_and_touches_go_back(bring):
    bring("customers", PEOPLE)
    bring("campaigns", "external_id,name\nk1,Spring\n")
    bring("touches", "campaign.external_id,customer.external_id,status\nk1,1,sent\n")
    bring("deals", "external_id,title,customer.external_id,amount\nD1,Big,1,10\n")
    before = digest()
    undo(bring("touches", "campaign.external_id,customer.external_id,status\nk1,1,opened\nk1,2,sent\n"))
    undo(bring("deals", "external_id,title,customer.external_id,amount\nD1,Big,1,20\nD2,New,2,1\n"))
    undo(bring("tickets", "number,subject,customer.external_id\nT1,Help,1\n"))
    assert digest() == before


def test_scores_go_with_a_customer_that_goes(bring, admin):
    report = bring("customers", PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM insights_customerscore")
    assert undo(report)["deleted_count"] == 2


def test_an_import_is_undone_once(bring):
    report = bring("customers", PEOPLE)
    undo(report)
    with pytest.raises(Refused, match="before"):
        undo(report)
    assert ImportJob.objects.get(pk=report["import_id"]).state == "undone"


def test_a_dry_run_has_nothing_to_undo(bring):
    with pytest.raises(Refused, match="dry run"):
        undo(bring("customers", PEOPLE, dry_run=True))


def test_what_was_undone_can_be_imported_again(bring):
    undo(bring("customers", PEOPLE))
    assert bring("customers", PEOPLE)["created"] == 2


def test_an_undo_that_was_stopped_goes_on(bring, monkeypatch):
    monkeypatch.setattr("customers.imports.context.NOTED", 1)
    before = digest()
    report = bring("customers", PEOPLE)

    def stop(**_values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo(report, progress=stop)
    assert ImportJob.objects.get(pk=report["import_id"]).state == "undoing"
    assert undo(report)["deleted_count"] == 2 and digest() == before


def test_the_command_prints_one_report(bring, capsys):
    report = bring("customers", PEOPLE)
    call_command("undo_import", str(report["import_id"]))
    found = json.loads(capsys.readouterr().out)
    assert (found["deleted"], found["restored"], found["kept"]) == (2, 0, [])


def test_every_table_that_names_customers_has_an_index_for_it():
    missing = []
    with connection.cursor() as cursor:
        for pointer in pointers(Customer):
            cursor.execute(
                "SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
                "WHERE i.indrelid = %s::regclass AND a.attname = %s",
                [pointer.table, pointer.column],
            )
            if not cursor.fetchone()[0]:
                missing.append(f"{pointer.table}.{pointer.column}")
    assert missing == []


def test_every_filled_key_that_names_customers_is_looked_up_once_when_they_go():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid "
            "AND attnum = conkey[1] WHERE contype = 'f' AND confdeltype <> 'r' AND attnotnull "
            "AND confrelid = 'customers_customer'::regclass"
        )
        assert cursor.fetchall() == []
