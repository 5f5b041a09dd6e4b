"""People and teams as a combobox offers them and as people type them: found by name, read back by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Trim
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from crm.accounts.selectors import people_of, teams_of
from crm.kit.errors import Invalid

MOST_OFFERED = 20
MOST_LETTERS = 320  # a full name and a sign-in name
MOST_WORDS = 5
IN_BRACKETS = re.compile(r"(.*\S)?\s*\(([^()]+)\)", re.S)
BLANK = Value(" ")


@dataclass(frozen=True)
class Offer:
    """One suggestion: ``text`` is what the box then holds, and what ``named`` reads back."""

    key: str
    text: str
    name: str
    hint: str = ""
    avatar: bool = False


@dataclass(frozen=True)
class Kind:
    """What can be picked: the rows within reach, a search in them, and one row by what was typed."""

    model: type[Any]
    url_name: str
    reached: Callable[[User, str, str], QuerySet[Any]]
    found: Callable[[QuerySet[Any], str], QuerySet[Any]]
    offer: Callable[[Any], Offer]
    named: Callable[[QuerySet[Any], str], Any]

    def address(self, obj: str, action: str, *, nobody: bool = False) -> str:
        """Where the suggestions come from."""
        asked = {"for": obj, "may": action, **({"nobody": "1"} if nobody else {})}
        return f"{reverse(self.url_name)}?{urlencode(asked)}"

    def of(self, obj: str, action: str) -> Any:
        """The same for declarations that are read before there are addresses."""
        return lazy(self.address, str)(obj, action)

    def one(self, rows: QuerySet[Any], typed: str) -> Any:
        """The row that was typed; raises Invalid with a sentence where there is none or more than one."""
        text = " ".join(typed.split())
        if not text or len(text) > MOST_LETTERS or not text.isprintable():
            raise Invalid(_("Type a name from the list."))
        return self.named(rows, text)

    def text_of(self, pk: Any) -> str:
        """What the box holds of a row, whoever may see it: for values that stand in a record already."""
        row = self.model._default_manager.filter(pk=pk).first()
        return self.offer(row).text if row else ""


def _words(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    for word in typed[:MOST_LETTERS].replace("\0", "").split()[:MOST_WORDS]:
        rows = rows.filter(known_as__icontains=word.strip("()"))
    return rows


def _found_people(people: QuerySet[User], typed: str) -> QuerySet[User]:
    """Every word in the name or the sign-in name; Chinese names also without a blank, family name first."""
    known = Concat("first_name", BLANK, "last_name", BLANK, "last_name", "first_name", BLANK, "username")
    return _words(people.annotate(known_as=known), typed).order_by("first_name", "last_name", "username")


def _person_offer(person: User) -> Offer:
    name = person.display_name
    text = name if name == person.username else f"{name} ({person.username})"
    return Offer(str(person.pk), text, name, person.username if text != name else "", avatar=True)


def _named_person(people: QuerySet[User], text: str) -> User:
    """By sign-in name, alone or in brackets behind the name; else by a full name that only one has."""
    inside = IN_BRACKETS.fullmatch(text)
    found = people.filter(username__in=[text, inside.group(2)] if inside else [text]).first()
    if found is not None:
        return found
    whole = Trim(Concat("first_name", BLANK, "last_name"))
    same = list(people.annotate(whole=whole).filter(whole__iexact=text)[:2])
    if len(same) == 1:
        return same[0]
    if same:
        sentence = _("Several people are called “%(name)s”. Type the sign-in name.")
    else:
        sentence = _("There is no “%(name)s” in your teams. Take a name from the list, or type a sign-in name.")
    raise Invalid(sentence % {"name": text})


def _found_teams(teams: QuerySet[Team], typed: str) -> QuerySet[Team]:
    twin = Team.objects.filter(name=OuterRef("name")).exclude(pk=OuterRef("pk"))
    rows = teams.select_related("parent").annotate(known_as=Concat("name", BLANK), twin=Exists(twin))
    return _words(rows, typed).order_by("name", "pk")


def _team_offer(team: Team) -> Offer:
    above = team.parent.name if team.parent else ""
    twin = team.twin if hasattr(team, "twin") else Team.objects.filter(name=team.name).exclude(pk=team.pk).exists()
    text = f"{team.name} ({above})" if above and twin else team.name
    return Offer(str(team.pk), text, team.name, above)


def _named_team(teams: QuerySet[Team], text: str) -> Team:
    """By name, followed by the team above in brackets where two have the same."""
    same = list(teams.filter(name=text)[:2])
    inside = IN_BRACKETS.fullmatch(text)
    if not same and inside:
        same = list(teams.filter(name=inside.group(1) or "", parent__name=inside.group(2))[:2])
    if len(same) == 1:
        return same[0]
    if same:
        sentence = _("Several teams are called “%(name)s”. Add the team above it in brackets.")
    else:
        sentence = _("There is no team “%(name)s” among yours. Take a name from the list.")
    raise Invalid(sentence % {"name": text})


PEOPLE = Kind(User, "people-pick", people_of, _found_people, _person_offer, _named_person)
TEAMS = Kind(Team, "teams-pick", teams_of, _found_teams, _team_offer, _named_team)


def person_of(obj: str, action: str = "change") -> Callable[[User, str], int]:
    """Reads the person that a bulk action names: its key, within the user's reach."""

    def read(user: User, typed: str) -> int:
        return int(PEOPLE.one(people_of(user, obj, action), typed).pk)

    return read
