"""The search column anew: words by field, Chinese readings; words of names join the vocabulary.

The new column is filled by the one rewrite of the table that adding it is; the old rows are all there
at any time, in one transaction.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

from crm.kit.newwords import keep_words


def column(kinds: str, *fields: str) -> models.GeneratedField:
    return models.GeneratedField(
        db_persist=True,
        expression=models.Func(
            models.Value(kinds), *map(models.F, fields), function="crm_words",
            output_field=django.contrib.postgres.search.SearchVectorField(),
        ),
        output_field=django.contrib.postgres.search.SearchVectorField(),
    )


class Migration(migrations.Migration):
    dependencies = [("marketing", "0002_members"), ("kit", "0004_search")]
    operations = [
        migrations.RemoveIndex("campaign", "campaigns_search"),
        migrations.RemoveField("campaign", "search"),
        migrations.AddField("campaign", "search", column("n", "name")),
        migrations.AddIndex("campaign", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="campaigns_search")),
        keep_words("marketing_campaign"),
    ]
