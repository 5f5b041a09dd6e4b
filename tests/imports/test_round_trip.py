"""What goes out comes in again as it was, whatever the texts hold, in each format."""

import io
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.kit.models import Source
from customers.imports.exporting import export
from customers.models import Customer, ExternalId
from tests.cast import root_team
from tests.imports.conftest import counted

FORMATS = ("csv", "xlsx", "ndjson")
FIELDS = ("name", "first_name", "company", "phone", "address", "postcode", "note")
ODD = [
    "0012345", "=1+1", "'=1+1", "''=1", "-5", "+44 20", "@x", "NULL", "null", "None", "NaN", "N/A", "true", "1e5", "1,234",
    "03/04/2024", "2024-03-04", "first\nsecond", "first\r\nsecond", 'say "hi"', '"', "'", ",", ";", "a\tb", "\\n", "\\", "王小明",
    "𠮷", "ẞ", "é", "= 1", "＝1", "'", "''", "1.0", "007", "TRUE", "|", "'quoted'", "sep=;", "<b>", "{}", "[1]", "BEGIN:VCARD",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=20),
    st.lists(st.sampled_from(ODD), min_size=2, max_size=3).map("".join),
)


def fitting(text: str, field: str) -> str:
    """The text as the product keeps it: composed, without outer blanks, as long as the field takes."""
    limit = {"postcode": 20, "phone": 60}.get(field, 100)
    return unicodedata.normalize("NFC", text).strip().strip("\ufeff").strip()[:limit].strip()


def round_trip(bring, people, file_format):
    Customer.objects.all().delete()
    team = root_team()
    source, _made = Source.objects.get_or_create(name="shop")
    for number, values in enumerate(people):
        person = Customer.objects.create(team=team, **values, title=f"t{number}")
        ExternalId.objects.create(customer=person, source=source, external_id=f"t{number}")
    before = sorted(Customer.objects.values_list("title", *FIELDS))
    out = io.BytesIO()
    export(kind_name="customers", file_format=file_format, fields=["external_id", "title", *FIELDS], user=None, out=out)
    Customer.objects.all().delete()
    report = bring("customers", out.getvalue())
    assert counted(report)[1] == len(people), report
    return before, sorted(Customer.objects.values_list("title", *FIELDS))


@pytest.mark.parametrize("file_format", FORMATS)
def test_odd_texts_survive_export_and_import(bring, file_format):
    people = [
        dict.fromkeys(FIELDS, "x")
        | {
            "name": fitting(t, "name"),
            "note": fitting(t, "note"),
            "postcode": fitting(t, "postcode"),
            "phone": fitting(t, "phone"),
        }
        for t in ODD
    ]
    before, after = round_trip(bring, people, file_format)
    if file_format == "xlsx":  # a spreadsheet keeps no carriage returns
        before = [tuple(cell.replace("\r\n", "\n") for cell in row) for row in before]
        after = [tuple(cell.replace("\r\n", "\n") for cell in row) for row in after]
    assert after == before


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_texts_survive_export_and_import(bring, file_format, data):
    texts = data.draw(st.lists(st.tuples(*[TEXTS] * len(FIELDS)), min_size=1, max_size=5))
    people = [{field: fitting(text, field) for field, text in zip(FIELDS, row, strict=True)} for row in texts]
    people = [values | {"name": values["name"] or "nobody"} for values in people]
    before, after = round_trip(bring, people, file_format)
    if file_format == "xlsx":
        before, after = (
            [tuple(cell.replace("\r\n", "\n") for cell in row) for row in rows] for rows in (before, after)
        )
    assert after == before


@pytest.mark.parametrize("packing", ["zip", "zip of two", "gzip"])
def test_packed_files_come_in(bring, packing):
    import gzip
    import zipfile

    first, second = "id,name\n1,Ada\n2,Ben\n", "name,id\nCleo,3\n"
    out = io.BytesIO()
    if packing == "gzip":
        out.write(gzip.compress((first + "3,Cleo\n").encode()))
    else:
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("folder/one", first if packing == "zip of two" else first + "3,Cleo\n")
            archive.writestr("__MACOSX/._one", b"\x00\x05")
            if packing == "zip of two":
                archive.writestr("two", second)
    assert counted(bring("customers", out.getvalue())) == (3, 3, 0, 0, 0, 0)
    assert dict(Customer.objects.values_list("external_ids__external_id", "name")) == {
        "1": "Ada",
        "2": "Ben",
        "3": "Cleo",
    }
