"""``demo``: a believable synthetic workspace, or its removal."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from crm.kit.errors import Refused
from crm.kit.workspace import load_workspace

MOST = 2_000_000


class Command(BaseCommand):
    help = "Loads a synthetic workspace (same seed, same data), or clears it; prints one JSON line."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, metavar="N", help="how many customers")
        parser.add_argument("--years", type=int, default=3, metavar="Y", help="years of history (default: 3)")
        parser.add_argument("--seed", type=int, default=42, metavar="S", help="another seed, other data (default: 42)")
        parser.add_argument(
            "--today", type=dt.date.fromisoformat, metavar="DATE", help="the day whose start ends the data"
        )
        parser.add_argument("--clear", action="store_true", help="remove the sample data, keep what people added")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            result = self._clear() if options["clear"] else self._load(options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(result, ensure_ascii=False))

    def _load(self, options: dict[str, Any]) -> dict[str, Any]:
        customers, years, seed = options["customers"], options["years"], options["seed"]
        if customers is None or not 50 <= customers <= MOST:
            raise CommandError(f"--customers must be a number from 50 to {MOST:,}.")
        if not 1 <= years <= 10:
            raise CommandError("--years must be from 1 to 10.")
        if not 0 <= seed < 2**31:
            raise CommandError("--seed must be from 0 to 2147483647.")
        # One thread suffices for drawing numbers, and numpy's pool would cost memory.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # numpy is heavy: only when this command really runs
        from crm.demo.load import load  # noqa: PLC0415
        from crm.demo.world import ZONE, World  # noqa: PLC0415

        zone = load_workspace().time_zone
        zone = ZONE if zone == "UTC" else zone
        today = options["today"] or dt.datetime.now(ZoneInfo(zone)).date()
        world = World(customers=customers, years=years, seed=seed, today=today, zone=zone)
        return load(world=world, report=lambda text: self.stderr.write(text) if customers > 20_000 else None)

    def _clear(self) -> dict[str, Any]:
        from crm.demo.clear import clear  # noqa: PLC0415

        return clear(user=None)
