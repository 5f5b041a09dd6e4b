"""The questions that a rule can ask. Each gives two conditions: which rows are asked, and which of them fail.

Conditions are ``Q`` objects, so that the check, the list behind a figure and the rights of a reader are one
query. A kind is a class with a name, a sentence and the settings that it takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, connection, models, transaction
from django.db.models import CharField, Count, F, Func, Q, Value
from django.db.models.functions import Length, Lower
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from customers.quality.conditions import Below, InArray, InRows, Matches, Same, filled, text
from customers.quality.subjects import Subject, subjects
from customers.quality.territories import canonical, known_names

EMAIL = r"^[^@\s<>(),;:\\" r"\[\]]+@([[:alnum:]]([[:alnum:]-]*[[:alnum:]])?\.)+[[:alpha:]]{2,}$"
PHONE_LETTERS = r"[[:alpha:]]{4,}"
MOST_VALUES = 500


class QualityKind:
    """One question. ``takes`` are the names of its settings; ``field`` and ``fields`` are checked here."""

    name: ClassVar[str] = ""
    title: ClassVar[str | Promise] = ""
    takes: ClassVar[tuple[str, ...]] = ("field",)

    def asked(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        """Which rows the question makes sense for: those with a value."""
        return filled(subject, given["field"])

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        """Which of the asked rows fail."""
        raise NotImplementedError

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        """The rule in words."""
        raise NotImplementedError

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        """Raises Invalid for settings that make no sense."""


def label(subject: Subject, name: str) -> str:
    """A field's name for people."""
    return subject.fields().get(name, name)


class Filled(QualityKind):
    """At least one of the fields has a value."""

    name = "filled"
    title = gettext_lazy("is filled in")
    takes = ("fields",)

    def asked(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return Q()

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        found = Q()
        for name in given["fields"]:
            found &= ~filled(subject, name)
        return found

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        names = [label(subject, name) for name in given["fields"]]
        if len(names) == 1:
            return _("%(field)s is filled in") % {"field": names[0]}
        return _("at least one is filled in: %(fields)s") % {"fields": ", ".join(names)}


class Email(QualityKind):
    """An address that mail can be sent to."""

    name = "email"
    title = gettext_lazy("is an e-mail address")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return ~Q(Matches(text(subject, given["field"]), Value(EMAIL)))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is an e-mail address") % {"field": label(subject, given["field"])}


class Phone(QualityKind):
    """A number that can be dialled: 6 to 15 digits."""

    name = "phone"
    title = gettext_lazy("is a phone number")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        number = text(subject, given["field"])
        only = Func(number, Value(r"\D"), Value(""), Value("g"), function="regexp_replace", output_field=CharField())
        digits = Length(only)
        return Q(Below(digits, Value(6))) | Q(Below(Value(15), digits)) | Q(Matches(number, Value(PHONE_LETTERS)))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is a phone number") % {"field": label(subject, given["field"])}


class Country(QualityKind):
    """A country that exists, by its name in some language or its code."""

    name = "country"
    title = gettext_lazy("is a country")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        names = Value(sorted(known_names()), output_field=ArrayField(models.TextField()))
        return ~Q(InArray(Lower(text(subject, given["field"])), names))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is a country") % {"field": label(subject, given["field"])}


class Spelled(QualityKind):
    """One country is written in one way: the way that most rows write it."""

    name = "spelled"
    title = gettext_lazy("is written like most write it")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return Q(**{f"{given['field']}__in": sorted(rare_spellings(subject, given["field"]))})

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        if given["field"].startswith("custom."):
            raise Invalid(_("Countries can be compared in the field “country” only."))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s: one country is written in one way") % {"field": label(subject, given["field"])}


def rare_spellings(subject: Subject, name: str) -> dict[str, str]:
    """Spelling → the one that most rows use for the same country."""
    counted = subject.rows().exclude(**{name: ""}).values_list(name).annotate(times=Count("pk"))
    best: dict[str, tuple[int, str]] = {}
    written = [(word, times, canonical(word)) for word, times in counted]
    for word, times, code in written:
        if code:
            best[code] = max(best.get(code, (0, "")), (times, word))
    return {word: best[code][1] for word, _times, code in written if code and best[code][1] != word}


class Dated(QualityKind):
    """A date that can be true: not before ``earliest``, and not in the future."""

    name = "dated"
    title = gettext_lazy("is a date in the past")
    takes = ("field", "earliest")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        name = given["field"]
        return Q(**{f"{name}__gt": now}) | Q(**{f"{name}__lt": date.fromisoformat(given.get("earliest", "1900-01-01"))})

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        _must_be(subject, given["field"], models.DateField)
        try:
            date.fromisoformat(given.get("earliest") or "1900-01-01")
        except ValueError as error:
            raise Invalid(_("The earliest day is written like 1900-01-31.")) from error

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        words = {"field": label(subject, given["field"]), "day": given.get("earliest", "1900-01-01")}
        return _("%(field)s lies between %(day)s and today") % words


class Fresh(QualityKind):
    """Something happened within so many days."""

    name = "fresh"
    title = gettext_lazy("is not older than … days")
    takes = ("field", "days")

    def asked(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return Q()

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return Q(**{f"{given['field']}__lt": now - timedelta(days=int(given["days"]))})

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        _must_be(subject, given["field"], models.DateField)
        if not 1 <= _whole(given.get("days")) <= 36_500:
            raise Invalid(_("Give a number of days from 1 to 36500."))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is not older than %(days)s days") % {
            "field": label(subject, given["field"]), "days": given["days"],
        }  # fmt: skip


class Ordered(QualityKind):
    """One date does not lie before another."""

    name = "ordered"
    title = gettext_lazy("is not before another date")
    takes = ("field", "other")

    def asked(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return filled(subject, given["field"]) & filled(subject, given["other"])

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return Q(**{f"{given['field']}__lt": F(given["other"])})

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        _must_be(subject, given["field"], models.DateField)
        _must_be(subject, given["other"], models.DateField)

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        words = {"field": label(subject, given["field"]), "other": label(subject, given["other"])}
        return _("%(field)s is not before %(other)s") % words


class Pattern(QualityKind):
    """The value has a form, as a regular expression says it."""

    name = "pattern"
    title = gettext_lazy("has the form …")
    takes = ("field", "pattern")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        return ~Q(Matches(text(subject, given["field"]), Value(given["pattern"])))

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        pattern = given.get("pattern", "")
        if not pattern or len(pattern) > 200 or "\0" in pattern:
            raise Invalid(_("Give a pattern of at most 200 characters."))
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 500")
                cursor.execute("SELECT '' ~ %s", [pattern])
        except DatabaseError as error:
            raise Invalid(_("This is no regular expression that the database understands.")) from error

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s has the form %(pattern)s") % {
            "field": label(subject, given["field"]), "pattern": given["pattern"],
        }  # fmt: skip


class OneOf(QualityKind):
    """The value is one of a list."""

    name = "one_of"
    title = gettext_lazy("is one of …")
    takes = ("field", "values")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        found = Q()
        for value in given["values"]:
            found |= Q(Same(text(subject, given["field"]), Value(value)))
        return ~found

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        if not 1 <= len(given.get("values", [])) <= MOST_VALUES:
            raise Invalid(_("Give 1 to %(most)s values, one per line.") % {"most": MOST_VALUES})

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is one of: %(values)s") % {
            "field": label(subject, given["field"]), "values": ", ".join(given["values"][:8]),
        }  # fmt: skip


class Between(QualityKind):
    """A number within limits."""

    name = "between"
    title = gettext_lazy("lies between … and …")
    takes = ("field", "low", "high")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        found = Q()
        if given.get("low") not in (None, ""):
            found |= Q(**{f"{given['field']}__lt": given["low"]})
        if given.get("high") not in (None, ""):
            found |= Q(**{f"{given['field']}__gt": given["high"]})
        return found

    def check(self, subject: Subject, given: Mapping[str, Any]) -> None:
        _must_be(subject, given["field"], models.DecimalField, models.IntegerField, models.FloatField)
        limits = [given.get(name) for name in ("low", "high") if given.get(name) not in (None, "")]
        if not limits or not all(re.fullmatch(r"-?\d{1,14}(\.\d{1,4})?", str(one)) for one in limits):
            raise Invalid(_("Give at least one limit, as a plain number."))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        words = {
            "field": label(subject, given["field"]),
            "low": given.get("low") or "−∞",
            "high": given.get("high") or "∞",
        }
        return _("%(field)s lies between %(low)s and %(high)s") % words


class Unique(QualityKind):
    """No two rows share the value."""

    name = "unique"
    title = gettext_lazy("is used once")

    def failing(self, subject: Subject, given: Mapping[str, Any], now: datetime) -> Q:
        folded = Lower(text(subject, given["field"]))
        rows = subject.rows().filter(filled(subject, given["field"])).annotate(_folded=folded)
        twice = rows.values("_folded").annotate(_times=Count("pk")).filter(_times__gt=1).values("_folded")
        return Q(InRows(folded, twice))

    def sentence(self, subject: Subject, given: Mapping[str, Any]) -> str:
        return _("%(field)s is used once") % {"field": label(subject, given["field"])}


def _must_be(subject: Subject, name: str, *types: type[models.Field[Any, Any]]) -> None:
    found = None if name.startswith("custom.") else subject.model._meta.get_field(name)
    if not isinstance(found, types):
        raise Invalid(_("“%(field)s” is not of a type that this check can read.") % {"field": label(subject, name)})


def _whole(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


_kinds: dict[str, QualityKind] = {}


def kind(new: type[QualityKind]) -> type[QualityKind]:
    """Enter a question under its name; also a class decorator for apps above."""
    if new.name in _kinds and type(_kinds[new.name]) is not new:
        raise ValueError(f"Two kinds of quality checks are called {new.name!r}.")
    _kinds[new.name] = new()
    return new


for each in (Filled, Email, Phone, Country, Spelled, Dated, Fresh, Ordered, Pattern, OneOf, Between, Unique):
    kind(each)


def kinds() -> dict[str, QualityKind]:
    """All questions by name."""
    subjects()  # loads what apps above enter
    return dict(_kinds)


def get(name: str) -> QualityKind:
    """The question of that name; raises Invalid."""
    found = kinds().get(name)
    if found is None:
        raise Invalid(_("There is no check “%(name)s”.") % {"name": name[:60]})
    return found
