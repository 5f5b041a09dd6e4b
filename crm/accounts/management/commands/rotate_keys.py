"""``rotate_keys``: seal every sensitive value with the newest key; safe to stop and start again."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.kit.crypto import Unreadable, new_key, ring
from crm.kit.customfields.rotation import Tally, rotate


class Command(BaseCommand):
    help = "Seals every sensitive value again with the newest key; goes on where it was stopped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="make a new key first (embedded installations)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["new"]:
            try:
                self.stdout.write(f"New key “{new_key()}”.")
            except Unreadable as problem:
                raise CommandError(str(problem)) from problem
        done = rotate(told=self._told)
        self.stdout.write(
            f"{done.values:,} values in {done.rows:,} rows are sealed with “{ring()[0].id}”; "
            f"{done.unreadable:,} could not be opened and stay as they were."
        )
        if done.unreadable:
            raise CommandError(
                "No key of this installation opens some values: add the key that sealed them, then run this again."
            )

    def _told(self, table: str, tally: Tally) -> None:
        self.stderr.write(f"{table}: {tally.rows:,} rows", ending="\r")
