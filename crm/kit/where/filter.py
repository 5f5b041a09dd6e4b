"""``?where=``: the filter of a FilterSet that reads conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from crm.kit.where.check import Checked, check
from crm.kit.where.facets import Facet
from crm.kit.where.grammar import Group, parse


class WhereField(forms.CharField):
    """Conditions in the grammar of an address; its value is checked for the reader."""

    def __init__(self, *, facets: Callable[[], Mapping[str, Facet]], user: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.facets, self.user = facets, user

    def clean(self, value: Any) -> Checked:
        """The checked group; an empty one for no text."""
        text = str(value or "").strip()
        if not text:
            return Checked(Group())
        try:
            return check(parse(text), self.facets(), self.user)
        except Invalid as invalid:
            raise ValidationError(invalid.message) from invalid


class WhereFilter(django_filters.CharFilter):
    """Rows for which the conditions are true."""

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Conditions"))

    @property
    def field(self) -> WhereField:
        """Knows the reader by the FilterSet it stands in."""
        parent: Any = self.parent
        return WhereField(label=self.label, required=False, facets=lambda: parent.own_facets, user=parent.reader)

    def filter(self, qs: QuerySet[Any], value: Checked) -> QuerySet[Any]:
        """No condition filters nothing."""
        return qs.filter(value.query(timezone.localdate())) if value else qs
