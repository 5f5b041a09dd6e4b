"""Stages of imported deals: found by name within their pipeline, added where the pipeline lacks them."""

from __future__ import annotations

from crm.kit.errors import Invalid
from customers.imports.context import Context
from customers.imports.fields import fold
from customers.imports.links import by_key
from sales.models import Pipeline, Stage

STAGE_JOIN = """
LEFT JOIN sales_pipeline sp ON CASE WHEN s.f_pipeline IS NULL THEN sp.is_default
                                    ELSE lower(sp.name) = lower(s.f_pipeline) END
LEFT JOIN LATERAL (
    SELECT i.id, i.state FROM sales_stage i WHERE i.pipeline_id = sp.id
       AND (s.f_stage IS NULL OR lower(i.name) = lower(s.f_stage)
            OR (i.state = 'won' AND regexp_replace(lower(s.f_stage), '[^[:alnum:]]', '', 'g') IN ('closedwon', 'won', '赢单', '成交'))
            OR (i.state = 'lost' AND regexp_replace(lower(s.f_stage), '[^[:alnum:]]', '', 'g') IN ('closedlost', 'lost', '输单', '丢单')))
    ORDER BY lower(i.name) = lower(s.f_stage) DESC NULLS LAST, i.position LIMIT 1) st ON true
"""
WON, LOST = frozenset({"closedwon", "won", "赢单", "成交"}), frozenset({"closedlost", "lost", "输单", "丢单"})


def add_stages(context: Context) -> None:
    """Add missing pipelines and stages when the asker may change settings (an operator's command may)."""
    user = context.reach.user
    if user is not None and not user.access.can("setting", "change"):
        return
    named = context.rows("SELECT DISTINCT f_pipeline, f_stage FROM import_stage WHERE f_stage IS NOT NULL LIMIT 201")
    if len(named) > 200:
        raise Invalid("The file names more than 200 different stages; is the right column mapped to “stage”?")
    for pipeline_name, stage_name in sorted(named, key=str):
        _add(context, pipeline_name, stage_name)


def _add(context: Context, pipeline_name: str | None, stage_name: str) -> None:
    if pipeline_name is None:
        pipeline = Pipeline.objects.filter(is_default=True).first()
        if pipeline is None:
            return
    else:
        found = Pipeline.objects.filter(name__iexact=pipeline_name).first()
        pipeline = found or Pipeline.objects.create(name=pipeline_name)
    stages = list(Stage.objects.filter(pipeline=pipeline))
    word = fold(stage_name)
    state = Stage.State.WON if word in WON else Stage.State.LOST if word in LOST else Stage.State.OPEN
    known = any(stage.name.casefold() == stage_name.casefold() for stage in stages)
    if known or (state != Stage.State.OPEN and any(stage.state == state for stage in stages)):
        return
    share = {Stage.State.WON: 100, Stage.State.LOST: 0}.get(state, 50)
    place = max((stage.position for stage in stages), default=0) + 1
    Stage.objects.create(pipeline=pipeline, name=stage_name, position=place, probability=share, state=state)
    context.treatments["stages added to a pipeline"] += 1


STAGE_CHANGE = "sales.stagechange"
DEAL = by_key(
    "sales_deal", "x.id, x.stage_id, x.closed_at, x.opened_at", source="%(source)s", key="c.external_id", to="t"
)


def note_stages(context: Context) -> None:
    """Write when each new deal entered its stage."""
    context.execute(
        "WITH made AS (INSERT INTO sales_stagechange (deal_id, stage_id, at, user_id) SELECT t.id, t.stage_id, "
        f"coalesce(t.closed_at, t.opened_at), NULL FROM import_chunk c {DEAL} WHERE c.target IS NULL RETURNING id) "
        + context.changed(STAGE_CHANGE, "created", "SELECT id FROM made")
    )
