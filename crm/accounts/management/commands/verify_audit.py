"""``verify_audit``: whether the security audit trail is as it was written."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.accounts.audit import first_fault
from crm.accounts.models import AuditEntry


class Command(BaseCommand):
    help = "Checks the audit trail from its first entry to its last; names the first bad row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        fault = first_fault()
        entries = AuditEntry.objects.count()
        if options["json"]:
            result = {"entries": entries, "ok": fault is None, "row": fault[0] if fault else None}
            self.stdout.write(json.dumps(result | {"reason": fault[1] if fault else ""}))
        if fault:
            raise CommandError(f"The audit trail does not hold: {fault[1]} (row {fault[0]}).")
        if not options["json"]:
            self.stdout.write(f"The audit trail holds: {entries} entries.")
