"""Custom fields in files: mapped by hand and by themselves, out and in again, rejected with a reason."""

from __future__ import annotations

import io
from typing import Any

import pytest

from crm.kit.models import CustomField
from customers.imports.exporting import export
from customers.models import Customer
from tests.cast import Cast
from tests.customfields.conftest import LEVELS, add_field
from tests.imports.conftest import bring, counted, own_folder, rejected

__all__ = ["bring", "own_folder"]

SAMPLES: dict[str, Any] = {
    "text": "=1+1", "long_text": "one\ntwo", "number": -3.5, "money": {"amount": "10.25", "currency": "USD"}, "date": "2026-01-31",
    "choice": "silver", "multi": ["gold", "bronze"], "boolean": False, "link": "https://example.com/x",
}  # fmt: skip


def written(file_format: str, fields: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    export(kind_name="customers", file_format=file_format, fields=fields, user=None, out=out)
    return out.getvalue()


@pytest.mark.parametrize("file_format", ["csv", "ndjson", "xlsx"])
def test_every_type_survives_export_and_import(cast: Cast, bring: Any, file_format: str) -> None:
    for type in CustomField.Type.values:
        add_field(cast, f"My {type}", type, choices=LEVELS if type in ("choice", "multi") else ())
    values = {f"my_{type}": value for type, value in SAMPLES.items()} | {"my_person": cast.users["rep"].pk}
    row = cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=row.pk).update(custom=values)
    file = written(file_format)
    Customer.objects.filter(pk=row.pk).update(custom={})
    report = bring("customers", file, source="shop")
    assert report["rejected"] == 0, rejected(report)
    row.refresh_from_db()
    assert row.custom == values


def test_leading_zeros_stay_in_a_text(cast: Cast, bring: Any) -> None:
    add_field(cast, "Member no")
    report = bring("customers", "id,name,Member no\nm1,Ada,0042\n")
    assert counted(report)[:2] == (1, 1)
    assert Customer.objects.get(name="Ada").custom == {"member_no": "0042"}
    assert b"0042" in written("csv", ("name", "custom.member_no"))


def test_a_mapping_names_the_field_and_options_count(cast: Cast, bring: Any) -> None:
    add_field(cast, "Budget", "money")
    add_field(cast, "Size", "number")
    add_field(cast, "Joined", "date")
    add_field(cast, "Metal", "choice", choices=LEVELS)
    mapping = {
        "columns": {"a": "external_id", "b": "name"},
        "custom": {"c": "budget", "d": "size", "e": "joined", "f": "metal"},
        "options": {"decimal": ",", "date_order": "dmy"},
    }
    report = bring("customers", 'a;b;c;d;e;f\n1;Ada;"1.200,50 EUR";1.234,5;3.2.2026;SILVER MEDAL\n', mapping=mapping)
    assert report["rejected"] == 0, rejected(report)
    kept = Customer.objects.get(name="Ada").custom
    assert kept == {
        "budget": {"amount": "1200.50", "currency": "EUR"},
        "size": 1234.5,
        "joined": "2026-02-03",
        "metal": "silver",
    }


def test_what_does_not_fit_is_rejected_with_its_reason(cast: Cast, bring: Any) -> None:
    add_field(cast, "Size", "number")
    add_field(cast, "Site", "link")
    mapping = {"columns": {"a": "external_id", "b": "name"}, "custom": {"c": "size", "d": "site"}}
    report = bring(
        "customers", "a,b,c,d\n1,Ada,big,\n2,Bob,2,javascript:1\n3,Cy,3,https://c.example\n", mapping=mapping
    )
    assert counted(report) == (3, 1, 0, 0, 0, 2)
    assert "size" in rejected(report) and "site" in rejected(report)


def test_an_update_keeps_the_other_fields(cast: Cast, bring: Any) -> None:
    add_field(cast, "Size", "number")
    add_field(cast, "Plan")
    bring("customers", "id,name,size,plan\n1,Ada,5,gold\n")
    bring("customers", "id,name,size\n1,Ada,6\n")
    assert Customer.objects.get(name="Ada").custom == {"size": 6, "plan": "gold"}


def test_a_sensitive_field_is_sealed_on_the_way_in_and_masked_on_the_way_out(cast: Cast, bring: Any) -> None:
    add_field(cast, "Passport", sensitive=True)
    first, again = (bring("customers", "id,name,passport\n1,Ada,kitepassport\n") for _time in range(2))
    assert (counted(first)[1], counted(again)[3]) == (1, 1), "the same file changes nothing"
    row = Customer.objects.get(name="Ada")
    assert row.custom["passport"].keys() == {"sealed", "key", "index"}
    for file_format in ("csv", "ndjson"):
        file = written(file_format)
        assert b"kitepassport" not in file and b"sealed" not in file
        assert b"k****" in file
        bring("customers", file, source="shop")
    assert b"kitepassport" not in written("ndjson", ("custom",)) and b"sealed" not in written("ndjson", ("custom",))
    again = Customer.objects.get(name="Ada")
    assert again.custom == row.custom, "a mask that comes back is no value"
    bring("customers", '{"external_id": "2", "name": "Bob", "custom": {"passport": "kitebob"}}\n')
    assert Customer.objects.get(name="Bob").custom["passport"]["sealed"]
