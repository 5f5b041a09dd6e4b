"""Conditions checked against what a reader may ask: known fields, fitting operators, typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kit.ui import words
from crm.kit.values import AmountField, IdField, check_year
from crm.kit.where.compare import query
from crm.kit.where.facets import UNARY, Facet
from crm.kit.where.grammar import AND, OR, Condition, Group, wrong

ME = "me"
MANY = ("any", "not")
MOST_DAYS = 36_500
LONGEST = 300


@dataclass(frozen=True)
class Asked:
    """One checked condition: what is asked of which field, and the values in words."""

    condition: Condition
    facet: Facet
    values: tuple[Any, ...]
    said: tuple[str, ...]

    @property
    def operator(self) -> str:
        """The operator as people say it."""
        return operator_words(self.facet.kind, self.condition.operator)

    @property
    def value(self) -> str:
        """The values as people read them."""
        joint = " – " if self.condition.operator == "between" else ", "
        return joint.join(self.said)


@dataclass(frozen=True)
class Checked:
    """A checked group: ``parts`` as in the group it came from."""

    group: Group
    parts: tuple[Asked | Checked, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def query(self, today: date) -> Q:
        """The rows that it is true for."""
        found = Q()
        for part in self.parts:
            one = part.query(today) if isinstance(part, Checked) else query(part.facet, part.condition.operator, list(part.values), today)  # fmt: skip
            found = one if not found else found | one if self.group.join == OR else found & one
        return found


def check(group: Group, facets: Mapping[str, Facet], user: Any) -> Checked:
    """The group with typed values; raises Invalid with a sentence for what the reader cannot ask."""
    return Checked(
        group,
        tuple(
            check(part, facets, user) if isinstance(part, Group) else asked(part, facets, user) for part in group.parts
        ),
    )


def asked(condition: Condition, facets: Mapping[str, Facet], user: Any) -> Asked:
    """One condition, checked."""
    facet = facets.get(condition.field)
    if facet is None:
        raise wrong(_("This list cannot be filtered by “%(name)s”.") % {"name": condition.field[:60]})
    if condition.operator not in facet.operators:
        raise wrong(_("“%(field)s” cannot be compared so.") % {"field": facet.label})
    given = [value for value in condition.values if value.strip()]
    if not _fits(condition.operator, len(given)):
        raise wrong(_("The condition on “%(field)s” needs a value.") % {"field": facet.label})
    try:
        pairs = _read(facet, condition.operator, given, user)
    except ValidationError as error:
        raise wrong(f"{facet.label}: {' '.join(error.messages)}") from error
    return Asked(condition, facet, tuple(value for value, _word in pairs), tuple(word for _value, word in pairs))


def _fits(operator: str, given: int) -> bool:
    if operator in UNARY:
        return given == 0
    if operator == "between":
        return given == 2
    return given >= 1 if operator in MANY else given == 1


def _read(facet: Facet, operator: str, given: Iterable[str], user: Any) -> list[tuple[Any, str]]:
    if operator == "last":
        return [(days := _days(text), str(days)) for text in given]
    if facet.kind == "pick":
        return _picked(facet, list(given), user)
    return [_one(facet, text) for text in given]


def _days(text: str) -> int:
    found = IdField().clean(text)
    if found > MOST_DAYS:
        raise ValidationError(_("At most %(most)s days.") % {"most": f"{MOST_DAYS:,}"})
    return int(found)


def _one(facet: Facet, text: str) -> tuple[Any, str]:
    """A value in its type, and in words."""
    match facet.kind:
        case "choice":
            known = {str(value): (value, str(label)) for value, label in facet.choices}
            if text not in known:
                raise ValidationError(_("Choose one of the values that are offered."))
            return known[text]
        case "number":
            amount = AmountField().clean(text)
            return amount, words.number(amount, 2 if amount % 1 else 0)
        case "date" | "moment":
            day = forms.DateField(validators=[check_year], input_formats=["%Y-%m-%d"]).clean(text)
            return day, words.day(day)
        case "yes":
            if text not in ("yes", "no"):
                raise ValidationError(_("Choose yes or no."))
            return text == "yes", _("yes") if text == "yes" else _("no")
        case "key":
            return (key := IdField().clean(text)), f"#{key}"
    return (value := forms.CharField(max_length=LONGEST).clean(text)), value


def _picked(facet: Facet, given: list[str], user: Any) -> list[tuple[Any, str]]:
    """Rows that the reader may name; "me" is whoever reads, so that a shared view is each reader's own."""
    keys = [text for text in given if text != ME]
    ids = [IdField().clean(text) for text in keys]
    rows = {row.pk: row for row in facet.offered().filter(pk__in=ids)} if ids and facet.offered else {}
    if set(ids) - rows.keys():
        raise ValidationError(_("There is no such record among yours."))
    said = [(pk, getattr(rows[pk], "display_name", "") or str(rows[pk])) for pk in ids]
    return [*([(user.pk, _("me"))] if ME in given else []), *said]


def operator_words(kind: str, operator: str) -> str:
    """An operator as people say it."""
    if kind == "list" and operator in ("is", "not"):
        return _("has") if operator == "is" else _("does not have")
    return {
        "is": _("is"), "not": _("is not"), "any": _("is any of"), "contains": _("contains"), "starts": _("begins with"),
        "empty": _("is empty"), "filled": _("is not empty"), "gt": _("above"), "lt": _("below"), "between": _("between"),
        "on": _("on"), "before": _("before"), "after": _("after"), "last": _("in the last days"),
    }[operator]  # fmt: skip


def sentence(checked: Checked, *, inner: bool = False) -> str:
    """A group as one line of words."""
    joint = f" {_('or')} " if checked.group.join == OR else f" {_('and')} "
    told = joint.join(sentence(part, inner=True) if isinstance(part, Checked) else said(part) for part in checked.parts)
    return f"({told})" if inner and len(checked.parts) > 1 else told


def said(one: Asked) -> str:
    """A condition in words."""
    return " ".join(word for word in (str(one.facet.label), one.operator, one.value) if word)


def without(group: Group, place: int) -> Group:
    """A group less one of its parts."""
    left = tuple(part for n, part in enumerate(group.parts) if n != place)
    return Group(group.join if len(left) > 1 else AND, left)
