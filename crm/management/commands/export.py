"""``export KIND``: all rows of a kind on standard output, as a user may see them."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.accounts.models import User
from crm.kit.errors import Refused
from customers.imports.exporting import FORMATS, export


class Command(BaseCommand):
    help = "Streams a whole kind to standard output as CSV, XLSX or NDJSON."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help="customers, contacts, products, orders, …")
        parser.add_argument("--format", default="csv", choices=FORMATS)
        parser.add_argument("--fields", default="", metavar="a,b,c", help="only these, in this order")
        parser.add_argument("--user", default="", metavar="NAME", help="as this user may see it; all rows otherwise")

    def handle(self, *_args: Any, **options: Any) -> None:
        fields = [name.strip() for name in options["fields"].split(",") if name.strip()]
        try:
            export(
                kind_name=options["kind"], file_format=options["format"], fields=fields,
                user=_user(options["user"]), out=sys.stdout.buffer,
            )  # fmt: skip
            sys.stdout.buffer.flush()
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except BrokenPipeError:
            sys.stderr.close()


def _user(name: str) -> User | None:
    if not name:
        return None
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active user “{name}”.")
    return found
