"""An empty table and a filled one to begin with, per kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from customers.imports.fields import Field
from customers.imports.kinds import Kind

SAMPLES: Mapping[str, tuple[str, str, str]] = {
    "external_id": ("A-1001", "A-1002", "A-1003"),
    "number": ("2026-0001", "2026-0002", "2026-0003"),
    "name": ("Ada Lovelace", "王小明", "Müller & Söhne GmbH"),
    "first_name": ("Ada", "小明", "Jürgen"),
    "last_name": ("Lovelace", "王", "Müller"),
    "company": ("Analytical Engines Ltd", "北京示例公司", "Müller & Söhne GmbH"),
    "title": ("Head of Research", "采购经理", "Einkauf"),
    "email": ("ada@example.com", "xiaoming@example.cn", "info@example.de"),
    "phone": ("+44 20 7946 0018", "+86 138 0013 8000", "+49 30 1234567"),
    "birth_date": ("1990-12-10", "1988-03-21", ""),
    "gender": ("female", "male", ""),
    "address": ("12 St James's Square", "朝阳区示例路 1 号", "Hauptstr. 5"),
    "city": ("London", "北京", "Berlin"),
    "region": ("", "北京", "Berlin"),
    "postcode": ("SW1Y 4JH", "100020", "10115"),
    "country": ("GB", "CN", "DE"),
    "language": ("en", "zh", "de"),
    "tags": ("vip; newsletter", "vip", ""),
    "note": ("Prefers e-mail", "", ""),
    "customer.external_id": ("A-1001", "A-1002", "A-1003"),
    "customer.name": ("Ada Lovelace", "王小明", "Müller & Söhne GmbH"),
    "customer.email": ("ada@example.com", "wang@example.cn", "info@example.de"),
    "customer.country": ("GB", "CN", "DE"),
    "role": ("buyer", "", "owner"),
    "subject": ("Question about an invoice", "Delivery", "Thank you"),
    "text": ("Could you send it again?", "When does it arrive?", "All fine."),
    "amount": ("1200.00", "380.50", "99.90"),
    "currency": ("EUR", "EUR", "EUR"),
    "line.sku": ("MUG", "PEN", "MUG"),
    "line.name": ("Mug", "Pen", "Mug"),
    "line.quantity": ("2", "10", "1"),
    "line.unit_price": ("8.50", "1.20", "8.50"),
    "sku": ("MUG", "PEN", "CUP"),
    "category": ("Kitchen", "Office", "Kitchen"),
    "stage": ("Proposal", "Won", "Lost"),
}
"""Field → three values; a field of no value here gets some by its type."""
BY_TYPE: Mapping[str, tuple[str, str, str]] = {
    "number": ("10.00", "2.50", "0.99"),
    "whole": ("1", "2", "3"),
    "date": ("2026-01-31", "2026-02-28", "2026-03-31"),
    "moment": ("2026-01-31 09:30", "2026-02-28 14:00", "2026-03-31 18:45"),
    "yes": ("yes", "no", ""),
}
LEFT_OUT = frozenset({"owner", "team", "custom"})
"""They depend on the workspace."""


def columns(kind: Kind) -> list[Field]:
    """The fields that a template offers."""
    return [item for item in kind.fields if item.name not in LEFT_OUT]


def table(kind: Kind, *, filled: bool) -> bytes:
    """A CSV for spreadsheets, with three rows of made-up values or with none."""
    out = io.StringIO()
    writer = csv.writer(out)
    items = columns(kind)
    writer.writerow([item.name for item in items])
    for place in range(3 if filled else 0):
        writer.writerow([_value(item, place) for item in items])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _value(item: Field, place: int) -> str:
    if item.type == "choice":
        values = list(dict.fromkeys(item.choices.values()))
        return values[place % len(values)] if values else ""
    if item.name in SAMPLES:
        return SAMPLES[item.name][place]
    return BY_TYPE.get(item.type, ("", "", ""))[place]
