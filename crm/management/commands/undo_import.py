"""``undo_import IMPORT_ID``: a whole import back, one JSON report on standard output."""

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from crm.kit.errors import Refused
from customers.imports.undo import undo_import
from customers.imports.undo.words import told


class Command(BaseCommand):
    help = "Takes an import back: created rows go, changed ones are as before; what people changed since stays."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("import_id", metavar="IMPORT_ID", type=int, help="the import_id of the import's report")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = undo_import(import_id=options["import_id"], user=None, now=timezone.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except DatabaseError as error:
            raise CommandError(f"The database refused the undo: {str(error).splitlines()[0]}") from error
        self.stdout.write(json.dumps(told(report, user=None), ensure_ascii=False))
