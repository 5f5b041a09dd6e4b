"""The Ctrl-K palette: rows that match, ids that go straight, actions, pages, settings, help; recents on empty.

Apps add to it::

    palette.offer("settings", _("Users"), "settings-users", icon="users", policy=("user", "view"))
    palette.opening(opened_lately)  # (user) -> [(title, hits)]
    palette.actions_at("customer")(actions_of_a_customer)  # (user, kwargs of the open address) -> hits
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.kit import finding, nav
from crm.kit.subjects import Hit

logger = logging.getLogger(__name__)

LIMIT = 6
LONGEST = 200
GROUPS = {"settings": _("Settings"), "help": _("Help")}

Opening = Callable[[Any], list[tuple[str, list[Hit]]]]
Actions = Callable[[Any, Mapping[str, Any]], Sequence[Hit]]


@dataclass(frozen=True)
class Offer:
    """One page that is not in the sidebar, or a dialog of every page."""

    group: str
    label: Any
    url_name: str
    icon: str
    policy: tuple[str, str]
    dialog: str = ""


@dataclass(frozen=True)
class Section:
    """A group of lines under its title."""

    title: str
    hits: Sequence[Hit]


_offers: list[Offer] = []
_openings: list[Opening] = []
_actions: dict[str, Actions] = {}


def offer(
    group: str, label: Any, url_name: str, *, icon: str, policy: tuple[str, str] = ("self", "view"), dialog: str = ""
) -> None:
    """Register a line of the groups Settings or Help."""
    made = Offer(group, label, url_name, icon, policy, dialog)
    if made not in _offers:
        _offers.append(made)


def opening(show: Opening) -> Opening:
    """Register groups that the palette shows before anything is typed."""
    if show not in _openings:
        _openings.append(show)
    return show


def _opened(user: Any) -> list[Section]:
    """Pinned and recent records; one that fails is logged and left out."""
    found: list[Section] = []
    for show in _openings:
        try:
            found += [Section(title, hits[:LIMIT]) for title, hits in show(user)]
        except Exception:
            logger.exception("palette opening %s failed", getattr(show, "__name__", show))
    return found


def actions_at(url_name: str) -> Callable[[Actions], Actions]:
    """Register what can be done with the record of an address."""

    def keep(find: Actions) -> Actions:
        _actions[url_name] = find
        return find

    return keep


def answer(user: Any, text: str, here: str = "") -> list[Section]:
    """Groups with their hits; ``>`` in front asks for actions only. ``here`` is the address of the open page."""
    asked = text.replace("\0", "").strip()[:LONGEST]
    actions_only = asked.startswith(">")
    wanted = asked.lstrip("> ").casefold()
    if actions_only or not asked:
        sections = [] if actions_only else _opened(user)
        sections += _doing(user, wanted, here)
    else:
        sections = [Section(gettext("Go to"), finding.direct(user, asked))]
        found = finding.find(user, asked, LIMIT)
        sections += [Section(str(one.subject.title), one.hits) for one in found.groups]
        sections += [_everything(asked)] if found.groups else []
        sections += _doing(user, wanted, here)
    if not actions_only:
        sections.append(Section(gettext("Pages"), _pages(user, wanted)))
        sections += [Section(str(title), _offered(user, group, wanted)) for group, title in GROUPS.items() if wanted]
    return [section for section in sections if section.hits]


def _everything(text: str) -> Section:
    label = gettext("All results for “%(text)s”") % {"text": text}
    return Section(gettext("Search"), [Hit(label, f"{reverse('search')}?{urlencode({'q': text})}", "search")])


def missing(user: Any, text: str) -> Hit | None:
    """The way on where nothing matches: a new record by that name, for those who may make one."""
    asked = text.replace("\0", "").strip()[:LONGEST]
    first = next((item for item in nav.creates_for(user) if item.named), None)
    if first is None or not asked or asked.startswith((">", "#")):
        return None
    label = gettext("Create customer “%(name)s”") % {"name": asked}
    return Hit(label, f"{first.href}?{urlencode({first.named: asked})}", first.icon)


def _doing(user: Any, wanted: str, here: str) -> list[Section]:
    """Actions of the open record, then what can be made anew."""
    creates = [
        Hit(gettext("New: %(what)s") % {"what": item.label}, item.href, item.icon) for item in nav.creates_for(user)
    ]
    return [
        Section(gettext("This record"), _named(_of_the_record(user, here), wanted)[:LIMIT]),
        Section(gettext("Actions"), _named(creates, wanted)[:LIMIT]),
    ]


def _of_the_record(user: Any, here: str) -> Sequence[Hit]:
    try:
        place = resolve(here) if here.startswith("/") else None
    except Resolver404:
        return []
    find = _actions.get(place.url_name or "") if place else None
    return find(user, place.kwargs) if find and place else []


def _named(hits: Sequence[Hit], wanted: str) -> list[Hit]:
    return [hit for hit in hits if wanted in hit.label.casefold()]


def _pages(user: Any, wanted: str) -> list[Hit]:
    hits = [
        Hit(str(item.label), item.href, item.icon, f"G {item.go.upper()}" if item.go else "")
        for item in nav.entries_for(user)
        if wanted in str(item.label).casefold() or wanted in item.key
    ]
    return hits[: LIMIT * 3 if not wanted else LIMIT]


def _offered(user: Any, group: str, wanted: str) -> list[Hit]:
    found = []
    for one in _offers:
        if one.group == group and wanted in str(one.label).casefold() and nav.allowed(user, one.policy):
            try:
                found.append(Hit(str(one.label), reverse(one.url_name), one.icon, dialog=one.dialog))
            except NoReverseMatch:
                continue
    return found[:LIMIT]
