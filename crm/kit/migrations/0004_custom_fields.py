"""Custom fields grow up: labels of choices, order, archive, sensitive ones, and the SQL functions of their indexes."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Plain SQL functions are inlined, so an index on a call and a query with the same call meet. They never fail, and
# regular expressions are left out where they can be: they made reading two hundred thousand rows twice as slow.
CREATE = r"""
CREATE FUNCTION crm_field_text(bag jsonb, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(lower(bag ->> name), 200)
$$;
CREATE FUNCTION crm_field_day(bag jsonb, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(bag ->> name) = 10 THEN bag ->> name END
$$;
CREATE FUNCTION crm_field_number(bag jsonb, name text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(bag -> name)
        WHEN 'number' THEN CASE WHEN length(bag ->> name) <= 40 THEN (bag ->> name)::numeric END
        WHEN 'object' THEN substring(bag -> name ->> 'amount' from '^-?[0-9]{1,20}(?:\.[0-9]{1,20})?$')::numeric
    END
$$;
"""
DROP = """
DROP FUNCTION crm_field_text(jsonb, text);
DROP FUNCTION crm_field_day(jsonb, text);
DROP FUNCTION crm_field_number(jsonb, text);
"""

NOW = django.utils.timezone.now


def in_their_order(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Fields that are here already keep the order in which they were made."""
    model = apps.get_model("kit", "CustomField")
    for place, row in enumerate(model.objects.order_by("object", "id"), 1):
        model.objects.filter(pk=row.pk).update(position=place)


class Migration(migrations.Migration):
    dependencies = [
        ("kit", "0004_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AlterModelOptions("customfield", {"ordering": ["object", "position", "id"]}),
        migrations.AddField("customfield", "archived_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("customfield", "created_at", models.DateTimeField(auto_now_add=True, default=NOW), preserve_default=False),
        migrations.AddField(
            "customfield", "created_by",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("customfield", "help", models.CharField("help", blank=True, default="", max_length=200)),
        migrations.AddField(
            "customfield", "index",
            models.CharField(
                blank=True, default="", max_length=10,
                choices=[
                    ("", "Not indexed"), ("building", "Being indexed"), ("ready", "Indexed"), ("failed", "Indexing failed"),
                ],
            ),
        ),
        migrations.AddField("customfield", "position", models.PositiveIntegerField(default=0)),
        migrations.AddField("customfield", "required", models.BooleanField("required", default=False)),
        migrations.AddField("customfield", "sensitive", models.BooleanField("sensitive", default=False)),
        migrations.AddField("customfield", "updated_at", models.DateTimeField(auto_now=True, default=NOW), preserve_default=False),
        migrations.AlterField("customfield", "label", models.CharField("label", max_length=120)),
        migrations.AlterField(
            "customfield", "type",
            models.CharField(
                "type", default="text", max_length=10,
                choices=[
                    ("text", "Text"), ("long_text", "Long text"), ("number", "Number"), ("money", "Money"),
                    ("date", "Date"), ("choice", "Choice"), ("multi", "Several choices"), ("boolean", "Yes or no"),
                    ("link", "Link"), ("person", "Colleague"),
                ],
            ),
        ),
        migrations.AddConstraint(
            "customfield",
            models.CheckConstraint(
                condition=models.Q(sensitive=False) | models.Q(type__in=["text", "long_text"]),
                name="kit_customfield_sensitive_text",
            ),
        ),
        migrations.RunPython(in_their_order, migrations.RunPython.noop),
    ]
