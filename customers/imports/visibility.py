"""Who can see what an import wrote, in one sentence for its report."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from customers.imports.context import Context
from customers.imports.kinds import Kind


def seen_by(kind: Kind, context: Context) -> dict[str, object]:
    """The team that rows without an owner went to, and the people who reach it."""
    team = Team.objects.get(pk=context.team_id)
    people = [
        user.username
        for user in User.objects.filter(is_active=True).order_by("username")[:200]
        if user.access.can(kind.object) and _reaches(user, kind.object, team.pk)
    ]
    sentence = _("Rows without an owner belong to the team “%(team)s”, seen by: %(people)s.") % {
        "team": team.name, "people": ", ".join(people[:20]) or _("nobody yet"),
    }  # fmt: skip
    return {"team": team.name, "users": people, "sentence": sentence}


def _reaches(user: User, obj: str, team_id: int) -> bool:
    teams = user.access.team_ids(obj)
    return teams is None or team_id in teams
