"""Rows of a file that look like customers who are here already: marked, skipped, or taken as their update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from customers.duplicates import lookup, records, staged, words
from customers.duplicates.normal import Profile
from customers.duplicates.weights import Model, Verdict, judge
from customers.models import Customer

if TYPE_CHECKING:
    from customers.imports.context import Context
    from customers.imports.kinds import Kind

OPTION = "duplicates"
MARK, SKIP, UPDATE = WAYS = ("mark", "skip", "update")
MOST_SHOWN = 100
Best = tuple[int, Verdict]


def checked(kind: Kind, context: Context) -> bool:
    """Whether an import compares its rows with the customers that are here."""
    return kind.name == "customers" and context.plan.mapping.options.get(OPTION, "") in WAYS


def refresh_keys(kind: Kind, context: Context) -> None:
    """Before the rows are compared: customers that changed since the last scan are known under their keys."""
    if checked(kind, context):
        for chunk in records.changed():
            lookup.write_keys((one.profile, one.updated_at) for one in chunk)


def check_staged(kind: Kind, context: Context) -> None:
    """Compare the staged rows with the customers within reach; only where the mapping asks for it.

    Certain ones are skipped or become updates as asked; others are only named in the report.
    """
    if not checked(kind, context):
        return
    way = context.plan.mapping.options[OPTION]
    model, _common = lookup.model()
    report: dict[str, Any] = {"count": 0, "certain": 0, "pairs": []}
    context.duplicates = report
    staged.find(context)
    for people in staged.near(context):
        found = _judged(context, people, model)
        _report(report, found)
        sure = {line: pk for line, (pk, verdict) in found.items() if verdict.decision == "certain"}
        if way == SKIP:
            _skip(context, sure)
        elif way == UPDATE:
            context.doubles |= sure
        context.progress(message=_("%(count)d possible duplicates found") % {"count": report["count"]})


def _judged(context: Context, people: Mapping[int, tuple[Profile, list[int]]], model: Model) -> dict[int, Best]:
    """Line → the customer it looks like most; the search ends at one that it certainly is."""
    others = records.named(_within_reach(context, {pk for _person, ids in people.values() for pk in ids}))
    found: dict[int, Best] = {}
    for line, (person, ids) in people.items():
        for pk in ids:
            verdict = judge(person, others[pk], model) if pk in others else None
            if verdict is not None and (line not in found or verdict.points > found[line][1].points):
                found[line] = (pk, verdict)
            if verdict is not None and verdict.decision == "certain":
                break
    return found


def _within_reach(context: Context, ids: set[int]) -> list[int]:
    user = context.reach.user
    rows = Customer.objects.present() if user is None else Customer.objects.visible_to(user)
    return list(rows.filter(pk__in=ids).values_list("pk", flat=True))


def _report(report: dict[str, Any], found: dict[int, Best]) -> None:
    report["count"] += len(found)
    for line, (pk, verdict) in sorted(found.items()):
        report["certain"] += verdict.decision == "certain"
        if len(report["pairs"]) < MOST_SHOWN:
            parts = [[part.field, part.level, round(part.points, 1)] for part in verdict.parts]
            report["pairs"].append({
                "line": line, "customer": pk, "score": round(verdict.score, 4), "decision": verdict.decision,
                "reasons": words.sentence(parts, {}),
            })  # fmt: skip


def add_up(context: Context, other: Context) -> None:
    """Take what another lane found into the report."""
    if other.duplicates is None:
        return
    mine = context.duplicates = context.duplicates or {"count": 0, "certain": 0, "pairs": []}
    for name in ("count", "certain"):
        mine[name] += other.duplicates[name]
    pairs = [*mine["pairs"], *other.duplicates["pairs"]]
    mine["pairs"] = sorted(pairs, key=lambda pair: pair["line"])[:MOST_SHOWN]


def _skip(context: Context, sure: dict[int, int]) -> None:
    if not sure:
        return
    reason = _("this is customer #%(pk)s already")
    context.counts["skipped"] += context.execute(
        "WITH gone AS (DELETE FROM import_stage s USING unnest(%(lines)s::bigint[], %(reasons)s::text[]) AS d(line, why) "
        "WHERE s.row = d.line RETURNING s.row, d.why, s.external_id) "
        "INSERT INTO import_out (row, skipped, reason, key) SELECT row, true, why, external_id FROM gone",
        {"lines": list(sure), "reasons": [reason % {"pk": pk} for pk in sure.values()]},
    )


def link_doubles(context: Context) -> None:
    """Certain doubles get the outside id of their row, so that the row updates them."""
    if context.doubles:
        context.execute(
            "WITH made AS (INSERT INTO customers_externalid (source_id, external_id, customer_id) "
            "SELECT %(source)s, s.external_id, d.customer FROM unnest(%(lines)s::bigint[], %(ids)s::bigint[]) "
            "AS d(line, customer) JOIN import_stage s ON s.row = d.line ON CONFLICT DO NOTHING RETURNING id) "
            + context.changed("customers.externalid", "created", "SELECT id FROM made"),
            {"lines": list(context.doubles), "ids": list(context.doubles.values())},
        )
