"""Mappings under a name: kept, replaced, offered when a file with the same header comes, thrown away."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User
from crm.accounts.selectors import teams_of
from crm.kit.errors import Invalid, Refused
from customers.imports import services
from customers.imports.wizard import labels
from customers.imports.wizard.offer import OURS, Offer, signature
from customers.models import SavedMapping

MOST = 200
ABOUT_ONE_FILE = ("encoding", "sheet")
"""Options that another file of the same header may need otherwise; like all that was not chosen by hand, they are
found out anew each time."""


def offered(user: User, offer: Offer) -> list[SavedMapping]:
    """Mappings for this header, the user's own first, the latest first."""
    found = _of_kind(user, offer.kind.name).filter(signature=signature(offer.header))
    return sorted(found, key=lambda one: (one.owner_id != user.pk, -one.updated_at.timestamp()))[:5]


def others(user: User, offer: Offer) -> list[SavedMapping]:
    """Further mappings of this kind, which fit as far as columns have the same names."""
    return list(_of_kind(user, offer.kind.name).exclude(signature=signature(offer.header)).order_by("name")[:50])


def _of_kind(user: User, kind: str) -> QuerySet[SavedMapping]:
    return SavedMapping.objects.visible_to(user).filter(kind=kind).select_related("owner", "team")


@transaction.atomic
def save(*, user: User, name: str, offer: Offer, mapping: dict[str, Any], mode: str, share: bool) -> SavedMapping:
    """Keep a mapping under a name; one's own of that name is replaced. Raises Invalid or Refused."""
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\0" in name:
        raise Invalid(_("Give the mapping a name of at most 80 characters."), fields={"save_as": _("Give it a name.")})
    services.check_mapping(mapping)
    if SavedMapping.objects.filter(owner=user).count() >= MOST:
        raise Invalid(_("You keep %(most)d mappings already; throw one away first.") % {"most": MOST})
    options = {
        key: value for key, value in mapping.get("options", {}).items()
        if key not in ABOUT_ONE_FILE and (key not in labels.SETTINGS or key in offer.given)
    }  # fmt: skip
    values = {
        "signature": signature(offer.header), "header": [one for one in offer.header if one not in OURS],
        "mapping": {**mapping, "options": options}, "mode": mode, "team": _team(user) if share else None,
    }  # fmt: skip
    found, _made = SavedMapping.objects.update_or_create(owner=user, kind=offer.kind.name, name=name, defaults=values)
    return found


def _team(user: User) -> Team:
    """The team that a shared mapping is for: the widest one that the user imports for."""
    found = teams_of(user, "import", "run").order_by("id").first()
    if found is None:
        raise Refused(_("You belong to no team to share it with."), status=403, code="forbidden")
    return found


@transaction.atomic
def delete(*, user: User, saved_id: int) -> str:
    """Throw away one's own; those who reach every import may throw away any. Returns its name."""
    rows = SavedMapping.objects.visible_to(user)
    if user.access.scope("import", "run") != "all":
        rows = rows.filter(owner=user)
    found = rows.filter(pk=saved_id).first()
    if found is None:
        raise Refused(_("There is no such mapping."), status=404)
    found.delete()
    return found.name


def fitted(saved: SavedMapping, header: list[str]) -> dict[str, Any]:
    """A saved mapping without columns that this file does not have."""
    present = set(header)
    mapping = dict(saved.mapping)
    for part in ("columns", "custom", "transforms"):
        mapping[part] = {column: name for column, name in mapping.get(part, {}).items() if column in present}
    return mapping
