"""Who may define custom fields, and who may ask to see a sensitive value."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from crm.accounts.policy import DEFAULT_GRANTS

OBJECTS = ("field", "sensitive")


def grant(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The defaults of both objects, where a fresh installation did not seed them already."""
    model = apps.get_model("accounts", "Grant")
    for role, grants in DEFAULT_GRANTS.items():
        for (obj, action), scope in grants.items():
            if obj in OBJECTS:
                model.objects.get_or_create(role=role, object=obj, action=action, defaults={"scope": scope})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_views")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
