"""What a list declares and what its page draws: tabs, actions, headings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from crm.kit.sets import Swept
from crm.kit.views import Policy

Words = str | Promise


@dataclass(frozen=True)
class Preset:
    """A tab that every user of a list has: a name for the address and the filters it sets.

    With one that ``opens`` the list opens, unless its reader chose a saved view. ``empty`` is said where it has no rows.
    """

    name: str
    label: Words
    query: str
    needs: str = ""  # a filter that must exist, such as one of an app above
    opens: bool = False
    empty: Words = ""


class Verb(Protocol):
    """Does one thing to one row; what the row held before, or None when it was so already."""

    def __call__(self, *, user: Any, pk: int, value: Any, now: datetime) -> dict[str, Any] | None:
        """Raises Refused where the row or the right is missing."""


class Back(Protocol):
    """Puts back what a row held before; raises Refused where somebody changed it since."""

    def __call__(self, *, user: Any, pk: int, value: Any, before: dict[str, Any], now: datetime) -> None:
        """``value`` is what the action set."""


class Sweep(Protocol):
    """The same verb over thousands of rows in one statement, for jobs; and the way back by the history."""

    def act_on(self, *, user: Any, ids: Collection[int], value: Any, now: datetime) -> Swept:
        """Raises Refused only for what concerns all rows alike."""

    def take_back(self, *, user: Any, ids: Collection[int], events: QuerySet[Any], value: Any, now: datetime) -> Swept:
        """``events`` are the history that the action wrote for these rows."""


@dataclass(frozen=True)
class Input:
    """What goes with an action: a text, a day, one of ``choices``, or a row found by the combobox at ``picker``."""

    label: Words
    choices: Sequence[tuple[str, Words]] = ()
    picker: Words = ""
    kind: str = "text"


def nothing(_user: Any, _typed: str) -> None:
    """The value of an action that needs none."""


@dataclass(frozen=True)
class Action:
    """A button of the bulk bar, and the verb behind it.

    ``read`` turns what was typed under the action's name into a plain value that a job can keep; it raises
    Invalid for what does not fit. Without ``back`` there is no Undo at once, without ``sweep`` and the ``model``
    whose history it reads none of a job; ``danger`` asks before a job that has none. ``edits`` are drawn as one
    choice of fields instead of a button each.
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
    sweep: Sweep | None = None
    model: type[Model] | None = None
    edits: bool = False


@dataclass(frozen=True)
class Heading:
    """One header cell."""

    label: Words
    css: str
    href: str
    direction: str
    model: bool
    edit: str = ""


@dataclass(frozen=True)
class Tab:
    """A tab above the list."""

    label: Words
    href: str
    current: bool
    remove: str = ""
