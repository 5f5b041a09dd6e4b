"""Saved views of lists: the app that keeps them registers here what lists ask it."""

from __future__ import annotations

from typing import Any, Protocol


class Keeper(Protocol):
    """What a list asks of whoever keeps its views."""

    def views_of(self, user: Any, key: str) -> list[Any]:
        """The views of one list that a user sees, own ones first, with ``opens`` and ``opens_for_all``."""

    def may_edit(self, user: Any, view: Any) -> bool:
        """Whether a user may change a view."""

    def may_open_for_all(self, user: Any) -> bool:
        """Whether a user may say what everybody's list opens with."""


_keepers: list[Any] = []


def kept_by(keeper: Any) -> None:
    """Register the keeper of saved views."""
    _keepers[:] = [keeper]


def keeper() -> Keeper:
    """The registered keeper."""
    found: Keeper = _keepers[0]
    return found
