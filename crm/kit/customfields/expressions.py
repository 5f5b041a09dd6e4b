"""SQL over values: one expression per field, the same for its filter, its sort and its index.

The functions (see the migrations) are immutable and never fail: a value of another type is NULL to them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.db.models import F, Func, Value
from django.db.models.fields.json import KeyTransform

from crm.kit.customfields.holders import Holder
from crm.kit.models import CustomField

Type = CustomField.Type
SORTED = {
    Type.TEXT: "crm_field_text", Type.LINK: "crm_field_text", Type.CHOICE: "crm_field_text",
    Type.BOOLEAN: "crm_field_text", Type.DATE: "crm_field_day", Type.NUMBER: "crm_field_number",
    Type.MONEY: "crm_field_number",
}  # fmt: skip
"""The function that a type is sorted by; the others have no sort."""
FILTERED = {**SORTED, Type.PERSON: "crm_field_number"}
ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"


def output_of(field: CustomField) -> models.Field[Any, Any]:
    """What the expression of a field gives."""
    if FILTERED.get(Type(field.type)) == "crm_field_number":
        return models.DecimalField(max_digits=60, decimal_places=25)
    return models.TextField()


def value_of(field: CustomField) -> Func:
    """The comparable value of a field: lower-case text, a number, an ISO day; of a sensitive one its blind index."""
    if field.sensitive:
        inner = KeyTransform(field.name, "custom")
        return Func(inner, Value("index"), function="crm_field_text", output_field=models.TextField())
    function = FILTERED[Type(field.type)]
    return Func(F("custom"), Value(field.name), function=function, output_field=output_of(field))


def raw_of(field: CustomField) -> KeyTransform:
    """The value as it stands in the row."""
    return KeyTransform(field.name, "custom")


def indexed_sql(field: CustomField) -> str:
    """The expression as the index says it."""
    name = connection.ops.quote_name  # only for the column
    literal = "'" + field.name.replace("'", "''") + "'"
    if field.sensitive:
        return f"crm_field_text({name('custom')} -> {literal}, 'index')"
    return f"{FILTERED[Type(field.type)]}({name('custom')}, {literal})"


def rows_estimated(holder: Holder) -> int:
    """About how many rows the table has, as the database's statistics say."""
    with connection.cursor() as cursor:
        cursor.execute(ESTIMATE, [holder.table])
        return int(cursor.fetchone()[0])
