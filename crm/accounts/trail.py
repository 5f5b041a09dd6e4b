"""The security trail as a list: who did what to what, when, from where; with filters, and as a file."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.accounts.fields import PickedPerson
from crm.accounts.models import AuditEntry, User
from crm.accounts.selectors import people_of
from crm.kit.filters import KitFilterSet, SearchFilter, TextFilter, TimeFilter
from crm.kit.lists import ListView, Preset
from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells, words

LABELS = {
    "signin": gettext_lazy("Signed in"),
    "signin.failed": gettext_lazy("Failed sign-in"),
    "signout": gettext_lazy("Signed out"),
    "user.add": gettext_lazy("User added"),
    "user.change": gettext_lazy("User changed"),
    "user.password": gettext_lazy("Password changed"),
    "user.enable": gettext_lazy("User enabled"),
    "user.disable": gettext_lazy("User disabled"),
    "role.grant": gettext_lazy("Role granted"),
    "role.revoke": gettext_lazy("Role taken away"),
    "team.add": gettext_lazy("Team added"),
    "team.rename": gettext_lazy("Team renamed"),
    "team.move": gettext_lazy("Team moved"),
    "apikey.create": gettext_lazy("API key made"),
    "apikey.revoke": gettext_lazy("API key revoked"),
    "export": gettext_lazy("List exported"),
    "export.person": gettext_lazy("Copy of a person asked for"),
    "export.fetch": gettext_lazy("Copy of a person fetched"),
    "unmask": gettext_lazy("Masked value shown"),
    "trash": gettext_lazy("Moved to the trash"),
    "erase.ask": gettext_lazy("Erasure asked for"),
    "erase": gettext_lazy("Person erased"),
    "audit.scrub": gettext_lazy("Details removed with a person"),
    "hold.place": gettext_lazy("Legal hold placed"),
    "hold.lift": gettext_lazy("Legal hold lifted"),
    "retention.rules": gettext_lazy("Retention rules changed"),
    "retention": gettext_lazy("Retention rules applied"),
    "restore": gettext_lazy("Backup restored"),
}
"""Actions as people call them; others show by their name."""

NOUNS = {
    "user": gettext_lazy("User"), "customer": gettext_lazy("Customer"), "contact": gettext_lazy("Contact"),
    "team": gettext_lazy("Team"), "apikey": gettext_lazy("API key"), "workspace": gettext_lazy("Workspace"),
}  # fmt: skip
ALARMING = frozenset({"signin.failed", "erase", "restore"})
LONGEST = 120


def label_of(action: str) -> str:
    """What an action is called."""
    return str(LABELS.get(action, action))


def object_of(row: AuditEntry) -> str:
    """What an entry is about."""
    noun, _blank, number = row.object.partition(" ")
    known = NOUNS.get(noun)
    return f"{known} {number}".strip() if known else row.object


def detail_of(row: AuditEntry) -> str:
    """The detail as plain text."""
    if not hasattr(row, "kept"):
        return _("removed with a person")
    return "; ".join(f"{name}: {value}" for name, value in row.detail.items())


def _who(row: AuditEntry) -> str:
    """The person where they are still here: the trail outlives accounts."""
    return row.user.display_name if row.user else ""


def _action(row: AuditEntry, scene: Scene) -> SafeString:
    return cells.chip(label_of(row.action), "warn" if row.action in ALARMING else "", dot=False)


def _detail(row: AuditEntry, scene: Scene) -> SafeString:
    text = detail_of(row)
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return format_html('<span class="soft" title="{}">{}</span>', text[:500], short) if text else cells.EMPTY


TABLE = Table(
    (
        Column("at", gettext_lazy("When"), lambda row, scene: words.moment(row.at), lambda row: row.at, sort="at", css="nowrap", first=True, order=0),
        Column("user", gettext_lazy("Who"), lambda row, scene: cells.text(_who(row)), _who, order=10),
        Column("action", gettext_lazy("Action"), _action, lambda row: row.action, order=20),
        Column("object", pgettext_lazy("trail", "Object"), lambda row, scene: cells.text(object_of(row)), lambda row: row.object, order=30),
        Column("detail", gettext_lazy("Detail"), _detail, detail_of, order=40),
        Column("address", gettext_lazy("From"), lambda row, scene: cells.text(row.address or ""), lambda row: row.address, order=50),
        Column("id", gettext_lazy("Number"), lambda row, scene: cells.number(row.pk), lambda row: row.pk, css="n", shown=False, order=60),
    ),
    row_label=lambda row: f"{row.pk}",
)  # fmt: skip


def _people(request: HttpRequest | None) -> QuerySet[User]:
    user = getattr(request, "user", None)
    return people_of(user) if isinstance(user, User) else User.objects.none()


class WhoFilter(django_filters.ModelChoiceFilter):
    """Entries of one colleague."""

    field_class = PickedPerson

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=_people, **kwargs)


class TrailSearch(SearchFilter):
    """By part of the object or the detail."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Nothing typed filters nothing."""
        if not value:
            return qs
        found = qs.alias(said=Cast("kept__data", models.TextField()))
        return found.filter(models.Q(object__icontains=value) | models.Q(said__icontains=value))


class AuditFilters(KitFilterSet):
    """The security trail."""

    object = "audit"
    key = "accounts.auditentry"

    search = TrailSearch()
    action = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Action"), choices=list(LABELS.items()), distinct=False
    )
    user = WhoFilter(label=gettext_lazy("Who"))
    object_is = TextFilter(label=pgettext_lazy("trail", "Object"), field_name="object")
    at_after = TimeFilter(label=gettext_lazy("From"), field_name="at", lookup_expr="gte")
    at_before = TimeFilter(label=gettext_lazy("Before"), field_name="at", lookup_expr="lt")


class AuditList(ListView):
    """Every entry of the security trail; taking it out is an entry too."""

    policy = ("audit", "view")
    key = "accounts.auditentry"
    object = "audit"
    model = AuditEntry
    table = TABLE
    filterset_class = AuditFilters
    filter_names = ("action", "user", "object_is", "at_after", "at_before")
    own_orderings = {"at": "at"}
    default_ordering = "-at"
    title = gettext_lazy("Security trail")
    all_label = gettext_lazy("All entries")
    search_label = gettext_lazy("Object or detail")
    presets = (
        Preset("failed", gettext_lazy("Failed sign-ins"), "action=signin.failed"),
        Preset("exports", gettext_lazy("Exports"), "action=export&action=export.person&action=export.fetch"),
        Preset(
            "rights", gettext_lazy("Rights"), "action=role.grant&action=role.revoke&action=user.add&action=user.disable"
        ),
        Preset(
            "privacy",
            gettext_lazy("Privacy"),
            "action=erase&action=erase.ask&action=unmask&action=hold.place&action=hold.lift",
        ),
    )
    empty_text = gettext_lazy("No entries yet. Sign-ins, exports, changes of rights and erasures are written here.")

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return super().get_queryset().select_related("user", "kept")
