"""What can be searched: each app registers its kinds of rows here, and the palette and the page find them.

::

    subjects.register(
        subjects.Subject(
            key="tickets",
            title=_("Tickets"),
            object="ticket",
            order=40,
            model=Ticket,
            hit=lambda row: Hit(row.subject, f"/service/tickets/{row.pk}/", "inbox", f"#{row.number}"),
            related=("customer",),
            listed="tickets",
            numbered=of_number,
        )
    )

The model has a ``search`` column and ``objects.visible_to(user)``; nothing else is needed to be found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString

from crm.kit import nav
from crm.kit.models import Source

MOST_OF_ONE_ID = 10


@dataclass(frozen=True)
class Hit:
    """One line: words, address, a quiet hint at the right; the words with the matched part marked, and why."""

    label: str
    href: str
    icon: str = "arrow-right"
    hint: str = ""
    marked: SafeString | str = ""
    why: SafeString | str = ""
    dialog: str = ""  # opens this dialog of the page instead of an address


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A kind of rows that can be searched."""

    key: str
    title: Any
    object: str  # of the policy and of field rules
    order: int
    model: type[Model]
    hit: Callable[[Any], Hit]
    related: tuple[str, ...] = ()
    recent: str = "updated_at"
    listed: str = ""  # name of the address of its list, which takes ``?search=``
    numbered: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None  # the rows that an id names
    shown: Callable[[QuerySet[Any], Any], QuerySet[Any]] | None = None  # those that have a page the reader may open

    def rows(self, user: Any) -> QuerySet[Any]:
        """The rows that the reader reaches."""
        reached = self.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        return self.shown(reached, user) if self.shown else reached

    def hidden(self, user: Any) -> dict[str, str]:
        """Fields that the reader does not see whole."""
        return dict(user.access.restricted_fields(self.object))


def own_id(text: str) -> list[int]:
    """The key of ours that a text names, if any."""
    return [int(text)] if text.isascii() and text.isdigit() and len(text) < 19 else []


def outside(model: type[Model], text: str, key: str = "pk") -> list[int]:
    """Keys of the rows that outside systems know by an id: read by the index on (source, id)."""
    rows = model._default_manager.filter(source__in=Source.objects.values("pk"), external_id=text)
    return list(rows.order_by().values_list(key, flat=True)[:MOST_OF_ONE_ID]) if text else []


def of_id(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows by our own key or by an outside id."""
    return rows.filter(pk__in=[*own_id(text), *outside(rows.model, text)])


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Add a kind of rows; a double key stops the start."""
    if _subjects.setdefault(subject.key, subject).model is not subject.model:
        raise ValueError(f"Two kinds of search results are called “{subject.key}”.")


def subjects_for(user: Any) -> list[Subject]:
    """The kinds that the reader may see, in order."""
    allowed = [one for one in _subjects.values() if nav.allowed(user, (one.object, "view"))]
    return sorted(allowed, key=lambda one: (one.order, one.key))
