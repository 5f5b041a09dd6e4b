"""The bell of the top bar: a reader's unread notifications, and what apps above put beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts import notifications

logger = logging.getLogger(__name__)

Toast = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Part:
    """Something that waits for the reader, with how much of it there is."""

    key: str
    count: int
    said: str  # “3 open alerts”
    href: str
    icon: str = "bell"
    tone: str = "accent"
    newest: int = 0  # id of the newest row that is worth a toast
    toast: Toast | None = field(default=None, compare=False, repr=False)


Provider = Callable[[Any], Part | None]
_providers: dict[str, Provider] = {}


def part(key: str) -> Callable[[Provider], Provider]:
    """Register a function that says what of an app waits for a user; None for nothing that concerns them."""

    def keep(provider: Provider) -> Provider:
        _providers[key] = provider
        return provider

    return keep


def parts(user: Any) -> list[Part]:
    """Everything that may wait for a user; a failing part is logged and left out."""
    found = []
    for key, provider in _providers.items():
        try:
            found.append(provider(user))
        except Exception:
            logger.exception("part %s of the bell failed", key)
    return [one for one in found if one is not None]


@part("own")
def own(user: Any) -> Part:
    """One's unread notifications."""
    unread = notifications.listed(user, unread=True)
    count = unread.order_by()[: notifications.COUNTED].count()
    newest = unread.order_by("-pk").first() if count else None
    said = ngettext("%(n)s unread notification", "%(n)s unread notifications", count) % {"n": capped(count)}

    def toast() -> dict[str, str]:
        assert newest is not None
        href = reverse("notifications") if not newest.href else newest.href
        return {"text": newest.text, "href": href, "action": _("Open")}

    return Part("own", count, said, reverse("notifications"), newest=newest.pk if newest else 0, toast=toast)


def capped(count: int) -> str:
    """``99+`` from a hundred on."""
    return str(count) if count < notifications.COUNTED else "99+"
