"""The cache table: rate limits of the sign-in live in PostgreSQL, so they hold while Redis is away."""

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """As ``createcachetable`` does."""
    call_command(
        "createcachetable", "kit_cache", database=editor.connection.alias, verbosity=0
    )


class Migration(migrations.Migration):
    dependencies = [("kit", "0002_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
