"""What a mapping may do to cells before they are taken."""

import pytest

from crm.kit.errors import Invalid
from customers.imports.names import split_name, title_case
from customers.models import Customer
from tests.imports.conftest import counted


def changed(bring, steps, cell, *, field="city", more=""):
    mapping = {"columns": {"a": "external_id", "n": "name", "x": field}, "transforms": {"x": steps}}
    bring("customers", f'a,n,x{",y" if more else ""}\n1,Ada,"{cell}"{"," + more if more else ""}\n', mapping=mapping)
    return getattr(Customer.objects.get(), field)


@pytest.mark.parametrize(
    ("steps", "cell", "expected"),
    [
        (["trim"], "  New   York ", "New York"),
        (["lower"], "LEEDS", "leeds"),
        (["upper"], "leeds", "LEEDS"),
        (["trim", "title"], " stratford-upon-avon ", "Stratford-Upon-Avon"),
        ([{"lookup": {"NYC": "New York"}}], "nyc", "New York"),
        ([{"lookup": {"NYC": "New York"}}], "LA", "LA"),
        ([{"lookup": {"NYC": "New York"}, "otherwise": "?"}], "LA", "?"),
        ([{"constant": "Leeds"}], "anything", "Leeds"),
    ],
)
def test_steps_change_texts(bring, steps, cell, expected):
    assert changed(bring, steps, cell) == expected


def test_a_phone_becomes_international_with_a_country(bring):
    assert changed(bring, [{"phone": "DE"}], "030 1234567", field="phone") == "+49301234567"


@pytest.mark.parametrize(
    ("order", "cell"), [("mdy", "02/03/99"), ("ymd", "99.2.3"), ("%d %b %Y", "03 Feb 1999"), ("dmy", "3-Feb-1999")]
)
def test_a_date_is_read_by_its_own_order(bring, order, cell):
    assert changed(bring, [{"date": order}], cell, field="birth_date").isoformat() == "1999-02-03"


def test_columns_are_joined(bring):
    assert (
        changed(bring, [{"join": ["y"], "with": ", "}], "1 Main St", field="address", more="Flat 2")
        == "1 Main St, Flat 2"
    )


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada King", ("Ada", "King")), ("King, Ada", ("Ada", "King")), ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Dr. Ada M. King Jr.", ("Ada M.", "King")), ("王小明", ("小明", "王")), ("欧阳娜娜", ("娜娜", "欧阳")), ("田中 太郎", ("太郎", "田中")),
        ("김철수", ("철수", "김")), ("Cher", ("Cher", "")), ("", ("", "")),
    ],
)  # fmt: skip
def test_names_are_split_as_their_language_does(name, parts):
    assert split_name(name) == parts


def test_one_column_fills_the_name_and_its_parts(bring):
    mapping = {"columns": {"who": "name"}, "transforms": {"who": ["split_name"]}}
    bring("customers", "who\n王小明\nAda King\n", mapping=mapping)
    found = set(Customer.objects.values_list("name", "first_name", "last_name"))
    assert found == {("王小明", "小明", "王"), ("Ada King", "Ada", "King")}


def test_names_in_capitals_are_written_as_people_write_them():
    assert title_case("JEAN-LUC O'BRIEN VON DER HEIDE") == "Jean-Luc O'Brien von der Heide"


@pytest.mark.parametrize(
    "steps",
    [
        "trim",
        ["nope"],
        [{"phone": "Atlantis"}],
        [{"date": "%Q"}],
        [{"lookup": []}],
        [{"join": "x"}],
        [5],
        ["trim"] * 11,
    ],
)
def test_a_transform_that_makes_no_sense_is_refused(bring, steps):
    with pytest.raises(Invalid):
        bring("customers", "name\nAda\n", mapping={"columns": {"name": "name"}, "transforms": {"name": steps}})
    assert not Customer.objects.exists()


def test_a_transform_of_a_column_that_is_not_there_is_refused(bring):
    with pytest.raises(Invalid):
        bring("customers", "name\nAda\n", mapping={"columns": {"name": "name"}, "transforms": {"nope": ["trim"]}})


def test_a_value_that_no_step_can_read_is_rejected_with_its_reason(bring):
    mapping = {"columns": {"n": "name", "b": "birth_date"}, "transforms": {"b": [{"date": "mdy"}]}}
    assert counted(bring("customers", "n,b\nAda,13/13/2020\nBen,12/13/2020\n", mapping=mapping)) == (2, 1, 0, 0, 0, 1)
