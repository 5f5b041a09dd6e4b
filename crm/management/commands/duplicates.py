"""``duplicates scan [--out PAIRS.csv]``: finds customers that stand twice."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.kit.errors import Refused
from customers.duplicates import listing, scan


class Command(BaseCommand):
    help = "Finds customers that stand twice, with score and reasons."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        one = verbs.add_parser("scan", help="compare all customers")
        one.add_argument("--out", type=Path, metavar="PAIRS.csv", help="write the pairs that wait for a verdict")
        one.add_argument("--changed", action="store_true", help="only what changed since the last scan")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = scan.run_scan(whole=not options["changed"], now=timezone.now(), progress=self._progress)
            if options["out"]:
                self._write(options["out"])
        except Refused as refused:
            raise CommandError(refused.message) from refused
        except OSError as error:
            raise CommandError(f"The pairs cannot be written: {error.strerror}.") from error
        report = {"customers": done.customers, "compared": done.compared, "pairs": done.found, **listing.counts()}
        self.stdout.write(json.dumps(report))

    def _write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(listing.HEADER)
            writer.writerows(listing.lines())

    def _progress(self, *, done: int = 0, total: int | None = None, message: str = "") -> None:
        text = message or (f"{done} of {total} passes" if total else "")
        if text and self.stderr.isatty():
            self.stderr.write(f"\r{text}", ending="\n" if total and done >= total else "")
