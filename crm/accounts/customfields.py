"""Colleagues as values of custom fields: found by key or name within reach, offered by the combobox, filtered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.accounts.fields import PersonField
from crm.accounts.filters import OwnerFilter
from crm.accounts.models import User
from crm.accounts.picks import PEOPLE
from crm.accounts.selectors import people_of
from crm.kit.customfields.people import Directory
from crm.kit.errors import Invalid


class ColleagueFilter(OwnerFilter):
    """Rows that name a colleague in a custom field; ``narrow`` knows where."""

    def __init__(self, *, narrow: Callable[[QuerySet[Any], Any], QuerySet[Any]], **kwargs: Any) -> None:
        self.narrow = narrow
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Nobody chosen filters nothing."""
        return qs if value in (None, "") else self.narrow(qs, value)


def named(user: Any, obj: str, value: Any) -> int:
    """The key of a colleague by key or name; without a user, whoever is here."""
    rows = User.objects.filter(is_active=True) if user is None else people_of(user, obj, "view")
    if isinstance(value, int):
        if not 0 < value < 2**63 or not rows.filter(pk=value).exists():
            raise Invalid(_("There is no such person in your teams."))
        return value
    return int(PEOPLE.one(rows, value).pk)


DIRECTORY = Directory(named=named, form_field=PersonField, filter=ColleagueFilter)
