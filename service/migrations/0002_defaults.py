"""The queue that a new workspace starts with."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """One queue, of the root team."""
    root = apps.get_model("accounts", "Team").objects.get(parent=None)
    apps.get_model("service", "Queue").objects.create(
        name="Support", team=root, is_default=True
    )


class Migration(migrations.Migration):
    dependencies = [("service", "0001_initial"), ("accounts", "0002_defaults")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
