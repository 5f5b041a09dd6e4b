"""History of every business table, written by database triggers (django-pghistory)."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(*, exclude: list[str] | None = None) -> Callable[[M], M]:
    """Keep the old row of every update and delete of a model in its event table.

    The row itself is its newest state, so an insert costs nothing: bulk loads stay as fast as COPY,
    and the chain of old rows still gives every change. Triggers see ``update()``, bulk and raw SQL.
    """
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange(exclude_auto=True)),
        pghistory.DeleteEvent(),
        exclude=exclude,
        append_only=True,
    )
