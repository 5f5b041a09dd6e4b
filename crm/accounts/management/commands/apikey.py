"""``apikey create``: a key for a program, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.accounts.models import User
from crm.accounts.people import create_key
from crm.kit.errors import Refused


class Command(BaseCommand):
    help = "Makes an API key and prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key")
        create.add_argument("--user", required=True, metavar="NAME", help="sign-in name of the owner")
        create.add_argument("--name", required=True, metavar="LABEL", help="what the key is for")
        create.add_argument(
            "--scopes",
            nargs="*",
            default=None,
            metavar="SCOPE",
            help="customers:read, deals:write, *:read …; default *",
        )
        create.add_argument("--days", type=int, default=None, help="expires after so many days; default never")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named “{options['user']}”.")
        days = options["days"]
        if days is not None and not 0 < days <= 36_500:
            raise CommandError("--days is a whole number from 1 to 36500.")
        scopes = [scope for part in options["scopes"] or [] for scope in part.split(",") if scope] or None
        try:
            _made, key = create_key(user=user, name=options["name"], days=days, now=timezone.now(), scopes=scopes)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(key)
