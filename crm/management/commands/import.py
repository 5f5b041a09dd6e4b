"""``import KIND FILE``: one file into the workspace, one JSON report on standard output."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from crm.kit.errors import Invalid, Refused
from customers.imports import services
from customers.models import ImportJob


class Command(BaseCommand):
    help = "Imports a file: CSV, TSV, XLSX, JSON, NDJSON, XML, vCard; plain or gzipped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help="customers, contacts, products, orders, interactions, …")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--mapping", type=Path, metavar="M.json", help="which column fills which field")
        parser.add_argument("--source", default="file", metavar="NAME", help="the system that the file comes from")
        parser.add_argument("--mode", default="upsert", choices=ImportJob.Mode.values)
        parser.add_argument("--team", default="", metavar="NAME", help="the team of rows that name no owner")
        parser.add_argument("--dry-run", action="store_true", help="count and check, write nothing")
        parser.add_argument("--strict", action="store_true", help="all rows or none")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            job = services.new_import(
                kind=options["kind"],
                file_name=options["file"].name,
                mapping=_mapping(options["mapping"]),
                source=options["source"],
                mode=options["mode"],
                team=options["team"],
                dry_run=options["dry_run"],
                strict=options["strict"],
                user=None,
                now=now,
            )
            report = services.run(job, options["file"], now=now, progress=self._progress)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except DatabaseError as error:
            raise CommandError(f"The database refused the import: {str(error).splitlines()[0]}") from error
        self.stdout.write(json.dumps(report, ensure_ascii=False, default=str))

    def _progress(self, *, done: int = 0, total: int | None = None, message: str = "") -> None:
        text = message or (f"{done} of {total} rows written" if total else "")
        if text and self.stderr.isatty():
            self.stderr.write(f"\r{text}", ending="\n" if total and done >= total else "")


def _mapping(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"The mapping cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"The mapping is not valid JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Invalid("A mapping is a JSON object.")
    return found
