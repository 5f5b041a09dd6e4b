"""``backup FILE``: database and files in one archive."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm import backup
from crm.kit.errors import Refused


class Command(BaseCommand):
    help = "Writes database, media, kept import files and models into one file; the work may go on meanwhile."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        target: Path = options["file"].resolve()
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        try:
            manifest = backup.write(target, now=timezone.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{target}: {target.stat().st_size:,} bytes, {len(manifest['members'])} files.")
