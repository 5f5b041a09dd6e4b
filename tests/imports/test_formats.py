"""What a file is, is told by its content; hostile ones end with a sentence."""

import gzip
import io
import json
import zipfile

import openpyxl
import pytest

from crm.kit.errors import Invalid
from customers.models import Customer
from tests.imports.conftest import counted

ROWS = [
    ["id", "name", "city", "note"],
    ["007", "Ödön, Jr.", "Pécs", 'line one\nline "two"'],
    ["8", "王小明", "北京", "'=1+1"],
]


def _csv(delimiter: str = ",") -> str:
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(ROWS)
    return out.getvalue()


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xml() -> bytes:
    cells = lambda row: "".join(f"<{n}><![CDATA[{v}]]></{n}>" for n, v in zip(ROWS[0], row, strict=True))  # noqa: E731
    return ("<all>" + "".join(f"<row>{cells(row)}</row>" for row in ROWS[1:]) + "</all>").encode()


RECORDS = [dict(zip(ROWS[0], [cell.removeprefix("'") for cell in row], strict=True)) for row in ROWS[1:]]
FILES = {
    "csv": _csv().encode(),
    "bom": b"\xef\xbb\xbf" + _csv().encode(),
    "semicolons": _csv(";").encode(),
    "tsv": _csv("\t").encode(),
    "utf-16": _csv("\t").encode("utf-16"),
    "gzip": gzip.compress(_csv().encode()),
    "xlsx": _xlsx(),
    "json": json.dumps(RECORDS).encode(),
    "wrapped json": json.dumps({"customers": RECORDS}).encode(),
    "ndjson": "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS).encode(),
    "gzipped ndjson": gzip.compress("\n".join(json.dumps(record) for record in RECORDS).encode()),
    "xml": _xml(),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_rows(bring, name):
    assert counted(bring("customers", FILES[name])) == (2, 2, 0, 0, 0, 0)
    first = Customer.objects.get(external_ids__external_id="007")
    assert (first.name, first.city, first.note) == ("Ödön, Jr.", "Pécs", 'line one\nline "two"')
    second = Customer.objects.get(external_ids__external_id="8")
    assert second.name == "王小明"
    assert second.note in ("=1+1", "'=1+1")


def test_a_chinese_file_in_gb18030_is_read(bring):
    bring("customers", "编号,姓名,城市\n1,王小明,北京\n2,李娜,上海\n".encode("gb18030"))
    assert set(Customer.objects.values_list("name", "city")) == {("王小明", "北京"), ("李娜", "上海")}


def test_a_vcard_file_is_read(bring):
    card = "BEGIN:VCARD\nVERSION:3.0\nN:King;Ada\nFN:Ada King\nEMAIL;TYPE=work:ada@x.org\nTEL:+44 1\n 23456\nORG:Acme;Sales\nEND:VCARD\n"
    assert counted(bring("customers", card)) == (1, 1, 0, 0, 0, 0)
    ada = Customer.objects.get()
    assert (ada.name, ada.email, ada.phone, ada.company) == ("Ada King", "ada@x.org", "+44 123456", "Acme")


def _bomb_xlsx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return out.getvalue()


def _archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l><r><name>&b;</name></r></l>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l><r><name>&x;</name></r></l>'
HOSTILE = {
    "empty": b"",
    "only blanks": b"\n\n  \n",
    "billion laughs": LAUGHS,
    "outside entity": OUTSIDE,
    "utf-16 laughs": LAUGHS.decode().encode("utf-16"),
    "deep xml": b"<a>" * 100_000 + b"</a>" * 100_000,
    "cut xml": b"<a><b><name>x</name></b>",
    "deep json": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "cut json": b'[{"name": "x"}, {"na',
    "nan": b'[{"name": NaN}]',
    "not rows": b"[1, 2, 3]",
    "zip bomb": _bomb_xlsx(),
    "no spreadsheet": _archive("readme.txt"),
    "leads outside": _archive("xl/workbook.xml", "../evil"),
    "broken zip": b"PK\x03\x04" + b"\0" * 200,
    "broken gzip": gzip.compress(b"name\nAda\n" * 1000)[:40],
    "binary": bytes(range(256)) * 100,
    "open quotation": b'id,name\n1,"' + b"x" * 5_000_000,
    "no known column": b"foo,bar\n1,2\n",
}


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "no known column"])
def test_a_file_that_cannot_be_read_ends_with_one_sentence(bring, name):
    with pytest.raises(Invalid) as refusal:
        bring("customers", HOSTILE[name])
    assert refusal.value.message.endswith(".") and not Customer.objects.exists()


def test_bytes_that_are_no_text_reject_their_row_only(bring):
    report = bring("customers", b"id,name\n1,Ada\n2,B\x00en\n", mapping={"options": {"encoding": "utf-8"}})
    assert counted(report) == (2, 1, 0, 0, 0, 1)
