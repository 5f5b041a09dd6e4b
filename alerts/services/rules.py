"""Rules: what people want to be told about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.conditions import conditions
from alerts.models import Rule, RuleState, Severity
from crm.accounts.models import User
from crm.kit.errors import Invalid
from crm.kit.live import announce
from insights.events import BadEvent, labels, metric_name
from insights.ingest import ensure_metrics

DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII)
LONGEST_HOLD = timedelta(days=31)
NAME_AT_MOST = 120


@dataclass(frozen=True)
class RuleInput:
    """A rule as people and programs write it; ``hold`` is an ISO 8601 duration."""

    name: str
    metric: str
    detector: str = "threshold"
    settings: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    hold: str = "PT0S"
    severity: str = Severity.WARNING
    active: bool = True


@transaction.atomic
def create_rule(*, given: RuleInput, user: User) -> Rule:
    """Write a rule; a metric that has no values yet is made. Raises Invalid with a sentence per field."""
    values = _checked(given)
    metric = ensure_metrics([values.pop("metric")]).popitem()[1]
    rule = Rule.objects.create(metric_id=metric, team_id=_team(user), created_by=user, **values)
    announce("rules")
    return rule


@transaction.atomic
def change_rule(*, rule_id: int, given: RuleInput, user: User) -> Rule:
    """Write a rule anew; its series start afresh. Raises Invalid; Rule.DoesNotExist out of reach."""
    reached = Rule.objects.visible_to(user).filter(pk=rule_id)
    rule = Rule.objects.select_for_update().get(pk__in=reached.values("pk"))
    values = _checked(given)
    rule.metric_id = ensure_metrics([values.pop("metric")]).popitem()[1]
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save()
    RuleState.objects.filter(rule=rule).delete()
    announce("rules")
    return rule


@transaction.atomic
def delete_rule(*, rule_id: int, user: User) -> None:
    """Remove a rule; the alerts that it raised stay. Raises Rule.DoesNotExist out of reach."""
    Rule.objects.visible_to(user).get(pk=rule_id).delete()
    announce("rules")


def duration(text: str) -> timedelta:
    """From ISO 8601 (``PT5M``); raises Invalid."""
    found = DURATION.fullmatch(text)
    sentence = _("“for” must be a duration such as PT0S, PT5M or P1D, at most 31 days.")
    if found is None or not any(found.groups()):
        raise Invalid(sentence, fields={"for": sentence})
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span > LONGEST_HOLD:
        raise Invalid(sentence, fields={"for": sentence})
    return span


def written(seconds: int) -> str:
    """The duration as ISO 8601."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if n)
    if not days and not time:
        return "PT0S"
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")


def _checked(given: RuleInput) -> dict[str, Any]:
    """Column values; every problem is reported at once."""
    problems: dict[str, str] = {}
    values: dict[str, Any] = {
        "name": _name(given.name, problems),
        "metric": _or_problem("metric", problems, lambda: metric_name(given.metric)),
        "labels": _or_problem("labels", problems, lambda: labels(given.labels)),
        "detector": given.detector,
        "settings": dict(given.settings),
        "hold_seconds": _or_problem("for", problems, lambda: int(duration(given.hold).total_seconds())),
        "severity": given.severity,
        "active": given.active,
    }
    if given.detector not in conditions:
        known = ", ".join(sorted(condition.name for condition in conditions))
        problems["detector"] = _("There is no such detector; known: %(known)s.") % {"known": known}
    else:
        _or_problem("settings", problems, lambda: conditions.get(given.detector).checked(given.settings))
    if given.severity not in Severity.values:
        problems["severity"] = _("The severity is one of info, warning, critical.")
    if problems:
        raise Invalid(" ".join(dict.fromkeys(problems.values())), fields=problems)
    return values


def _name(raw: str, problems: dict[str, str]) -> str:
    name = raw.strip()
    if not name or len(name) > NAME_AT_MOST:
        problems["name"] = _("A rule needs a name of at most %(n)s characters.") % {"n": NAME_AT_MOST}
    return name


def _or_problem(field_name: str, problems: dict[str, str], read: Any) -> Any:
    try:
        return read()
    except BadEvent as bad:
        problems[field_name] = str(bad)
    except Invalid as invalid:
        problems[field_name] = invalid.message
    return None


def _team(user: User) -> int | None:
    """Where the rule belongs: nowhere in particular for who reaches all rules, else the user's first team."""
    if user.access.team_ids("rule", "add") is None:
        return None
    return next((team for _role, team in user.access.memberships), None)
