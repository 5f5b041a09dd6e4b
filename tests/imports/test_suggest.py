"""What the product makes of a file before anything is written: mapping, kind, program, formats."""

import json

import pytest

from customers.imports import mapping
from customers.imports.reading.formats import Formats
from customers.imports.suggest import suggest
from customers.models import Contact, Customer
from sales.models import Deal
from tests.imports.conftest import counted

FILES = {
    ("salesforce", "contacts"): (
        ("Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,MailingStreet,MailingCity,MailingState,MailingPostalCode,MailingCountry,"
        "Phone,Fax,MobilePhone,Email,Title,OwnerId,CreatedDate,SystemModstamp\n"
        "003A,false,,001A,King,Ada,Ms.,1 Main St,Leeds,,LS1,UK,+44 113 1,,+44 7700 900001,ada@x.org,Head,005A,2026-01-02T03:04:05.000Z,2026-01-02\n"),
        {"Id": "external_id", "AccountId": "customer.external_id", "LastName": "last_name", "MobilePhone": "phone.mobile",
         "MailingStreet": "address", "MailingPostalCode": "postcode", "Title": "title", "Email": "email"},
        {"OwnerId", "IsDeleted", "Salutation"},
    ),
    ("hubspot", "contacts"): (
        ("Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Associated Company,Last Activity Date,Lead Status,Create Date,Lifecycle Stage\n"
        "101,Ada,King,ada@x.org,+44 20 1,Rita Rep,Acme,2026-01-02 03:04,New,2025-01-02 03:04,Lead\n"),
        {"Record ID": "external_id", "Phone Number": "phone", "Contact owner": "owner", "Associated Company": "customer.name"},
        {"Lead Status", "Create Date"},
    ),
    ("hubspot", "deals"): (
        "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Pipeline,Associated Company\n9,Ten grinders,New,2026-03-04,Rita,1200.50,Sales,Acme\n",
        {"Deal Name": "title", "Deal Stage": "stage", "Close Date": "expected_on", "Associated Company": "customer.name", "Amount": "amount"},
        set(),
    ),
    ("odoo", "customers"): (
        ("id,name,company_type,parent_id,email,phone,mobile,street,street2,city,zip,country_id,function,category_id,user_id,vat\n"
        "__export__.res_partner_7,Ada King,person,Acme,ada@x.org,+44 20 1,+44 77,1 Main St,,Leeds,LS1,United Kingdom,Head,vip,Rita,GB1\n"),
        {"id": "external_id", "name": "name", "company_type": "kind", "zip": "postcode", "country_id": "country", "function": "title", "mobile": "phone.mobile"},
        {"vat", "street2"},
    ),
    ("google", "contacts"): (
        ("First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,Organization Title,Birthday,Notes,Photo,Labels,"
        "E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City\n"
        "Ada,,King,,,,Acme,Head,1815-12-10,hello,,vip,* Work,ada@x.org,Home,ada@y.org,Mobile,+44 77,Home,1 Main St,1 Main St,Leeds\n"),
        {"First Name": "first_name", "Organization Name": "company", "E-mail 1 - Value": "email", "E-mail 2 - Value": "email.other",
         "Phone 1 - Value": "phone", "Address 1 - City": "city", "Labels": "tags"},
        {"E-mail 1 - Label", "Phone 1 - Label", "Photo"},
    ),
    ("outlook", "contacts"): (
        ("Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business City,Business State,Business Postal Code,"
        "Business Country/Region,Home Street,Business Fax,Business Phone,Home Phone,Mobile Phone,Categories,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Notes\n"
        "Ms.,Ada,,King,,Acme,,Head,1 Main St,Leeds,,LS1,UK,9 Home St,,+44 113,+44 20,+44 77,vip,ada@x.org,SMTP,Ada King,ada@y.org,hello\n"),
        {"Job Title": "title", "Business Phone": "phone", "Mobile Phone": "phone.mobile", "Home Phone": "phone.home", "Business Street": "address",
         "E-mail Address": "email", "E-mail 2 Address": "email.other", "Categories": "tags"},
        {"Title", "Home Street", "E-mail Display Name"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES, ids="-".join)
def test_exports_of_other_programs_are_recognised_by_their_columns(bring, tmp_path, name):
    text, expected, left = FILES[name]
    path = tmp_path / "x"
    path.write_text(text, encoding="utf-8")
    found = suggest(path)
    assert (found.preset, found.kind) == name
    fields = {column.name: column.field for column in found.columns}
    assert {column: fields[column] for column in expected} == expected
    assert not {column for column in left if fields[column]}
    mapping.read(json.loads(json.dumps(found.mapping)))
    options = found.mapping | {"columns": {c: f for c, f in found.mapping["columns"].items() if f != "owner"}}
    assert counted(bring(found.kind, path, mapping=options))[:2] == (1, 1)


def test_further_phones_and_mails_of_a_table_become_points(bring, tmp_path):
    bring("contacts", FILES["outlook", "contacts"][0])
    ada = Contact.objects.get()
    assert (ada.title, ada.phone, ada.email) == ("Head", "+44 113", "ada@x.org")
    points = {(p.kind, p.label, p.value) for p in ada.points.filter(primary=False)}
    assert points == {("phone", "mobile", "+44 77"), ("phone", "home", "+44 20"), ("email", "other", "ada@y.org")}


PEOPLE = "Whatever,Contact adr.,Ruf,Land,Since,Shoe size,Member,Colour\n" + "".join(
    f"X{n},p{n}@x.org,+49 30 12345{n:02},Germany,{n + 1:02}.0{n % 9 + 1}.2024,3{n}\u002c5,{'yes' if n % 2 else 'no'},{['red', 'blue'][n % 2]}\n".replace(
        f"3{n},5", f"3{n}.5"
    )
    for n in range(20)
)


def test_columns_with_strange_names_are_told_by_their_values_else_become_new_fields(tmp_path):
    path = tmp_path / "x"
    path.write_text(PEOPLE, encoding="utf-8")
    found = {column.name: column for column in suggest(path, "customers").columns}
    assert found["Contact adr."].field == "email" and 0.4 < found["Contact adr."].confidence < 0.9
    assert found["Ruf"].field == "phone" and found["Land"].field == "country"
    kinds = {name: found[name].custom.type for name in ("Since", "Shoe size", "Member", "Colour", "Whatever")}
    assert kinds == {
        "Since": "date",
        "Shoe size": "number",
        "Member": "boolean",
        "Colour": "choice",
        "Whatever": "text",
    }
    assert found["Colour"].custom.choices == ("blue", "red") and found["Shoe size"].custom.name == "shoe_size"
    assert len(found["Whatever"].samples) == 3 and found["Whatever"].filled == 1


def test_a_header_word_is_doubted_when_the_values_look_otherwise(tmp_path):
    path = tmp_path / "x"
    path.write_text("Name,Telephone\n" + "Ada,yes\nBen,no\nCleo,no\nDi,yes\n", encoding="utf-8")
    phone = suggest(path, "customers").columns[1]
    assert phone.field == "" and phone.alternatives[0].value == "phone"


NO_HEADER = (
    "1,Ada King,ada@x.org,+44 20 7946 0001\n2,Ben Kay,ben@x.org,+44 20 7946 0002\n3,Di,di@x.org,+44 20 7946 0003\n"
)


def test_a_file_without_a_header_is_noticed(bring, tmp_path):
    path = tmp_path / "x"
    path.write_text(NO_HEADER, encoding="utf-8")
    found = suggest(path, "customers")
    assert found.detected.header_row.value == "0" and found.rows_seen == 3 and found.warnings
    assert {c.field for c in found.columns} >= {"email", "phone"}
    mapping_ = {"columns": {"column 2": "name", "column 3": "email"}}
    assert counted(bring("customers", path, mapping=mapping_)) == (3, 3, 0, 0, 0, 0)


def test_title_lines_above_the_header_are_passed_over(bring):
    text = "Export of customers,,\n2026-11-26,,\n,,\nCustomer no;x,,\nName,E-mail,City\nAda,ada@x.org,Leeds\nBen,ben@x.org,York\n"
    report = bring("customers", text)
    assert counted(report) == (2, 2, 0, 0, 0, 0) and report["detected"]["header_row"]["value"] == "5"
    assert set(Customer.objects.values_list("name", "city")) == {("Ada", "Leeds"), ("Ben", "York")}


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2024", "25/04/2024"], "dmy"),
        (["03/04/2024", "04/25/2024"], "mdy"),
        (["2024/4/3"], "ymd"),
        (["1.2.24", "13.2.24"], "dmy"),
    ],
)
def test_the_order_of_dates_is_told_by_those_that_leave_no_choice(bring, dates, order):
    rows = "".join(f"{n},N{n},{date}\n" for n, date in enumerate(dates))
    report = bring("customers", f"id,name,birthday\n{rows}")
    assert report["detected"]["date_order"]["value"] == order and report["warnings"] == []
    assert counted(report)[1] == len(dates)


def test_dates_that_can_be_read_two_ways_are_warned_about(bring):
    report = bring("customers", "id,name,birthday\n1,Ada,03/04/2024\n2,Ben,05/06/2024\n")
    assert report["detected"]["date_order"]["confidence"] == 0.5 and "two ways" in report["warnings"][0]
    told = bring("customers", "id,name,birthday\n1,Ada,03/04/2024\n", mapping={"options": {"date_order": "mdy"}})
    assert told["warnings"] == [] and Customer.objects.get(name="Ada").birth_date.isoformat() == "2024-03-04"


def test_the_one_telling_date_far_down_a_long_file_decides(bring):
    rows = "".join(f"{n},N{n},0{n % 9 + 1}/0{(n + 3) % 9 + 1}/2024\n" for n in range(5000))
    report = bring("customers", f"id,name,birthday\n{rows}9999,Z,12/31/2024\n", dry_run=True)
    assert report["detected"]["date_order"]["value"] == "mdy"


@pytest.mark.parametrize(
    ("numbers", "decimal"),
    [
        (["1.234,56", "7"], ","),
        (["1,234.56"], "."),
        (["12,5"], ","),
        (["0.5"], "."),
        (["1,234,567"], "."),
        (["1.234.567"], ","),
        (["1 234,5"], ","),
    ],
)
def test_the_decimal_sign_is_told_by_the_numbers(numbers, decimal):
    formats = Formats()
    formats.read(numbers)
    assert formats.decimal().value == decimal


def test_amounts_with_a_decimal_comma_come_in_right(bring):
    bring("deals", "id;title;amount\n1;A;1.234,50\n2;B;99,95\n3;C;2.000\n")
    assert sorted(map(str, Deal.objects.values_list("amount", flat=True))) == ["1234.5000", "2000.0000", "99.9500"]
