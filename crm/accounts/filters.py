"""Filters by person and team: the choices are those that the reader may name."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PickedPerson, PickedTeam
from crm.accounts.models import Team, User
from crm.accounts.selectors import people_of, teams_of


def _people(request: HttpRequest | None) -> QuerySet[User]:
    user = getattr(request, "user", None)
    return people_of(user) if isinstance(user, User) else User.objects.none()


def _teams(request: HttpRequest | None) -> QuerySet[Team]:
    user = getattr(request, "user", None)
    return teams_of(user) if isinstance(user, User) else Team.objects.none()


class OwnerFilter(django_filters.ModelChoiceFilter):
    """Rows of one owner; ``none`` is those without."""

    field_class = PickedPerson

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Owner"))
        super().__init__(queryset=_people, null_label=_("Nobody"), null_value="none", **kwargs)


class TeamFilter(django_filters.ModelChoiceFilter):
    """Rows of one team."""

    field_class = PickedTeam

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Team"))
        super().__init__(queryset=_teams, **kwargs)
