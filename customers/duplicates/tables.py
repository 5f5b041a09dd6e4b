"""Columns of the list of duplicates."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from crm.kit.ui.icons import icon
from crm.kit.ui.words import percent
from customers.duplicates import words
from customers.duplicates.models import DuplicatePair
from customers.models import Customer

TONES = {"certain": "ok", "review": "warn"}
STATE_TONES = {"merged": "info", "dismissed": ""}


def both(pair: DuplicatePair) -> str:
    """The names of both."""
    return f"{pair.a.name} / {pair.b.name}"


def _names(pair: DuplicatePair, scene: Scene) -> SafeString:
    more = f'<span class="meta">{cells.esc(where)}</span>' if (where := _places(pair.a, pair.b, scene)) else ""
    link = '<a class="twins" href="/data/duplicates/{}/"><b>{}</b> <span class="muted">{}</span> <b>{}</b></a>{}'
    return format_html(link, pair.pk, pair.a.name, gettext("and"), pair.b.name, mark_safe(more))  # noqa: S308 - escaped above


def _places(a: Customer, b: Customer, scene: Scene) -> str:
    if "city" in scene.levels:
        return ""
    return " / ".join(dict.fromkeys(city for city in (a.city, b.city) if city))


def _decision(pair: DuplicatePair, scene: Scene) -> SafeString:
    if pair.state != DuplicatePair.State.OPEN:
        return cells.chip(pair.get_state_display(), STATE_TONES[pair.state])
    return cells.chip(pair.get_decision_display(), TONES[pair.decision], dot=True)


def _why(pair: DuplicatePair, scene: Scene) -> SafeString:
    return format_html('<span class="soft">{}</span>', words.sentence(pair.reasons, scene.levels))


def _verbs(pair: DuplicatePair, scene: Scene) -> SafeString:
    """Buttons of the row, within the form of the list."""
    if pair.state != DuplicatePair.State.OPEN or not scene.extra.get("may_judge"):
        return mark_safe("")
    button = (
        '<button class="btn small quiet" type="submit" formaction="/data/duplicates/{0}/{1}/" data-key="{2}" '
        'aria-label="{3}" title="{3}">{4}</button>'
    )
    merge = gettext("Merge %(names)s") % {"names": both(pair)}
    ignore = gettext("Not a duplicate: %(names)s") % {"names": both(pair)}
    made = [format_html(button, pair.pk, "ignore", "i", ignore, icon("x"))]
    if scene.extra.get("may_merge"):
        made.insert(0, format_html(button, pair.pk, "merge", "m", merge, icon("merge")))
    return mark_safe(f'<span class="row">{"".join(made)}</span>')  # noqa: S308 - safe parts


TABLE = Table(
    (
        Column("pair", _("Customers"), _names, both, first=True, order=0),
        Column("decision", _("Certainty"), _decision, lambda row: row.get_decision_display(), order=10),
        Column("score", _("Score"), lambda row, scene: format_html('<span class="num">{}</span>', percent(min(row.score, 0.999), 1)), lambda row: row.score, sort="points", css="n", model=True, order=20),
        Column("reasons", _("Why"), _why, lambda row: words.sentence(row.reasons, {}), css="wrap", order=30),
        Column("verbs", _("Verdict"), _verbs, lambda row: row.get_state_display(), order=90),
    ),
    row_label=both,
    selectable=True,
    css="wraps pairs",
)  # fmt: skip
