"""What a list declares and what its page draws: tabs, actions, headings."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from crm.kit.views import Policy

Words = str | Promise


@dataclass(frozen=True)
class Preset:
    """A tab that every user of a list has: a name for the address and the filters it sets."""

    name: str
    label: Words
    query: str
    needs: str = ""  # a filter that must exist, such as one of an app above


@dataclass(frozen=True)
class Action:
    """A button of the bulk bar: ``POST`` of the chosen ids to ``url``."""

    name: str
    label: Words
    icon: str
    policy: Policy
    danger: bool = False
    input: Words = ""  # a text that goes with it, under the action's name


@dataclass(frozen=True)
class Heading:
    """One header cell."""

    label: Words
    css: str
    href: str
    direction: str
    model: bool


@dataclass(frozen=True)
class Tab:
    """A tab above the list."""

    label: Words
    href: str
    current: bool
    remove: str = ""
