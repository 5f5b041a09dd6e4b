"""``migrate``, and then the rights of the application's own role."""

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate as django_migrate
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from crm import backends
from crm.kit.newborn import Executor
from crm.supervisor.references import restrict
from crm.supervisor.rights import grant

django_migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]


class Command(DjangoMigrate):
    help = f"{DjangoMigrate.help} Then grants the daily rights to the application's role."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        database = options["database"]
        if not options.get("plan") and not options.get("check_unapplied"):
            call_command("createcachetable", database=database, verbosity=0)
            with connections[database].cursor() as cursor:
                restrict(cursor)
            self._grant(database)

    def _grant(self, database: str) -> None:
        role = backends.app_role()
        connection = connections[database]
        if role is None or connection.settings_dict.get("USER") == role:
            return
        with connection.cursor() as cursor:
            grant(cursor, role)
