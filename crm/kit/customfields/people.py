"""Colleagues as values: the app that knows them enters what finds, offers and filters them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django_filters import Filter

MOST_NAMES = 5_000
KEEP_SECONDS = 5


@dataclass(frozen=True)
class Directory:
    """``named(user, obj, text)`` gives a key or raises Invalid; the others make a form field and a filter."""

    named: Callable[[Any, str, Any], int]
    form_field: Callable[..., forms.Field]
    filter: Callable[..., Filter]


_directory: list[Directory] = []


def use(directory: Directory) -> None:
    """Enter the directory."""
    _directory[:] = [directory]


def directory() -> Directory:
    """The one directory."""
    return _directory[0]


class _Kept:
    """Names by key, read in one query and again after a few seconds, or at once for a key that is new."""

    def __init__(self) -> None:
        self.names: dict[int, tuple[str, str]] = {}
        self.until = 0.0

    def of(self, pk: int) -> tuple[str, str]:
        """(name, sign-in name), empty for nobody."""
        if time.monotonic() > self.until or pk not in self.names:
            people = get_user_model()._default_manager.only("first_name", "last_name", "username")[:MOST_NAMES]
            self.names = {one.pk: (one.display_name, one.username) for one in people}  # type: ignore[attr-defined]
            self.names.setdefault(pk, ("", ""))
            self.until = time.monotonic() + KEEP_SECONDS
        return self.names[pk]


_kept = _Kept()


def name_of(pk: int) -> str:
    """A colleague as people call them; empty for nobody."""
    return _kept.of(pk)[0]


def sign_in_name_of(pk: int) -> str:
    """The sign-in name, which files carry; empty for nobody."""
    return _kept.of(pk)[1]
