"""The pipeline that a new workspace starts with."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STAGES = [
    ("Prospecting", 10, "open"),
    ("Qualified", 25, "open"),
    ("Proposal", 50, "open"),
    ("Negotiation", 75, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
]


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """One pipeline with six stages."""
    pipeline = apps.get_model("sales", "Pipeline").objects.create(
        name="Sales", is_default=True
    )
    stage = apps.get_model("sales", "Stage")
    stage.objects.bulk_create(
        stage(
            pipeline=pipeline, name=name, position=place, probability=share, state=state
        )
        for place, (name, share, state) in enumerate(STAGES, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
