"""Saved views of lists: a person's own, and those that someone saved for a team."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Q


def views_of(user: Any, key: str) -> list[Any]:
    """The saved views of one list that a user sees, own ones first."""
    teams = [team for _role, team in user.access.memberships]
    model = apps.get_model("accounts", "SavedView")
    found = model.objects.filter(Q(user=user) | Q(team__in=teams), list=key).order_by("created_at", "id")[:12]
    return sorted(found, key=lambda view: view.user_id != user.pk)
