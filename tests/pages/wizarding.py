"""Walks through the import wizard as a browser without a script does."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.imports.wizard.offer import Offer
from customers.imports.wizard.steps import address
from customers.models import ImportJob

PEOPLE = "Kundennr;Name;E-Mail;Geburtstag;Farbe\n1;Kitewizard Ada;ada@example.org;1990-12-10;red\n2;Kitewizard Bob;bob@example.org;soon;blue\n"
"""Two customers; the second one's birthday is no date."""


def upload(
    client: Client, text: str | bytes = PEOPLE, *, kind: str = "customers", name: str = "people.csv"
) -> ImportJob:
    """A draft by the upload page."""
    content = text.encode() if isinstance(text, str) else text
    answer = client.post("/data/import/new/", {"file": SimpleUploadedFile(name, content), "kind": kind})
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return ImportJob.objects.get(token=answer.url.split("/")[3])


def offer_of(row: ImportJob) -> Offer:
    """What the map page offers."""
    assert row.user is not None
    return Offer(row, row.user, given=row.wizard.get("given", {}), mapping=row.mapping)


def map_form(row: ImportJob, chosen: dict[str, str] | None = None, **more: str) -> dict[str, Any]:
    """What the map page's form sends: the suggestion, overruled by column name."""
    sent: dict[str, Any] = {"mode": row.mode, "empty": "keep", "source": row.source_name}
    for line in offer_of(row).lines:
        sent |= {f"h-{line.place}": line.column.name, f"n-{line.place}": line.label, f"t-{line.place}": line.type}
        sent[f"f-{line.place}"] = (chosen or {}).get(line.column.name, line.chosen)
    return sent | more


CHOSEN = {"Kundennr": "external_id", "Name": "name", "E-Mail": "email", "Geburtstag": "birth_date", "Farbe": ""}


def mapped(client: Client, row: ImportJob, chosen: dict[str, str] | None = None, **more: str) -> ImportJob:
    """Past the map page, with its check done."""
    answer = client.post(address(row, "map"), map_form(row, CHOSEN if chosen is None else chosen, **more))
    assert answer.status_code == 303, answer.content.decode()[:3000]
    row.refresh_from_db()
    return row
