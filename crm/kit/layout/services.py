"""Verbs on layouts: move, hide, show, set as a tab, back to the default, undo. One row per page and role."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from crm.kit.layout.arrangement import COLUMNS, TABS, Arrangement, area_of
from crm.kit.layout.parts import PAGES, parts_for, settled
from crm.kit.models import PageLayout

EVERYONE = ""
DOINGS = frozenset({"up", "down", "hide", "show", "tab", "column"})


def standing(page: str, roles: list[str]) -> Subquery:
    """The layout that counts for someone with these roles, weakest first, as a column beside a record.

    It rides on the query that reads the record, so a layout costs a page none of its own and is never stale.
    """
    return Subquery(_candidates(page, roles).values("parts")[:1])


def layout_for(page: str, roles: list[str]) -> dict[str, Any]:
    """The same, read by itself."""
    return _candidates(page, roles).values_list("parts", flat=True).first() or {}


def _candidates(page: str, roles: list[str]) -> QuerySet[PageLayout]:
    wanted = [EVERYONE, *roles]
    whens = [When(role=role, then=Value(n)) for n, role in enumerate(wanted)]
    rank = Case(*whens, default=Value(0), output_field=IntegerField())
    rows = PageLayout.objects.filter(page=page, role__in=wanted).exclude(parts={})
    return rows.annotate(rank=rank).order_by("-rank")


def row_of(page: str, role: str) -> PageLayout | None:
    """The layout of a role, or of everyone; None where none was ever made."""
    return PageLayout.objects.filter(page=page, role=role).first()


@transaction.atomic
def change_layout(
    *, user: Any, page: str, role: str, version: int, part: str, do: str, now: datetime
) -> tuple[PageLayout, Arrangement]:
    """Change one part of a page's layout; raises Refused where somebody else was faster."""
    row = _locked(user, page, role, version)
    parts = parts_for(page, user)
    if part not in parts or do not in DOINGS:
        raise Refused(_("There is no such part of the page. Nothing was changed."), status=404, code="not_found")
    before = settled(page, user, row.parts or layout_for(page, []))
    if do == "hide" and parts[part].fixed:
        raise Refused(_("This part cannot be hidden: the page needs it."))
    if do in ("tab", "column") and area_of(part) not in COLUMNS:
        raise Refused(_("Only parts of the two columns can stand as a tab."))
    made = _done(before, part, do, set(parts))
    if made != before:
        _write(row, made.kept(), user, now)
    return row, made


def _done(made: Arrangement, part: str, do: str, known: set[str]) -> Arrangement:
    if do in ("up", "down"):
        return made.moved(part, up=do == "up", among=known)
    if do in ("hide", "show"):
        return made.hiding(part, away=do == "hide")
    if (made.where(part) == TABS) == (do == "tab"):
        return made
    return made.as_tab(part, own=do == "tab")


@transaction.atomic
def reset_layout(*, user: Any, page: str, role: str, version: int, now: datetime) -> PageLayout:
    """Back to the default: of a role to everyone's layout, of everyone to what the apps bring."""
    row = _locked(user, page, role, version)
    if not row.parts:
        raise Refused(_("This is the default already."), code="nothing")
    _write(row, {}, user, now)
    return row


@transaction.atomic
def undo_layout(*, user: Any, page: str, role: str, version: int, now: datetime) -> PageLayout:
    """Put back how the layout was before its latest change."""
    row = _locked(user, page, role, version)
    past = row.events.filter(version=row.version - 1).order_by("-pgh_id").first()  # type: ignore[attr-defined] # by pghistory
    if past is None:
        raise Refused(_("There is nothing to undo."), code="nothing")
    _write(row, past.parts, user, now)
    return row


def _locked(user: Any, page: str, role: str, version: int) -> PageLayout:
    if not user.access.can("setting", "change"):
        raise Refused(_("Your role may not change settings."), status=403, code="forbidden")
    if page not in PAGES:
        raise Refused(_("There is no such page."), status=404, code="not_found")
    row, _new = PageLayout.objects.get_or_create(page=page, role=role)
    row = PageLayout.objects.select_for_update().get(pk=row.pk)
    if row.version != version:
        raise Refused(_("This layout was changed meanwhile. Here it is as it stands now; nothing of yours was saved."))
    return row


def _write(row: PageLayout, parts: dict[str, Any], user: Any, now: datetime) -> None:
    row.parts, row.version, row.changed_by, row.changed_at = parts, row.version + 1, user, now
    row.save()
