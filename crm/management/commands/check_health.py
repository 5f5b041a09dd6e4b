"""``check_health``: what ``/readyz`` says, for a terminal or a timer."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.kit.health import report


class Command(BaseCommand):
    help = "Checks database, migrations, Redis, queue and beat; exit code 1 when one of them fails."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        checks = report()
        ready = all(answer["ok"] for answer in checks.values())
        if options["json"]:
            self.stdout.write(json.dumps({"ready": ready, "checks": checks}))
        else:
            for name, answer in checks.items():
                detail = ", ".join(f"{key} {value}" for key, value in answer.items() if key != "ok")
                self.stdout.write(f"{name:<11} {'ok' if answer['ok'] else 'FAILS'}{f'  ({detail})' if detail else ''}")
        if not ready:
            sys.exit(1)
