"""``?quality=<rule>``: the rows that fail a rule, as a filter of the records' own list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit.errors import Invalid
from crm.kit.extensions import Extension, extend
from crm.kit.filters import IdFilter
from customers.quality.models import QualityRule
from customers.quality.run import failing
from customers.quality.subjects import subjects


class QualityFilter(IdFilter):
    """Rows that fail the rule of this number; none for a rule about something else."""

    def __init__(self, obj: str) -> None:
        super().__init__(label=_("Fails quality rule"))
        self.obj = obj

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """By the rule's own condition."""
        if not value:
            return qs
        pk = int(value) if str(value).isdigit() else 0  # conditions in an address give texts
        rule = QualityRule.objects.filter(pk=pk, object=self.obj).first()
        try:
            return failing(qs, rule, timezone.now()) if rule else qs.none()
        except (Invalid, KeyError):
            return qs.none()


def extend_lists() -> None:
    """Give the list of every subject the filter, for those who may see quality."""
    for one in subjects().values():
        extend(one.label, Extension(filters={"quality": QualityFilter(one.object)}, object="quality"))
