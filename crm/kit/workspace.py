"""The workspace row, kept for a few seconds in each process: it is read by every request."""

import re
import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from crm.conf import CONF
from crm.kit.models import Workspace

KEEP_SECONDS = 5.0
_kept: tuple[float, Workspace] | None = None


def workspace() -> Workspace:
    """The workspace, at most five seconds old; made with the installation's settings when absent."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > KEEP_SECONDS:
        _kept = (time.monotonic(), load_workspace())
    return _kept[1]


def load_workspace() -> Workspace:
    """The workspace as it stands in the table now."""
    found = Workspace.objects.filter(pk=1).first()
    if found is None:
        found, _created = Workspace.objects.get_or_create(
            pk=1, defaults={"home_currency": CONF.currency, "time_zone": CONF.time_zone or settings.TIME_ZONE}
        )
    return found


def forget_workspace() -> None:
    """Read the row again at the next call; services that change it call this."""
    global _kept
    _kept = None


def workspace_zone() -> str:
    """Name of the zone of business days."""
    return workspace().time_zone


def zone() -> ZoneInfo:
    """The zone of business days, SLA and daily metrics."""
    return ZoneInfo(workspace_zone())


@transaction.atomic
def home_currency(*, first_seen: str = "") -> str:
    """The home currency; where none is set yet, the first three-letter code seen becomes it."""
    row = load_workspace()
    if not row.home_currency and re.fullmatch("[A-Za-z]{3}", first_seen):
        Workspace.objects.filter(pk=1, home_currency="").update(home_currency=first_seen)
        forget_workspace()
        row = load_workspace()
    return row.home_currency
