"""``restore FILE``: everything as a backup has it, without the people who were erased since."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm import backup
from crm.kit.errors import Refused


class Command(BaseCommand):
    help = "Replaces database and files by those of a backup, then erases again who was erased since it was made."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            backup.finish(now=timezone.now())
            done = backup.restore(options["file"].resolve(), now=timezone.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"Restored. People erased again: {done['erased_again']}.")
        told = backup.keys_told(done["sealed_without_key"])
        if told:
            self.stderr.write(self.style.WARNING(told))
