"""What duplicates add to the shell and to the customer page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kit import nav
from crm.kit.slots import panel, rides
from customers.duplicates import selectors, words
from customers.merging import services as merging

nav.entry(
    "duplicates", _("Duplicates"), "duplicates", icon="copy", group="data", order=30, policy=("customer", "change")
)


rides("customer.detail", selectors.twins_of_row)


@panel(
    "customer.detail.rail", title=_("Possible duplicates"), order=5, policy=("customer", "view"), icon="copy",
    template="duplicates/panel.html", name="duplicates",
)  # fmt: skip
def possible_duplicates(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """Others that look like this customer; nothing, and no query, where there is none."""
    if not getattr(record, "has_twins", True):
        return None
    twins = selectors.pairs_of(request.user, record.pk)
    levels = request.user.access.restricted_fields("customer")
    for pair, _other in twins:
        pair.why = words.sentence(pair.reasons, levels)  # type: ignore[attr-defined]
    return {"twins": twins} if twins else None


@panel(
    "customer.detail.menu", title=_("Split the last merge"), policy=("customer", "delete"), framed=False, bare=True,
    template="duplicates/menu.html", name="unmerge",
)  # fmt: skip
def unmerge(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """The way back from the latest merge into this customer."""
    merge = merging.last_merge(record.pk) if getattr(record, "was_merged", True) else None
    return {"merge": merge} if merge else None
