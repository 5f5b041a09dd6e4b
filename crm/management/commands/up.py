"""``up`` as ``manage.py help`` shows it; ``manage.py`` runs it without Django, to keep it small."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.supervisor import up


class Command(BaseCommand):
    help = "Runs the whole product on this machine until Ctrl-C."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        up.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        arguments = ["--port", str(options["port"]), "--workers", str(options["workers"])]
        sys.exit(up.main(arguments + (["--no-demo"] if options["no_demo"] else [])))
