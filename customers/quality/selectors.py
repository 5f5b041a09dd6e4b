"""What the quality page tells: standing of rules and dimensions, of sources, and how it moved; within one's reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.charts import Chart, Series, chart
from customers.quality import kinds, subjects
from customers.quality.mends import mend_for
from customers.quality.models import Dimension, QualityResult, QualityRule
from customers.quality.run import described
from customers.quality.sources import SourceState, source_states

SHOWN = timedelta(days=90)
WEEK = timedelta(days=7)


@dataclass
class Standing:
    """A rule with its newest result, as one reader sees it."""

    rule: QualityRule
    at: datetime | None = None
    asked: int = 0
    failing: int = 0
    error: str = ""
    words: str = ""
    subject: Any = ""
    rows_url: str = ""
    fixable: bool = False

    @property
    def share(self) -> float:
        """Share of the asked rows that fail."""
        return self.failing / self.asked if self.asked else 0.0

    @property
    def good(self) -> float:
        """Share of the asked rows that pass."""
        return 1 - self.share

    @property
    def broken(self) -> bool:
        """Whether more fail than the rule allows."""
        return not self.error and self.share > self.rule.limit


@dataclass
class Overview:
    """Everything above the table."""

    score: float | None = None
    before: float | None = None
    dimensions: list[tuple[str, Any, float | None, float | None, int]] = field(default_factory=list)
    rules: list[Standing] = field(default_factory=list)
    sources: list[tuple[SourceState, float | None, int]] = field(default_factory=list)
    checked_at: datetime | None = None
    rows: int = 0

    @property
    def moved(self) -> float:
        """Percentage points that the score moved in a week."""
        return ((self.score or 0) - (self.before or 0)) * 100


def overview(user: User, *, now: datetime) -> Overview:
    """The page's figures, over the teams that the user reaches for each kind of record."""
    teams = _Teams(user)
    newest = {one.rule_id: one for one in _newest(now)}
    earlier = {one.rule_id: one for one in _newest(now - WEEK)}
    found = Overview()
    for rule in QualityRule.objects.filter(active=True):
        if not user.access.can(rule.object, "view"):
            continue
        found.rules.append(_standing(rule, newest.get(rule.pk), teams))
    found.rules.sort(key=lambda one: (not one.broken, not one.error, -(one.share - one.rule.limit), one.rule.pk))
    for value, label in Dimension.choices:
        own = [one for one in found.rules if one.rule.dimension == value]
        old = [_standing(one.rule, earlier.get(one.rule.pk), teams) for one in own]
        found.dimensions.append((value, label, mean(own), mean(old), sum(one.broken for one in own)))
    found.score = _average([score for _v, _l, score, _b, _n in found.dimensions])
    found.before = _average([score for _v, _l, _s, score, _n in found.dimensions])
    found.checked_at = max((one.at for one in newest.values()), default=None)
    found.rows = max((one.asked for one in found.rules), default=0)
    found.sources = _sources(newest.values(), teams, now)
    return found


def mean(standings: list[Standing]) -> float | None:
    """The mean share that passes, over rules that could be checked."""
    return _average([one.good for one in standings if one.asked and not one.error])


def _average(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


class _Teams:
    """Which teams' rows a user may count, per kind of record; read once."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.known: dict[str, set[int] | None] = {}

    def reaches(self, obj: str, team: int | None) -> bool:
        """Whether rows of a team count for this reader."""
        if obj not in self.known:
            teams = self.user.access.team_ids(obj)
            self.known[obj] = None if teams is None else set(teams)
        allowed = self.known[obj]
        return allowed is None or team in allowed


def _newest(until: datetime) -> list[QualityResult]:
    since = until - SHOWN
    results = QualityResult.objects.filter(at__lte=until, at__gt=since).select_related("rule")
    return list(results.order_by("rule_id", "-at").distinct("rule_id"))


def _standing(rule: QualityRule, result: QualityResult | None, teams: _Teams) -> Standing:
    found = Standing(rule, words=described(rule), fixable=mend_for(rule) is not None)
    try:
        subject = subjects.get(rule.object)
        found.subject, found.rows_url = subject.title, f"{reverse(subject.url)}?quality={rule.pk}"
    except (NoReverseMatch, KeyError):
        found.rows_url = ""
    if result is None:
        return found
    found.at, found.error = result.at, result.error
    for team, asked, failing in result.totals:
        if teams.reaches(rule.object, team):
            found.asked += asked
            found.failing += failing
    return found


def _sources(results: Any, teams: _Teams, now: datetime) -> list[tuple[SourceState, float | None, int]]:
    """Each source with the mean share of its rows that pass, and how many rows it has."""
    good: dict[str, list[float]] = defaultdict(list)
    size: dict[str, int] = defaultdict(int)
    for result in results:
        per: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for team, source, asked, failing in result.cells:
            if teams.reaches(result.rule.object, team):
                per[source][0] += asked
                per[source][1] += failing
        for source, (asked, failing) in per.items():
            if asked:
                good[source].append(1 - failing / asked)
                size[source] = max(size[source], asked)
    states = source_states(now, lags=True)
    return [(one, _average([*good.get(one.source.name, [])]), size.get(one.source.name, 0)) for one in states]


@chart("quality.trend", policy=("quality", "view"))
def trend(user: Any, params: Mapping[str, str]) -> Chart:
    """The overall score of each checked day."""
    teams = _Teams(user)
    now = timezone.now()
    days: dict[date, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    results = QualityResult.objects.filter(at__gt=now - SHOWN, error="").select_related("rule").order_by("at")
    for result in results:
        one = _standing(result.rule, result, teams)
        if one.asked and user.access.can(result.rule.object, "view"):
            days[timezone.localtime(result.at).date()][result.rule.dimension].append(one.good)
    points = [
        (day, _average([_average([*shares]) for shares in by_dimension.values()]))
        for day, by_dimension in sorted(days.items())
    ]
    last = points[-1][1] if points else None
    first = points[0][1] if points else None
    return Chart(
        "line", title=_trend_title(first, last), unit=_("share of values that pass"), share=True, decimals=1,
        series=[Series(_("Score"), points)], source=now if points else None, csv="/charts/quality.trend/?format=csv",
    )  # fmt: skip


def _trend_title(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return _("No check yet")
    if abs(last - first) < 0.0005:
        return _("The score holds")
    return _("The score rose") if last > first else _("The score fell")


def kind_choices() -> list[tuple[str, Any]]:
    """The questions that a rule can ask, for a form."""
    return [(name, one.title) for name, one in kinds.kinds().items()]
