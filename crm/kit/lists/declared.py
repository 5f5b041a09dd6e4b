"""What a list declares and what its page draws: tabs, actions, headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

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


class Verb(Protocol):
    """Does one thing to one row; what the row held before, or None when it was so already."""

    def __call__(self, *, user: Any, pk: int, value: Any, now: datetime) -> dict[str, Any] | None:
        """Raises Refused where the row or the right is missing."""


class Back(Protocol):
    """Puts back what a row held before; raises Refused where somebody changed it since."""

    def __call__(self, *, user: Any, pk: int, value: Any, before: dict[str, Any], now: datetime) -> None:
        """``value`` is what the action set."""


@dataclass(frozen=True)
class Input:
    """What goes with an action: a text, one of ``choices``, or a person found by the combobox at ``picker``."""

    label: Words
    choices: Sequence[tuple[str, Words]] = ()
    picker: Words = ""


def nothing(_user: Any, _typed: str) -> None:
    """The value of an action that needs none."""


@dataclass(frozen=True)
class Action:
    """A button of the bulk bar, and the verb behind it.

    ``read`` turns what was typed under the action's name into a plain value that a job can keep; it raises
    Invalid for what does not fit. Without ``back`` there is no Undo; ``danger`` asks before more rows than run
    at once, for a job has no Undo.
    """

    name: str
    label: Words
    icon: str
    policy: Policy
    act: Verb
    back: Back | None = None
    read: Callable[[Any, str], Any] = nothing
    input: Input | None = None
    danger: bool = False


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
