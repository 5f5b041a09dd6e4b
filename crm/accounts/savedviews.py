"""Saved views of lists: one's own, those of the teams, what a list opens with, what stands in the sidebar.

A view is a query string; whoever opens it sees through it what they may see without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from crm.accounts.models import DefaultView, Role, SavedView, Team, User
from crm.kit.errors import Invalid, Refused

MAX_VIEWS = 50
MAX_STARRED = 12
MAX_QUERY = 4_000  # characters
KEEP_DELETED = timedelta(days=1)
UPWARDS = """
WITH RECURSIVE up AS (
    SELECT id, parent_id FROM accounts_team WHERE id = ANY(%s)
    UNION SELECT t.id, t.parent_id FROM accounts_team t JOIN up ON t.id = up.parent_id
) SELECT id FROM up
"""


def seen(user: User) -> QuerySet[SavedView]:
    """The views that a user sees: one's own, and those shared with one's teams or with a team above them."""
    teams = [team for _role, team in user.access.memberships]
    shared = Q(team__in=RawSQL(UPWARDS, [teams])) if teams else Q(pk__in=[])  # noqa: S611 - a constant, with parameters
    return SavedView.objects.filter(Q(user=user) | shared, deleted_at=None)


def views_of(user: User, key: str) -> list[SavedView]:
    """The views of one list, own ones first; each says whether the user's list or everybody's opens with it."""
    mine = DefaultView.objects.filter(view=OuterRef("pk"), user=user)
    everybody = DefaultView.objects.filter(view=OuterRef("pk"), user=None)
    rows = seen(user).filter(list=key).annotate(opens=Exists(mine), opens_for_all=Exists(everybody))
    return sorted(rows.order_by("created_at", "pk"), key=lambda view: view.user_id != user.pk)


def may_edit(user: User, view: SavedView) -> bool:
    """Its owner, and the managers of the team that it is shared with."""
    if view.user_id == user.pk:
        return True
    return view.team_id is not None and any(
        role == Role.ADMIN or (role == Role.MANAGER and view.team_id in user.access.subtree(team))
        for role, team in user.access.memberships
    )


def may_open_for_all(user: User) -> bool:
    """Whether a user may say what everybody's list opens with."""
    return bool({Role.MANAGER, Role.ADMIN} & set(user.access.roles))


def _seen_one(user: User, view_id: int) -> SavedView:
    found = seen(user).filter(pk=view_id).first()
    if found is None:
        raise Refused(_("This view is not yours, or is gone already."), status=404)
    return found


def _own(user: User, view_id: int) -> SavedView:
    found = _seen_one(user, view_id)
    if not may_edit(user, found):
        raise Refused(_("This view belongs to someone else. Duplicate it to change it."), status=403, code="forbidden")
    return found


def _name(name: str) -> str:
    text = " ".join(name.split())[:80]
    if not text or not text.isprintable():
        raise Invalid(_("A view needs a name."), fields={"name": _("Give it a name.")})
    return text


def _query(query: str) -> str:
    if len(query) > MAX_QUERY or "\0" in query:
        raise Refused(_("These filters are too many to keep in a view."))
    return query


@transaction.atomic
def save_view(
    *, user: User, list_key: str, name: str, query: str, now: datetime, team: Team | None = None
) -> SavedView:
    """Keep the state of a list under a name; the same name again replaces it."""
    text, query = _name(name), _query(query)
    SavedView.objects.filter(user=user, deleted_at__lt=now - KEEP_DELETED).delete()
    if SavedView.objects.filter(user=user, deleted_at=None).count() >= MAX_VIEWS:
        raise Refused(_("You have %(n)s saved views, which is the most. Delete one first.") % {"n": MAX_VIEWS})
    try:
        with transaction.atomic():
            found, _made = SavedView.objects.update_or_create(
                user=user, list=list_key[:60], name=text, deleted_at=None, defaults={"query": query, "team": team}
            )
    except IntegrityError as error:
        raise _taken() from error
    return found


@transaction.atomic
def change_view(*, user: User, view_id: int, name: str | None = None, query: str | None = None) -> SavedView:
    """Another name, or another state of the list."""
    view = _own(user, view_id)
    view.name = view.name if name is None else _name(name)
    view.query = view.query if query is None else _query(query)
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "query"])
    except IntegrityError as error:
        raise _taken() from error
    _draw_stars(view)
    return view


def _taken() -> Refused:
    return Refused(_("There is a view of this name already."))


@transaction.atomic
def copy_view(*, user: User, view_id: int, now: datetime) -> SavedView:
    """A view of one's own with the same state."""
    view = _seen_one(user, view_id)
    names = set(SavedView.objects.filter(user=user, list=view.list, deleted_at=None).values_list("name", flat=True))
    tries = (f"{view.name[:70]} ({n})" for n in range(2, MAX_VIEWS + 3))
    name = view.name if view.name not in names else next(one for one in tries if one not in names)
    return save_view(user=user, list_key=view.list, name=name, query=view.query, now=now)


@transaction.atomic
def share_view(*, user: User, view_id: int, team: Team | None) -> SavedView:
    """Show it to a team of one's own, or to nobody else."""
    view = _own(user, view_id)
    if team is not None and team.pk not in {pk for _role, pk in user.access.memberships}:
        raise Invalid(_("There is no such team among yours."), fields={"team": _("Choose one of the list.")})
    view.team = team
    view.save(update_fields=["team"])
    if team is None:
        DefaultView.objects.filter(view=view).exclude(user=view.user).delete()
        _draw_stars(view, but=view.user_id)
    return view


@transaction.atomic
def delete_view(*, user: User, view_id: int, now: datetime) -> SavedView:
    """Put a view away; it can be restored for a day."""
    view = _own(user, view_id)
    view.deleted_at = now
    view.save(update_fields=["deleted_at"])
    _draw_stars(view)
    return view


@transaction.atomic
def restore_view(*, user: User, view_id: int) -> SavedView:
    """Take a view back; raises Refused (404) for any other than one's own deleted ones."""
    view = SavedView.objects.filter(pk=view_id, user=user).exclude(deleted_at=None).first()
    if view is None:
        raise Refused(_("This view is not yours, or is gone already."), status=404)
    view.deleted_at = None
    try:
        with transaction.atomic():
            view.save(update_fields=["deleted_at"])
    except IntegrityError as error:
        raise _taken() from error
    return view


@transaction.atomic
def open_with(*, user: User, view_id: int, on: bool, for_all: bool = False) -> SavedView:
    """Let the list open with a view: one's own list, or everybody's who sees the view."""
    view = _seen_one(user, view_id)
    if for_all and not may_open_for_all(user):
        raise Refused(_("Only managers choose what everybody's list opens with."), status=403, code="forbidden")
    if for_all and view.team_id is None and on:
        raise Refused(_("Share the view with a team first; nobody else sees it."))
    whose = None if for_all else user
    if on:
        DefaultView.objects.update_or_create(list=view.list, user=whose, defaults={"view": view})
    else:
        DefaultView.objects.filter(list=view.list, user=whose, view=view).delete()
    return view


@transaction.atomic
def star_view(*, user: User, view_id: int, on: bool, path: str) -> SavedView:
    """Put a view into one's sidebar, or take it out."""
    view = _seen_one(user, view_id)
    left = [one for one in user.starred if one.get("view") != view.pk]
    if on and len(left) >= MAX_STARRED:
        raise Refused(_("The sidebar holds %(n)s views, which is the most.") % {"n": MAX_STARRED})
    user.starred = [*left, _star(view, path)] if on else left
    User.objects.filter(pk=user.pk).update(starred=user.starred)
    return view


def address_of(view: SavedView, path: str) -> str:
    """Where a view opens."""
    return f"{path}?{view.query}&view={view.pk}" if view.query else f"{path}?view={view.pk}"


def _star(view: SavedView, path: str) -> dict[str, Any]:
    return {"view": view.pk, "name": view.name, "href": address_of(view, path)}


def _draw_stars(view: SavedView, *, but: int | None = None) -> None:
    """Bring the sidebars in line with a view that changed or is gone."""
    for user in User.objects.filter(starred__contains=[{"view": view.pk}]):
        left = []
        for one in user.starred:
            if one.get("view") != view.pk:
                left.append(one)
            elif view.deleted_at is None and (but is None or user.pk == but):
                left.append(_star(view, one["href"].split("?")[0]))
        User.objects.filter(pk=user.pk).update(starred=left)
