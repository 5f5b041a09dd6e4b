"""From a text to lines on the screen: rows of every kind that matches, with the rights of the reader."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils.html import format_html
from django.utils.translation import gettext as _

from crm.kit.keyset import Count
from crm.kit.marking import marked, spans
from crm.kit.ranked import CORRECTED, HEARD, SPAN, Asked, Place, Ranking
from crm.kit.search import searched, typed
from crm.kit.subjects import Hit, Subject, subjects_for

logger = logging.getLogger(__name__)

NUMBER = re.compile(r"#?[^\W_][\w.\-/:]{0,99}")
MOST_DIRECT = 3
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Group:
    """The hits of one kind of rows, and the place behind which there are more."""

    subject: Subject
    ranking: Ranking
    hits: list[Hit]
    following: Place | None = None

    def count(self) -> Count:
        """How many rows match, within the reader's reach."""
        return self.ranking.count(MOST_COUNTED)


@dataclass(frozen=True)
class Findings:
    """Kinds with hits, in order, and the titles of those that failed."""

    groups: list[Group]
    failed: list[str]


def find(
    user: Any, text: str, limit: int, *, chosen: str = "", many: int = 0, after: Place | None = None,
    most: int = SPAN,
) -> Findings:  # fmt: skip
    """The best hits of every kind that has any, chosen from the ``most`` that are read; of the chosen kind more of
    them, behind a place.

    A kind that fails is logged and named, the others stand.
    """
    asked, groups, failed = Asked(text), [], []
    for subject in subjects_for(user):
        here = subject.key == chosen
        try:
            ranking = Ranking(subject.rows(user), asked, subject.hidden(user), subject.recent, most)
            group = _group(subject, ranking, many if here else limit, after if here else None)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("searching %s failed", subject.key)
            failed.append(str(subject.title))
            continue
        groups += [group] if group.hits else []
    return Findings(groups, failed)


def _group(subject: Subject, ranking: Ranking, limit: int, after: Place | None) -> Group:
    text, hidden = ranking.asked.text, ranking.hidden
    behind = [place for place in ranking.places if after is None or place > after]
    places = behind[:limit]
    if not places:
        return Group(subject, ranking, [])
    rows = ranking.rows.filter(pk__in=[place.pk for place in places]).select_related(*subject.related).defer("search")
    known = {row.pk: row for row in rows.order_by()}
    hits = [_hit(subject, known[place.pk], place, text, hidden) for place in places if place.pk in known]
    return Group(subject, ranking, hits, places[-1] if len(behind) > limit else None)


def _hit(subject: Subject, row: Any, place: Place, text: str, hidden: Collection[str]) -> Hit:
    hit = subject.hit(row)
    question = typed(subject.model, text, hidden=hidden)
    here = spans(hit.label, question)
    if here:
        return replace(hit, marked=marked(hit.label, here))
    for column, kind in searched(subject.model).items():
        value = getattr(row, column)
        if column in hidden or not value or value == hit.label:
            continue
        there = spans(value, question, kind)
        if there:
            label = subject.model._meta.get_field(column).verbose_name  # type: ignore[union-attr]
            return replace(hit, why=format_html("{}: {}", str(label).capitalize(), marked(value, there)))
    if place.tier == CORRECTED:
        return replace(hit, why=_("Similar to “%(text)s”") % {"text": text})
    return replace(hit, why=_("Sounds like “%(text)s”") % {"text": text}) if place.tier == HEARD else hit


def direct(user: Any, text: str) -> list[Hit]:
    """The records that an id or a number names exactly."""
    if not NUMBER.fullmatch(text) or not (text.startswith("#") or any(char.isdigit() for char in text)):
        return []
    hits: list[Hit] = []
    for subject in subjects_for(user):
        if subject.numbered is not None:
            rows = subject.numbered(subject.rows(user), text.lstrip("#"))
            found = rows.select_related(*subject.related).defer("search").order_by()[:MOST_DIRECT]
            hits += [replace(subject.hit(row), why=str(subject.title)) for row in found]
    return hits
