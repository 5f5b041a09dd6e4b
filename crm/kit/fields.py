"""Model fields and field bundles that several apps share."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class MoneyField(models.DecimalField):
    """An amount with four decimals; its currency stands in a column beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


def search_column(**kinds: str) -> models.GeneratedField:
    """A tsvector kept by the database from text columns, each with the letter of its kind.

    See ``crm_words`` in the migrations, and ``crm.kit.search``, which asks for what it keeps.
    """
    parts = [models.Value("".join(kinds.values())), *(models.F(field) for field in kinds)]
    return models.GeneratedField(
        expression=models.Func(*parts, function="crm_words", output_field=SearchVectorField()),
        output_field=SearchVectorField(),
        db_persist=True,
        editable=False,
    )


def sort_key(field: str) -> models.GeneratedField:
    """The lower-case copy of a text column that lists sort by."""
    return models.GeneratedField(
        expression=Lower(field), output_field=models.TextField(), db_persist=True, editable=False
    )


class FromSource(models.Model):
    """A row that may have come from an outside system: (source, external_id) names it there."""

    source = models.ForeignKey(
        "kit.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("source"),
        db_index=False,
    )
    external_id = models.CharField(_("external id"), max_length=200, blank=True, default="")

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=models.Q(source__isnull=False) & ~models.Q(external_id=""),
                name="%(app_label)s_%(class)s_external_id",
            )
        ]


class Stamped(models.Model):
    """When a row was written here and last changed here."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


ZERO = Decimal("0")
