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
    dependencies = [("sales", "0002_defaults"), ("kit", "0004_search")]
    operations = [
        migrations.RemoveIndex("product", "products_search"),
        migrations.RemoveField("product", "search"),
        migrations.AddField("product", "search", column("inc", "sku", "name", "category")),
        migrations.AddIndex("product", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="products_search")),
        keep_words("sales_product"),
        migrations.RemoveIndex("order", "orders_search"),
        migrations.RemoveField("order", "search"),
        migrations.AddField("order", "search", column("i", "number")),
        migrations.AddIndex("order", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="orders_search")),
        migrations.RemoveIndex("deal", "deals_search"),
        migrations.RemoveField("deal", "search"),
        migrations.AddField("deal", "search", column("n", "title")),
        migrations.AddIndex("deal", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="deals_search")),
        keep_words("sales_deal"),
    ]
