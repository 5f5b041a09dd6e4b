"""What accounts adds to the shell."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kit.slots import panel


@panel(
    "shell.top",
    title=_("Notifications"),
    policy=("self", "view"),
    bare=True,
    framed=False,
    template="notifications/bell_waiting.html",
)
def bell(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The place of the bell; its number is loaded after the page."""
    return {}
