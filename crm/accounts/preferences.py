"""What people set for themselves: appearance and profile."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused

LANGUAGES = {code for code, _name in settings.LANGUAGES}


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
    theme: str, density: str, single_keys: bool, signature: str = "",
) -> None:  # fmt: skip
    """Save a person's own settings."""
    if time_zone and time_zone not in available_timezones():
        raise Invalid(_("Unknown time zone."), fields={"time_zone": _("Choose one of the list.")})
    set_appearance(user=user, theme=theme, language=language, density=density)
    user.first_name, user.last_name, user.email = first_name, last_name, email
    user.time_zone, user.single_keys, user.signature = time_zone, single_keys, signature
    user.save(update_fields=["first_name", "last_name", "email", "time_zone", "single_keys", "signature"])


MOST_OWN_TABS = 8


@transaction.atomic
def set_own_tab(*, user: User, page: str, part: str, do: str) -> list[str]:
    """Have a part of a record page stand as a tab of one's own, or in its column again, or move the tab."""
    row = User.objects.select_for_update().get(pk=user.pk)
    own = [one for one in row.own_tabs.get(page, []) if isinstance(one, str)]
    if do == "tab" and part not in own:
        if len(own) >= MOST_OWN_TABS:
            raise Refused(_("You have %(most)s own tabs, which is all there is room for.") % {"most": MOST_OWN_TABS})
        own.append(part)
    elif do == "column" and part in own:
        own.remove(part)
    elif do in ("up", "down") and part in own:
        place = own.index(part)
        own.insert(min(max(place + (-1 if do == "up" else 1), 0), len(own) - 1), own.pop(place))
    row.own_tabs = {**row.own_tabs, page: own}
    row.save(update_fields=["own_tabs"])
    user.own_tabs = row.own_tabs
    return own
