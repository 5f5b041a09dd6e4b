"""Managers and integrators look after the quality rules."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NEW = {"manager": ("subtree", ("add", "change", "delete", "run")), "integrator": ("all", ("add", "change", "run"))}


def grant(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What ``crm/accounts/policy.py`` says by now; a grant that a workspace has set stays."""
    model = apps.get_model("accounts", "Grant")
    for role, (scope, actions) in NEW.items():
        for action in actions:
            model.objects.get_or_create(role=role, object="quality", action=action, defaults={"scope": scope})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_visits")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
