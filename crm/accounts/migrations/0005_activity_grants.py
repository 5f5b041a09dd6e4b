"""Who sees and writes tasks."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from crm.accounts.policy import DEFAULT_GRANTS


def grant(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The defaults, where a fresh installation did not seed them already; a grant that a workspace has set stays."""
    model = apps.get_model("accounts", "Grant")
    for role, grants in DEFAULT_GRANTS.items():
        for (obj, action), scope in grants.items():
            if obj == "activity":
                model.objects.get_or_create(role=role, object=obj, action=action, defaults={"scope": scope})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_signature")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
