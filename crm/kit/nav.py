"""Sidebar, create menu, go-to keys and notices: data that apps register; a user sees what the policy allows.

Register in ``AppConfig.ready()``::

    nav.entry(
        "tickets",
        _("Tickets"),
        "tickets",
        icon="inbox",
        group="main",
        order=20,
        policy=("ticket", "view"),
        go="t",
        count=open_tickets,
    )
    nav.create("ticket", _("Ticket"), "ticket-create", icon="inbox", policy=("ticket", "add"))
    nav.notice(background_delayed)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

Policy = tuple[str, str]
Count = Callable[[Any], int]
GROUPS = {"main": "", "insights": _("Insights"), "data": _("Data"), "system": ""}


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar or of the create menu."""

    key: str
    label: Any
    url_name: str
    icon: str = "circle"
    group: str = "main"
    order: int = 50
    policy: Policy = ("self", "view")
    go: str = ""  # letter after G
    count: Count | None = None
    hot: bool = False  # count in red
    match: tuple[str, ...] = field(default=())  # further address prefixes under which it is current
    bottom: bool = False  # one of the five of the small-screen bar
    named: str = ""  # the parameter by which a form of the create menu takes a name

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def href(self) -> str:
        """Address, or nothing while no issue has built the page."""
        return _address(self.url_name)

    @property
    def counted(self) -> bool:
        """Whether a number stands beside it (templates would call ``count`` itself)."""
        return self.count is not None

    def is_current(self, path: str) -> bool:
        """Whether the page at ``path`` lies under this entry."""
        prefixes = (self.href, *self.match)
        return any(path == prefix if prefix == "/" else path.startswith(prefix) for prefix in prefixes if prefix)


_addresses: dict[str, str] = {}


def _address(url_name: str) -> str:
    """Address of a name; kept once found, since every page asks for all of them."""
    if url_name not in _addresses:
        try:
            _addresses[url_name] = reverse(url_name)
        except NoReverseMatch:
            return ""
    return _addresses[url_name]


@dataclass(frozen=True)
class Notice:
    """A bar above the page. Tones: info, warn, bad, ok."""

    text: str
    tone: str = "info"
    href: str = ""
    action: str = ""


_entries: dict[str, Entry] = {}
_creates: dict[str, Entry] = {}
_sign_ins: dict[str, tuple[str, Any, str]] = {}
_notices: list[Callable[[HttpRequest], Notice | None]] = []
_late: list[Callable[[HttpRequest], str]] = []


def entry(key: str, label: Any, url_name: str, **options: Any) -> None:
    """Register a line of the sidebar; a double key stops the start."""
    _register(_entries, Entry(key, label, url_name, **options))


def create(key: str, label: Any, url_name: str, **options: Any) -> None:
    """Register a line of the New menu."""
    _register(_creates, Entry(key, label, url_name, **options))


def notice(provider: Callable[[HttpRequest], Notice | None]) -> Callable[[HttpRequest], Notice | None]:
    """Register a function that may put a bar above every page; it must be cheap."""
    if provider not in _notices:
        _notices.append(provider)
    return provider


def sample_sign_in(login: str, label: Any, password: str) -> None:
    """Offer a sign-in of the sample workspace on the sign-in page; shown only while sample data are there."""
    _sign_ins[login] = (login, label, password)


def late(draw: Callable[[HttpRequest], str]) -> Callable[[HttpRequest], str]:
    """Register a part of the sidebar that is fetched with the numbers, once the page stands, and swaps itself in."""
    if draw not in _late:
        _late.append(draw)
    return draw


def late_parts(request: HttpRequest) -> list[str]:
    """The late parts of the sidebar; a failing one is left out."""
    found = []
    for draw in _late:
        try:
            found.append(draw(request))
        except Exception:
            logger.exception("late part %s failed", getattr(draw, "__name__", draw))
    return found


def _register(where: dict[str, Entry], new: Entry) -> None:
    known = where.get(new.key)
    if known is not None and known != new:
        raise ValueError(f"Two entries are named “{new.key}”.")
    where[new.key] = new


def allowed(user: Any, policy: Policy) -> bool:
    """Whether the user may follow a link with this policy."""
    if policy[0] == "public":
        return True
    if not getattr(user, "is_authenticated", False):
        return False
    return policy[0] == "self" or bool(user.access.can(*policy))


def entries_for(user: Any) -> tuple[Entry, ...]:
    """Sidebar lines this user may follow, in order."""
    return _usable(user, _entries)


def creates_for(user: Any) -> tuple[Entry, ...]:
    """Lines of the New menu this user may use."""
    return _usable(user, _creates)


def _usable(user: Any, where: dict[str, Entry]) -> tuple[Entry, ...]:
    ordered = sorted(where.values(), key=lambda item: (item.order, item.key))
    return tuple(item for item in ordered if item.href and allowed(user, item.policy))


class Shell:
    """What base.html draws around a page; each part is worked out only when the template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = getattr(request, "user", None)
        self.entries = entries_for(self.user)
        self.creates = creates_for(self.user)

    @cached_property
    def current(self) -> str:
        """Key of the entry under which the page lies: the longest address that fits."""
        hits = [item for item in self.entries if item.is_current(self.request.path)]
        return max(hits, key=lambda item: len(item.href)).key if hits else ""

    @property
    def groups(self) -> Iterator[tuple[Any, list[tuple[Entry, bool]]]]:
        """(heading, [(entry, is current)]) of each group that has lines."""
        for name, heading in GROUPS.items():
            lines = [(item, item.key == self.current) for item in self.entries if item.group == name]
            if lines:
                yield heading, lines

    @property
    def bottom(self) -> list[tuple[Entry, bool]]:
        """At most four lines of the small-screen bar; the fifth place opens the whole menu."""
        chosen = [item for item in self.entries if item.bottom] or list(self.entries)
        return [(item, item.key == self.current) for item in chosen[:4]]

    @property
    def role(self) -> str:
        """The word under the user's name: the strongest role held."""
        held = self.user.access.roles if self.user is not None and self.user.is_authenticated else []
        if not held:
            return ""
        names = dict(apps.get_model("accounts", "Membership")._meta.get_field("role").flatchoices)
        return str(names.get(held[-1], held[-1]))

    @property
    def themes(self) -> list[tuple[str, Any, str, bool]]:
        """(value, word, icon, chosen) of the theme menu."""
        chosen = getattr(self.user, "theme", "")
        named = (
            ("", _("As the system"), "monitor-smartphone"),
            ("light", _("Light"), "sun"),
            ("dark", _("Dark"), "moon"),
        )
        return [(value, word, icon, value == chosen) for value, word, icon in named]

    @property
    def user_items(self) -> list[Entry]:
        """Lines of the menu under the user's name (group ``user``)."""
        return [item for item in self.entries if item.group == "user"]

    @property
    def has_counts(self) -> bool:
        """Whether any line shows a number, or a part of the sidebar comes late."""
        return bool(_late and getattr(self.user, "is_authenticated", False)) or any(item.count for item in self.entries)

    @property
    def keys(self) -> str:
        """``h=/ t=/service/tickets/``: go-to letters for the script."""
        return " ".join(f"{item.go}={item.href}" for item in self.entries if item.go)

    @property
    def notices(self) -> list[Notice]:
        """Bars above the page; a failing provider is logged, not shown."""
        found = []
        for provider in _notices:
            try:
                made = provider(self.request)
            except Exception:
                logger.exception("notice %s failed", getattr(provider, "__name__", provider))
                continue
            if made is not None:
                found.append(made)
        return found


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``shell`` and ``workspace``, both read only when a template uses them."""
    from crm.kit.workspace import workspace  # noqa: PLC0415 - models load after the apps that import this module

    return {
        "shell": SimpleLazyObject(lambda: Shell(request)),
        "workspace": SimpleLazyObject(workspace),
        "demo": SimpleLazyObject(lambda: list(_sign_ins.values()) if workspace().has_sample_data else []),
    }


def counts(user: Any) -> list[tuple[Entry, int]]:
    """Numbers beside the lines, loaded after the page; a failing one is left out."""
    found = []
    for item in entries_for(user):
        if item.count is None:
            continue
        try:
            found.append((item, item.count(user)))
        except Exception:
            logger.exception("count of %s failed", item.key)
    return found
