"""Files of people in many languages and encodings, read by the product's own detection, no setting touched."""

import csv
import io
import json
import random
import unicodedata

import pytest

from customers.imports.reading import open_table
from customers.imports.suggest import suggest
from customers.models import Contact, ContactPoint, Customer
from tests.imports.conftest import DATA, counted

FOLDER = DATA / "contacts_multilingual"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8")) if FOLDER.exists() else {}
NAMES = {"full_name": "name"}

pytestmark = pytest.mark.skipif(not EXPECTED, reason="the data sets beside the checkout are absent")


def plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def stored(model, names):
    return sorted(tuple(plain(value) for value in row) for row in model.objects.values_list(*names))


@pytest.mark.parametrize(("kind", "model"), [("customers", Customer), ("contacts", Contact)])
@pytest.mark.parametrize("name", EXPECTED)
def test_every_cell_of_a_file_comes_in_as_it_was(bring, tmp_path, name, kind, model):
    path = tmp_path / "renamed"
    path.write_bytes((FOLDER / name).read_bytes())
    rows = EXPECTED[name]["rows"]
    report = bring(kind, path)
    assert counted(report) == (len(rows), len(rows), 0, 0, 0, 0)
    fields = list(rows[0])
    expected = sorted(tuple(plain(row[field]) for field in fields) for row in rows)
    assert stored(model, [NAMES.get(field, field) for field in fields]) == expected
    assert report["ignored_columns"] == []


def test_phones_keep_their_text_and_have_their_international_form_beside_it(bring):
    bring("customers", FOLDER / "zh_cn_gbk_crlf.csv")
    given = {row["phone"] for row in EXPECTED["zh_cn_gbk_crlf.csv"]["rows"]}
    points = dict(ContactPoint.objects.filter(kind="phone").values_list("value", "normalised"))
    assert set(points) == given and points["13600339075"] == "+8613600339075"


SYNONYMS = {
    "last_name": ["Surname", "Nachname", "Apellidos", "Фамилия", "姓"],
    "first_name": ["Given name", "Vorname", "Nombre", "Имя", "名"],
    "full_name": ["Full name", "氏名", "姓名"],
    "company": ["Organisation", "Firma", "Empresa", "Компания", "公司"],
    "title": ["Position", "Job title", "Cargo", "Должность", "职位"],
    "email": ["E-Mail", "Mail address", "Correo electrónico", "Почта", "邮箱"],
    "phone": ["Telephone", "Telefon", "Teléfono", "Телефон", "电话"],
    "city": ["Town", "Ort", "Ciudad", "Город", "城市"],
    "address": ["Street address", "Adresse", "Dirección", "Адрес", "地址"],
    "note": ["Remarks", "Notiz", "Observaciones", "Примечание", "备注"],
}
LIKELY = {"cp1252": 2, "cp1250": 1, "cp1251": 3, "gbk": 4, "gb18030": 4, "big5": 0, "cp932": 0}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", EXPECTED)
def test_shuffled_renamed_and_shortened_files_are_read_as_well(tmp_path, name, seed):
    """Other rows, other columns first, other words above them: nothing may lean on what this very file looks like."""
    rng = random.Random(f"{name} {seed}")
    about = EXPECTED[name]
    rows = rng.sample(about["rows"], rng.choice([5, 8, 20]) if seed else len(about["rows"]))
    fields = rng.sample(list(rows[0]), len(rows[0]))
    encoding = about["encoding"]
    header = []
    for field in fields:
        words = SYNONYMS[field]
        wanted = words[min(LIKELY.get(encoding, rng.randrange(3)), len(words) - 1)]
        try:
            wanted.encode(encoding)
        except UnicodeEncodeError:
            wanted = words[0]
        header.append(wanted)
    delimiter = rng.choice(",;\t")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]))
    if rng.random() < 0.3:
        out.write("Export\n\n")
    writer.writerows([header, *([row[field] for field in fields] for row in rows)])
    path = tmp_path / "x"
    path.write_bytes(out.getvalue().encode("utf-16" if encoding.startswith("utf-16") else encoding))
    table = open_table(path, {})
    assert table.header == header
    read = [row for _number, row in table.rows()]
    assert [[plain(cell) for cell in row] for row in read] == [[plain(row[field]) for field in fields] for row in rows]
    found = suggest(path, "contacts")
    assert {c.name: c.field for c in found.columns} == {h: NAMES.get(f, f) for h, f in zip(header, fields, strict=True)}


def test_what_was_detected_is_told_with_reasons_and_can_be_overruled(tmp_path):
    found = suggest(FOLDER / "de_windows1252_semicolon.csv", "customers").detected
    assert (found.encoding.value, found.delimiter.value, found.header_row.value) == ("cp1252", ";", "1")
    assert "cp1250" in found.encoding.alternatives and 0 < found.encoding.confidence < 1 and found.encoding.why
    overruled = suggest(FOLDER / "de_windows1252_semicolon.csv", "customers", {"encoding": "cp1250"}).detected
    assert overruled.encoding.value == "cp1250" and overruled.encoding.confidence == 1
