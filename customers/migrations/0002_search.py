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
    dependencies = [("customers", "0002_profile"), ("kit", "0004_search")]
    operations = [
        migrations.RemoveIndex("customer", "customers_search"),
        migrations.RemoveField("customer", "search"),
        migrations.AddField("customer", "search", column("ncep", "name", "company", "email", "phone")),
        migrations.AddIndex("customer", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="customers_search")),
        keep_words("customers_customer"),
        migrations.RemoveIndex("contact", "contacts_search"),
        migrations.RemoveField("contact", "search"),
        migrations.AddField("contact", "search", column("ncep", "name", "company", "email", "phone")),
        migrations.AddIndex("contact", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="contacts_search")),
        keep_words("customers_contact"),
    ]
