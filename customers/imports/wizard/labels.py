"""What people call kinds, fields, settings, transforms and treatments of imports, in the reader's language."""

from __future__ import annotations

from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.imports.kinds import Kind

Words = str | Promise

KINDS: dict[str, tuple[Words, str, str]] = {
    "customers": (gettext_lazy("Customers"), "users", "customers"),
    "contacts": (gettext_lazy("Contacts"), "id-card", ""),
    "leads": (gettext_lazy("Leads"), "user-plus", "customers"),
    "interactions": (gettext_lazy("Interactions"), "message-square", ""),
    "consents": (gettext_lazy("Consents"), "circle-check", ""),
    "products": (gettext_lazy("Products"), "package", ""),
    "orders": (gettext_lazy("Orders"), "shopping-bag", "orders"),
    "deals": (gettext_lazy("Deals"), "handshake", "deals"),
    "tickets": (gettext_lazy("Tickets"), "inbox", "tickets"),
    "campaigns": (gettext_lazy("Campaigns"), "megaphone", "campaigns"),
    "touches": (gettext_lazy("Campaign members"), "megaphone", "campaigns"),
}
"""Kind → its name, its icon, the address name of its list."""

FIELDS: dict[str, Words] = {
    "external_id": gettext_lazy("Id in the other system"),
    "customer.external_id": gettext_lazy("Customer: id in the other system"),
    "customer.name": gettext_lazy("Customer: name"),
    "customer.email": gettext_lazy("Customer: e-mail"),
    "customer.country": gettext_lazy("Customer: country"),
    "role": gettext_lazy("Role at the customer"),
    "custom": gettext_lazy("Custom fields as JSON"),
    "team": gettext_lazy("Team"),
    "owner": gettext_lazy("Owner"),
    "stage": gettext_lazy("Stage"),
    "pipeline": gettext_lazy("Pipeline"),
    "queue": gettext_lazy("Queue"),
    "product": gettext_lazy("Product"),
    "campaign": gettext_lazy("Campaign"),
    "line.sku": gettext_lazy("Line: product code"),
    "line.name": gettext_lazy("Line: description"),
    "line.quantity": gettext_lazy("Line: quantity"),
    "line.unit_price": gettext_lazy("Line: unit price"),
    "line.discount": gettext_lazy("Line: discount"),
    "ordered_at": gettext_lazy("Ordered"),
    "number": gettext_lazy("Number"),
    "kind": gettext_lazy("Kind"),
    "status": gettext_lazy("Status"),
    "currency": gettext_lazy("Currency"),
    "phone_e164": gettext_lazy("Phone in international form"),
    "parent": gettext_lazy("Parent company"),
    "purpose": gettext_lazy("Purpose of the consent"),
    "place": gettext_lazy("Where it was said"),
}
"""Fields that are no column of the kind's own table, or whose column says less."""

SETTINGS: dict[str, Words] = {
    "format": gettext_lazy("Format"),
    "encoding": gettext_lazy("Encoding"),
    "delimiter": gettext_lazy("Delimiter"),
    "quote": gettext_lazy("Texts are quoted by"),
    "header_row": gettext_lazy("Header in line"),
    "sheet": gettext_lazy("Sheet"),
    "decimal": gettext_lazy("Decimal sign"),
    "thousands": gettext_lazy("Thousands sign"),
    "date_order": gettext_lazy("Dates are written"),
    "time_zone": gettext_lazy("Time zone"),
}

VALUES: dict[tuple[str, str], Words] = {
    ("delimiter", ","): gettext_lazy("Comma"),
    ("delimiter", ";"): gettext_lazy("Semicolon"),
    ("delimiter", "\t"): gettext_lazy("Tab"),
    ("delimiter", "|"): gettext_lazy("Vertical bar"),
    ("decimal", "."): gettext_lazy("Point: 1,234.56"),
    ("decimal", ","): gettext_lazy("Comma: 1.234,56"),
    ("thousands", ""): pgettext_lazy("thousands sign", "None"),
    ("date_order", "dmy"): gettext_lazy("Day, month, year"),
    ("date_order", "mdy"): gettext_lazy("Month, day, year"),
    ("date_order", "ymd"): gettext_lazy("Year, month, day"),
    ("format", "csv"): "CSV",
    ("format", "tsv"): "TSV",
    ("format", "xlsx"): "Excel",
    ("format", "json"): "JSON",
    ("format", "ndjson"): "NDJSON",
    ("format", "xml"): "XML",
    ("format", "vcard"): "vCard",
    ("header_row", "0"): gettext_lazy("none: the file has no header"),
    ("quote", '"'): gettext_lazy('Double quotes "'),
    ("quote", "'"): gettext_lazy("Single quotes '"),
    ("encoding", "utf-8"): "UTF-8",
    ("encoding", "utf-8-sig"): "UTF-8",
    ("encoding", "utf-16"): "UTF-16",
    ("encoding", "gb18030"): gettext_lazy("GB18030 (Chinese)"),
    ("encoding", "big5"): gettext_lazy("Big5 (Chinese, traditional)"),
    ("encoding", "shift_jis"): gettext_lazy("Shift JIS (Japanese)"),
    ("encoding", "euc_kr"): gettext_lazy("EUC-KR (Korean)"),
    ("encoding", "cp1252"): gettext_lazy("Windows-1252 (Western Europe)"),
    ("encoding", "cp1250"): gettext_lazy("Windows-1250 (Central Europe)"),
    ("encoding", "cp1251"): gettext_lazy("Windows-1251 (Cyrillic)"),
    ("encoding", "iso8859-1"): gettext_lazy("ISO 8859-1 (Western Europe)"),
}
OFFERED = {
    "encoding": ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1250", "cp1251"),
    "delimiter": (",", ";", "\t", "|"),
    "decimal": (".", ","),
    "date_order": ("dmy", "mdy", "ymd"),
    "header_row": ("1", "2", "3", "4", "5", "0"),
}
"""What can be chosen beside what was found."""

QUIET = frozenset(["quote", "thousands"])
"""Found out too, but nobody needs to see them."""

PRESETS = {
    "salesforce": "Salesforce", "hubspot": "HubSpot", "odoo": "Odoo", "google": "Google", "outlook": "Outlook",
    "zoho": "Zoho",
}  # fmt: skip

FIELD_TYPES: dict[str, Words] = {
    "text": gettext_lazy("Text"),
    "long_text": gettext_lazy("Long text"),
    "number": pgettext_lazy("kind of field", "Number"),
    "money": gettext_lazy("Money"),
    "date": gettext_lazy("Date"),
    "boolean": gettext_lazy("Yes or no"),
    "choice": gettext_lazy("Choice"),
    "multi": gettext_lazy("Several choices"),
    "link": gettext_lazy("Link"),
}


def kind_label(name: str) -> str:
    """A kind as people call it."""
    return str(KINDS[name][0]) if name in KINDS else capfirst(name.replace("_", " "))


def kind_place(kind: Kind) -> int:
    """Where a kind stands in menus: those that people bring first come first."""
    return list(KINDS).index(kind.name) if kind.name in KINDS else len(KINDS)


def kind_icon(name: str) -> str:
    """The icon of a kind."""
    return KINDS[name][1] if name in KINDS else "table"


def field_label(kind: Kind, name: str) -> str:
    """A field as people call it: our own word for it, the column's, else its name."""
    known = FIELDS.get(name)
    if known is not None:
        return str(known)
    item = kind.by_name.get(name)
    model: type[models.Model] | None = getattr(kind, "model", None)
    if item is not None and item.column and model is not None:
        for column in model._meta.concrete_fields:
            if item.column in (column.name, column.column):
                return str(capfirst(column.verbose_name))
    return str(capfirst(name.replace("_", " ").replace(".", ": ")))


def setting_value(name: str, value: str) -> str:
    """A setting's value in words."""
    known = VALUES.get((name, value))
    return str(known) if known is not None else value or str(_("as found"))
