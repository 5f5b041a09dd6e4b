"""The root team and the default grants of the five roles."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from crm.accounts.policy import DEFAULT_FIELD_RULES, DEFAULT_GRANTS


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write what ``crm/accounts/policy.py`` says; later changes are made in the tables."""
    team, grant, rule = (
        apps.get_model("accounts", name) for name in ("Team", "Grant", "FieldRule")
    )
    team.objects.get_or_create(parent=None, defaults={"name": "Everyone"})
    grant.objects.bulk_create(
        grant(role=role, object=obj, action=action, scope=scope)
        for role, grants in DEFAULT_GRANTS.items()
        for (obj, action), scope in grants.items()
    )
    rule.objects.bulk_create(
        rule(role=role, object=obj, field=field, level=level)
        for role, rules in DEFAULT_FIELD_RULES.items()
        for (obj, field), level in rules.items()
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
