"""Drafts and past imports: the list at ``/data/import/``."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.filters import OwnerFilter
from crm.kit.filters import ChoicesFilter, KitFilterSet
from crm.kit.lists import Column, ListView, Preset, Table
from crm.kit.tables import Scene
from crm.kit.ui import cells
from customers.imports.wizard import figures, labels
from customers.models import ImportJob

TONES = {
    "draft": "",
    "waiting": "accent",
    "running": "accent",
    "done": "ok",
    "failed": "bad",
    "undoing": "accent",
    "undone": "outline",
}


class ImportFilters(KitFilterSet):
    """The list of imports."""

    object = "import"
    key = "customers.importjob"

    search = None  # type: ignore[assignment]
    state = ChoicesFilter(label=_("State"), choices=ImportJob.State.choices)
    kind = ChoicesFilter(label=_("Kind"), choices=[(name, words[0]) for name, words in labels.KINDS.items()])
    user = OwnerFilter()

    class Meta:
        model = ImportJob
        fields: list[str] = []


def _file(row: ImportJob, scene: Scene) -> SafeString:
    href = reverse("import-open", kwargs={"token": row.token})
    return format_html('<a href="{}">{}</a>', href, row.file_name)


def _state(row: ImportJob, scene: Scene) -> SafeString:
    word = ImportJob.State(row.state).label
    return cells.chip(word, TONES[row.state], dot=True)


def who(row: ImportJob) -> str:
    """The person who imports."""
    return row.user.display_name if row.user else ""


TABLE = Table(
    (
        Column("file", _("File"), _file, lambda row: row.file_name, first=True, order=0),
        Column("kind", _("Kind"), lambda row, scene: labels.kind_label(row.kind), lambda row: row.kind, order=10),
        Column("state", _("State"), _state, lambda row: row.state, order=20),
        Column("counts", _("Rows"), lambda row, scene: cells.text(figures.sentence(row)), figures.sentence, order=30),
        Column("source", _("Source"), lambda row, scene: cells.text(row.source_name if row.state != "draft" else ""), lambda row: row.source_name, order=40),
        Column("user", _("Who"), lambda row, scene: cells.text(who(row)), who, order=50),
        Column("created_at", pgettext_lazy("import", "When"), lambda row, scene: cells.ago(row.created_at, scene.now), lambda row: row.created_at, sort="created_at", order=60),
    ),
    row_label=lambda row: row.file_name,
)  # fmt: skip


class ImportList(ListView):
    """Everyone's imports for those who reach them, else one's own; drafts only to their owners."""

    policy = ("import", "view")
    key = "customers.importjob.pages"
    object = "import"
    model = ImportJob
    table = TABLE
    filterset_class = ImportFilters
    own_orderings = {"created_at": "created_at"}
    default_ordering = "-created_at"
    filter_names = ("state", "kind", "user")
    title = _("Import")
    all_label = _("All imports")
    presets = (
        Preset("drafts", _("Drafts"), "state=draft"),
        Preset("done", _("Done"), "state=done"),
        Preset("failed", _("Failed"), "state=failed"),
    )
    create_url = "/data/import/new/"
    create_label = _("Import a file")
    create_policy = ("import", "run")
    empty_text = _("Nothing was imported yet. Bring in a file of customers, orders, tickets or anything else: you see what would happen before anything is written, and can take it back afterwards.")  # fmt: skip

    def get_queryset(self) -> QuerySet[ImportJob]:
        return super().get_queryset().filter(check_of=None).select_related("user").defer("mapping", "mends", "wizard")
