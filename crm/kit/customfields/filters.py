"""Filters of custom fields, by type; the expressions are those of the indexes."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.validators import MaxLengthValidator
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.fields.json import HasAnyKeys, KeyTextTransform
from django.db.models.functions import Cast, Left, Lower
from django.db.models.lookups import Exact, GreaterThanOrEqual, IContains, In, IsNull, LessThan, LessThanOrEqual, Lookup
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from crm.kit.crypto import indexes
from crm.kit.customfields import people
from crm.kit.customfields.expressions import output_of, raw_of, value_of
from crm.kit.customfields.size import check_size
from crm.kit.customfields.values import about
from crm.kit.filters import AmountField, check_year
from crm.kit.models import CustomField

Type = CustomField.Type
COMPARE: dict[str, type[Lookup[Any]]] = {
    "exact": Exact, "gte": GreaterThanOrEqual, "lte": LessThanOrEqual, "lt": LessThan,
}  # fmt: skip
LONGEST = 200


class _OnDemand(django_filters.Filter):
    """A filter on one field; part of a form only where somebody asks for it."""

    on_demand = True

    def __init__(self, custom: CustomField, *, suffix: Any = "", **kwargs: Any) -> None:
        self.custom = custom
        label = format_lazy("{} {}", custom.label, suffix) if suffix else custom.label
        super().__init__(field_name=custom.rule, label=label, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Nothing chosen filters nothing."""
        if value in (None, "", []):
            return qs
        self.check()
        return qs.filter(self.condition(value))

    def check(self) -> None:
        """Raise Invalid where the table is too large for it."""
        check_size(self.custom)

    def condition(self, value: Any) -> Q:
        """Rows that fit."""
        return Q(COMPARE[self.lookup_expr](value_of(self.custom), Value(value, output_of(self.custom))))


class NumberFilter(_OnDemand):
    """A number or an amount."""

    field_class = AmountField


class DayFilter(_OnDemand, django_filters.DateFilter):
    """A day."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        super().__init__(custom, validators=[check_year], **kwargs)

    def condition(self, value: Any) -> Q:
        """Days compare as their ISO texts."""
        return super().condition(value.isoformat())


class TextFilter(_OnDemand, django_filters.CharFilter):
    """The whole text, in any case of its letters."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        super().__init__(custom, validators=[MaxLengthValidator(500)], **kwargs)

    def condition(self, value: str) -> Q:
        """By the beginning that the index holds, then by the rest of a long text."""
        found = Q(Exact(value_of(self.custom), Left(Lower(Value(value, TextField())), LONGEST)))
        if len(value) < LONGEST:
            return found
        whole = Lower(Cast(_text_of(self.custom), TextField()))
        return found & Q(Exact(whole, Lower(Value(value, TextField()))))


class PartFilter(_OnDemand, django_filters.CharFilter):
    """A part of the text."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        super().__init__(custom, lookup_expr="icontains", validators=[MaxLengthValidator(200)], **kwargs)

    def check(self) -> None:
        """No index answers it."""
        check_size(self.custom, by_part=True)

    def condition(self, value: str) -> Q:
        """In any case of its letters."""
        return Q(IContains(_text_of(self.custom), value))


class SealedFilter(_OnDemand, django_filters.CharFilter):
    """The whole text of a sensitive field, by its blind index."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        super().__init__(custom, validators=[MaxLengthValidator(500)], **kwargs)

    def condition(self, value: str) -> Q:
        """Under any key of the ring: a rotation may be under way."""
        return Q(In(value_of(self.custom), indexes(value, about=about(self.custom))))


class ChoicesFilter(_OnDemand, django_filters.MultipleChoiceFilter):
    """Any of the chosen."""

    def __init__(self, custom: CustomField, **kwargs: Any) -> None:
        kwargs.setdefault("distinct", False)
        super().__init__(custom, choices=list(custom.options.items()), **kwargs)

    def condition(self, value: list[str]) -> Q:
        """The stored values, as the index folds them."""
        if self.custom.type == Type.MULTI:
            return Q(HasAnyKeys(raw_of(self.custom), value))
        return Q(In(value_of(self.custom), [one.lower()[:LONGEST] for one in value]))


class YesFilter(_OnDemand, django_filters.BooleanFilter):
    """Yes or no."""

    def condition(self, value: bool) -> Q:
        """As the text of the JSON value."""
        return Q(Exact(value_of(self.custom), "true" if value else "false"))


def _text_of(field: CustomField) -> KeyTextTransform:
    return KeyTextTransform(field.name, "custom")


def filters_of(field: CustomField) -> dict[str, django_filters.Filter]:
    """The filters of a field by their names in an address."""
    name = field.rule
    if field.sensitive:
        return {name: SealedFilter(field)}
    match field.type:
        case Type.NUMBER | Type.MONEY:
            return {
                f"{name}_min": NumberFilter(field, lookup_expr="gte", suffix=_("at least")),
                f"{name}_max": NumberFilter(field, lookup_expr="lte", suffix=_("at most")),
            }
        case Type.DATE:
            return {
                f"{name}_after": DayFilter(field, lookup_expr="gte", suffix=_("from")),
                f"{name}_before": DayFilter(field, lookup_expr="lt", suffix=_("before")),
            }
        case Type.CHOICE | Type.MULTI:
            return {name: ChoicesFilter(field)}
        case Type.BOOLEAN:
            return {name: YesFilter(field)}
        case Type.PERSON:
            return {name: _person(field)}
        case Type.LONG_TEXT:
            return {f"{name}_contains": PartFilter(field, suffix=_("contains"))}
        case _:
            return {name: TextFilter(field), f"{name}_contains": PartFilter(field, suffix=_("contains"))}


def _person(field: CustomField) -> django_filters.Filter:
    def narrow(qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        check_size(field)
        if value == "none":
            return qs.filter(IsNull(value_of(field), True))
        return qs.filter(Exact(value_of(field), Value(value.pk, output_of(field))))

    made = people.directory().filter(label=field.label, field_name=field.rule, narrow=narrow)
    made.on_demand = True  # type: ignore[attr-defined]
    return made
