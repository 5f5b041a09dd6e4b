"""What people set for themselves: appearance, profile, saved views."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import SavedView, Team, User
from crm.kit.errors import Invalid, Refused

LANGUAGES = {code for code, _name in settings.LANGUAGES}
MAX_VIEWS = 50
MAX_QUERY = 2_000  # characters


@transaction.atomic
def set_appearance(
    *, user: User, theme: str | None = None, language: str | None = None, density: str | None = None
) -> None:
    """Change what is given; raises Invalid for a value that is not offered."""
    wanted = {"theme": theme, "language": language, "density": density}
    allowed = {"theme": set(User.Theme.values), "language": LANGUAGES | {""}, "density": set(User.Density.values)}
    given = {name: value for name, value in wanted.items() if value is not None}
    for name, value in given.items():
        if value not in allowed[name]:
            raise Invalid(_("This setting is not offered."), fields={name: _("Choose one of the list.")})
    if given:
        User.objects.filter(pk=user.pk).update(**given)
        for name, value in given.items():
            setattr(user, name, value)


@transaction.atomic
def save_profile(
    *, user: User, first_name: str, last_name: str, email: str, language: str, time_zone: str,
    theme: str, density: str, single_keys: bool,
) -> None:  # fmt: skip
    """Save a person's own settings."""
    if time_zone and time_zone not in available_timezones():
        raise Invalid(_("Unknown time zone."), fields={"time_zone": _("Choose one of the list.")})
    set_appearance(user=user, theme=theme, language=language, density=density)
    user.first_name, user.last_name, user.email = first_name, last_name, email
    user.time_zone, user.single_keys = time_zone, single_keys
    user.save(update_fields=["first_name", "last_name", "email", "time_zone", "single_keys"])


@transaction.atomic
def save_view(*, user: User, list_key: str, name: str, query: str, team: Team | None = None) -> SavedView:
    """Keep the state of a list under a name; the same name again replaces it."""
    name = name.strip()
    if not name:
        raise Invalid(_("A view needs a name."), fields={"name": _("Give it a name.")})
    if len(query) > MAX_QUERY:
        raise Refused(_("These filters are too many to keep in a view."))
    if SavedView.objects.filter(user=user).count() >= MAX_VIEWS:
        raise Refused(_("You have %(n)s saved views, which is the most. Delete one first.") % {"n": MAX_VIEWS})
    try:
        with transaction.atomic():
            found, _made = SavedView.objects.update_or_create(
                user=user, list=list_key[:60], name=name[:80], defaults={"query": query, "team": team}
            )
    except IntegrityError as error:
        raise Refused(_("A view of this name was saved just now. Reload the page.")) from error
    return found


@transaction.atomic
def delete_view(*, user: User, view_id: int) -> None:
    """Remove one of the user's own views; raises Refused (404) for any other."""
    gone, _kinds = SavedView.objects.filter(user=user, pk=view_id).delete()
    if not gone:
        raise Refused(_("This view is not yours, or is gone already."), status=404)
