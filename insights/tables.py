"""Columns of the list of runs."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.kit.tables import Column, Scene, Table
from crm.kit.ui import cells
from crm.kit.ui.words import duration
from insights.models import Run
from insights.words import RUN_KINDS, run_reason, said

STATE_TONES = {"done": "ok", "running": "accent", "refused": "warn", "failed": "bad"}


def _kind(row: Run, scene: Scene) -> SafeString:
    return cells.link(said(RUN_KINDS, row.kind), f"/insights/runs/{row.pk}/")


def _state(row: Run, scene: Scene) -> SafeString:
    return cells.chip(row.get_state_display(), STATE_TONES[row.state], dot=True)


def _took(row: Run, scene: Scene) -> str:
    return duration((row.finished_at - row.started_at).total_seconds()) if row.finished_at else ""


RUNS = Table(
    (
        Column("kind", _("Part"), _kind, lambda row: row.kind, first=True, order=0),
        Column("state", _("State"), _state, lambda row: row.state, order=10),
        Column("as_of", _("Data before"), lambda row, scene: cells.ago(row.as_of, scene.now), lambda row: row.as_of, order=20),
        Column("rows_in", _("Rows in"), lambda row, scene: cells.number(row.rows_in), lambda row: row.rows_in, css="n", order=30),
        Column("rows_out", _("Rows out"), lambda row, scene: cells.number(row.rows_out), lambda row: row.rows_out, css="n", order=40),
        Column("reason", _("Reason"), lambda row, scene: cells.text(run_reason(row)), run_reason, order=50),
        Column("model", _("Model"), lambda row, scene: cells.text(str(row.model) if row.model else ""), lambda row: str(row.model or ""), order=60),
        Column("took", _("Took"), _took, order=70),
        Column("started_at", _("Started"), lambda row, scene: cells.ago(row.started_at, scene.now), lambda row: row.started_at, sort="started_at", order=80),
    ),
    row_label=lambda row: str(row),
)  # fmt: skip
