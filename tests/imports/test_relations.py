"""Files that point at each other, in any order: every link resolves, whatever comes first."""

import csv
import random
from itertools import permutations

import pytest

from customers.imports import pending
from customers.imports.suggest import suggest
from customers.imports.undo import undo_import
from customers.models import Contact, ContactRole, Customer, PendingLink
from marketing.models import Campaign, Touch
from sales.models import Deal
from service.models import Queue, Ticket
from tests.cast import make_user, root_team
from tests.imports.conftest import DATA, NOW, counted

FOLDER = DATA / "salesforce_dataloader_sample"
KINDS = {"Accounts": "customers", "Contacts": "contacts", "Opportunities": "deals", "Cases": "tickets",
         "Campaigns": "campaigns", "CampaignMembers": "touches"}  # fmt: skip
ORDERS = [
    ("Accounts", "Contacts", "Opportunities", "Cases", "Campaigns", "CampaignMembers"),
    ("CampaignMembers", "Campaigns", "Cases", "Opportunities", "Contacts", "Accounts"),
    ("Cases", "CampaignMembers", "Contacts", "Campaigns", "Accounts", "Opportunities"),
]
needs_data = pytest.mark.skipif(not FOLDER.exists(), reason="the data sets beside the checkout are absent")


def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@needs_data
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_six_files_in_any_order_resolve_all_links(bring, tmp_path, order):
    for number, name in enumerate(order):
        path = tmp_path / f"f{number}"
        path.write_bytes((FOLDER / f"{name}.csv").read_bytes())
        report = bring(KINDS[name], path)
        assert report["rejected"] == report["skipped"] == 0, report
    assert not PendingLink.objects.filter(resolved_at=None).exists()
    counts = [model.objects.count() for model in (Customer, Contact, Deal, Ticket, Campaign, Touch)]
    assert counts == [500, 1500, 3000, 1500, 8, 4000]
    names = {row["External_Id__c"]: row["Name"] for row in table("Accounts")}
    roles = dict(ContactRole.objects.values_list("contact__external_id", "customer__name"))
    assert roles == {row["External_Id__c"]: names[row["Account:External_Id__c"]] for row in table("Contacts")}
    deals = dict(Deal.objects.values_list("external_id", "customer__name"))
    assert deals == {row["External_Id__c"]: names[row["Account:External_Id__c"]] for row in table("Opportunities")}
    tickets = set(Ticket.objects.values_list("external_id", "customer__name", "contact__external_id"))
    assert tickets == {
        (row["External_Id__c"], names[row["Account:External_Id__c"]], row["Contact:External_Id__c"])
        for row in table("Cases")
    }
    touches = set(Touch.objects.values_list("external_id", "campaign__external_id", "contact__external_id"))
    assert touches == {
        (row["External_Id__c"], row["Campaign:External_Id__c"], row["Contact:External_Id__c"])
        for row in table("CampaignMembers")
    }
    assert all(
        roles[contact] == customer
        for contact, customer in Touch.objects.values_list("contact__external_id", "customer__name")
    )


@needs_data
@pytest.mark.parametrize("name", KINDS)
def test_the_kind_of_each_file_is_guessed_from_its_columns(tmp_path, name):
    rows = table(name)
    rng = random.Random(name)
    columns = rng.sample(list(rows[0]), len(rows[0]))
    path = tmp_path / "x"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rng.sample(rows, min(len(rows), 7)))
    assert suggest(path).kind == KINDS[name]


SMALL = {
    "contacts": "id,first name,last name,Account ID\nk1,Ada,King,a1\nk2,Ben,Kay,a2\n",
    "customers": "id,name\na1,Acme\na2,Beta\n",
    "campaigns": "id,name\np1,Spring\n",
    "touches": "id,Campaign:External_Id__c,Contact.External ID,status\nm1,p1,k1,Sent\nm2,p1,k2,Sent\nm3,p1,k1,Opened\n",
    "tickets": "id,subject,Account/ID,Contact ID\nt1,Broken,a1,k1\n",
}


@pytest.mark.parametrize("order", list(permutations(SMALL))[::7], ids=lambda order: "-".join(order))
def test_small_files_in_every_order(bring, order):
    for kind in order:
        bring(kind, SMALL[kind])
    assert Touch.objects.filter(campaign__name="Spring", contact__isnull=False, customer__isnull=False).count() == 3
    assert Ticket.objects.get().contact.external_id == "k1"
    assert set(ContactRole.objects.values_list("contact__name", "customer__name")) == {
        ("Ada King", "Acme"),
        ("Ben Kay", "Beta"),
    }


def test_links_that_wait_are_counted_and_seen_by_nobody(bring):
    report = bring("touches", SMALL["touches"])
    assert counted(report) == (3, 3, 0, 0, 0, 0) and report["pending_links"] == 6
    admin = make_user("ada", "admin", root_team())
    assert not Touch.objects.visible_to(admin).exists()
    assert bring("contacts", SMALL["contacts"])["resolved_links"] == 3
    assert bring("campaigns", SMALL["campaigns"])["resolved_links"] == 3
    assert Touch.objects.visible_to(admin).count() == 3


def test_a_link_waits_again_when_the_import_that_resolved_it_is_undone(bring):
    bring("tickets", SMALL["tickets"])
    report = bring("contacts", SMALL["contacts"])
    assert Ticket.objects.get().contact.external_id == "k1"
    undo_import(import_id=report["import_id"], user=None, now=NOW)
    assert Ticket.objects.get().contact is None and not Contact.objects.exists()
    assert bring("contacts", SMALL["contacts"])["resolved_links"] == 1
    assert Ticket.objects.get().contact.external_id == "k1"


def test_links_of_rows_that_are_gone_are_forgotten(bring):
    bring("tickets", SMALL["tickets"])
    Ticket.objects.all().delete()
    assert pending.forget_gone() == 1 and not PendingLink.objects.exists()


def test_whatever_brings_the_other_end_resolves_the_link(bring):
    bring("tickets", SMALL["tickets"])
    source = Customer.objects.get().external_ids.get().source
    Contact.objects.create(name="Ada", team=root_team(), source=source, external_id="k1")
    assert pending.resolve_all(now=NOW) == 1
    assert Ticket.objects.get().contact.name == "Ada"


def test_what_a_person_left_waiting_is_not_linked_to_records_of_others(bring):
    root = root_team()
    north, south = (type(root).objects.create(name=name, parent=root) for name in ("North", "South"))
    manager = make_user("mona", "manager", north)
    Queue.objects.create(name="North", team=north)
    bring("tickets", "id,subject,Contact ID\nt1,Broken,k1\n", user=manager, team="North")
    bring("contacts", SMALL["contacts"], team="South")
    assert Contact.objects.filter(team=south).count() == 2 and Ticket.objects.get().contact is None


@pytest.mark.parametrize("names_first", [True, False])
def test_records_name_their_company_in_any_order(bring, names_first):
    files = [
        ("deals", "id,title,Account Name,stage\nd1,Grinders,Acme,New\nd2,Mills,Beta,New\n"),
        ("customers", SMALL["customers"]),
    ]
    for kind, text in files if names_first else reversed(files):
        bring(kind, text)
    assert Customer.objects.count() == 2
    assert {
        deal.title: deal.customer.external_ids.filter(external_id__startswith="a").get().external_id
        for deal in Deal.objects.all()
    } == {"Grinders": "a1", "Mills": "a2"}


def test_a_name_that_two_customers_bear_is_nobody_s(bring):
    bring("customers", "id,name\na1,Acme\na2,Acme\n")
    bring("deals", "id,title,Account Name\nd1,Grinders,Acme\n")
    assert Customer.objects.count() == 3
