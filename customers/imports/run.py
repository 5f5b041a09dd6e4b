"""One import from file to report. The database has either a whole span of it or nothing of that span."""

from __future__ import annotations

import csv
import datetime as dt
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pghistory
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from crm.conf import CONF
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Source
from crm.kit.workspace import home_currency, workspace_zone
from customers.duplicates.at_import import add_up, check_staged, refresh_keys
from customers.imports import detecting, kinds, lanes, mapping, pending
from customers.imports.context import OUTCOMES, Context, Reach, owner_words, target_team
from customers.imports.kinds import Kind
from customers.imports.mends import mended
from customers.imports.reading import Table, open_table
from customers.imports.resume import Kept
from customers.imports.staging import OUT, Stager, create_tables
from customers.imports.visibility import seen_by
from customers.models import ImportJob

logger = logging.getLogger("crm.imports")

Progress = Callable[..., None]
SESSION = {
    "statement_timeout": "0",
    "lock_timeout": "60s",
    "work_mem": "64MB",
    "temp_buffers": "64MB",
    "default_statistics_target": "10",
    "gin_pending_list_limit": "64MB",
}
TRIES = 3
GROWTH = 0.2  # of a table's rows: from here on its statistics are renewed at once
SPREADSHEETS = frozenset({"csv", "tsv", "xlsx"})


class _DryRun(Exception):
    """Takes back what a dry run wrote."""


def silent(**_values: Any) -> None:
    """Progress for nobody."""


def folder(job: ImportJob) -> Path:
    """Where the files of an import lie, under a name that we made."""
    return CONF.data_dir / "imports" / str(job.token)


def rejects_path(job: ImportJob) -> Path:
    """The rejects file of an import; it exists only when rows were rejected or skipped."""
    return folder(job) / "rejects.csv"


def run_import(job: ImportJob, path: Path, *, now: dt.datetime, progress: Progress = silent) -> dict[str, Any]:
    """Run one import and return its report, which the job row keeps too. Raises Refused or Invalid."""
    began = time.monotonic()
    try:
        with _session(), pghistory.context(**_history(job)):
            report, context = _run(job, path, now, progress)
            report["seconds"] = round(time.monotonic() - began, 3)
            ImportJob.objects.filter(pk=job.pk).update(
                report=report, state=ImportJob.State.DONE, finished_at=now, error=""
            )
            _keep_up(context)
    except Refused as refusal:
        _failed(job, now, refusal.message)
        raise
    return report


def _history(job: ImportJob) -> dict[str, Any]:
    return {"via": "import", "import": job.pk, "user": job.user_id}


def _failed(job: ImportJob, now: dt.datetime, sentence: str) -> None:
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.FAILED, error=sentence, finished_at=now)


@contextmanager
def _session() -> Iterator[None]:
    """Time and memory limits that suit an import, put back afterwards."""
    with connection.cursor() as cursor:
        for name, value in SESSION.items():
            try:
                with transaction.atomic():
                    cursor.execute(f"SET {name} = '{value}'")
            except DatabaseError:
                continue  # temp_buffers cannot change once temporary tables were used
    try:
        yield
    finally:
        if not connection.needs_rollback and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS import_stage, import_out, import_chunk")
                for name in SESSION:
                    if name != "temp_buffers":
                        cursor.execute(f"RESET {name}")


def _run(job: ImportJob, path: Path, now: dt.datetime, progress: Progress) -> tuple[dict[str, Any], Context]:
    kind = kinds.get(job.kind)
    reach = Reach(job.user)
    reach.require(kind.object, "add", "change")
    context = _context(job, kind, _table(job, path), reach, now, progress)
    refresh_keys(kind, context)
    if lanes.fit(kind, context, path):
        rows = _side_by_side(kind, context, path)
    else:
        rows = _write(kind, context)
    report = _report(job, kind, context, context.table, rows)
    if not job.dry_run:
        Source.objects.filter(pk=context.source_id).update(last_received_at=now)
    return report, context


def _table(job: ImportJob, path: Path) -> Table:
    return mended(open_table(path, mapping.read(job.mapping).options), job.mends)


def _write(kind: Kind, context: Context) -> int:
    """Read the file, or a lane's share of it, and write its rows; returns how many there were."""
    table = context.table
    zone = context.plan.mapping.zone(workspace_zone())
    stager = Stager(kind, context, zone, len(table.header), guarded=table.format in SPREADSHEETS)
    rows = stager.stage(table.rows())
    if context.share is None or context.share.number == 0:  # every lane reads the whole file
        context.treatments.update(table.notes)
    _one_row_per_key(kind, context)
    _strictly(context)
    check_staged(kind, context)
    _apply(kind, context, rows)
    return rows


def _side_by_side(kind: Kind, context: Context, path: Path) -> int:
    """The same in lanes; what they counted and refused is put together in ``context`` and ``import_out``."""

    def work(share: lanes.Share, progress: lanes.LaneProgress) -> tuple[Context, int]:
        own = replace(
            context, share=share, progress=progress, table=_table(context.job, path), counts=Counter(),
            treatments=Counter(), written=set(), doubles={},
        )  # fmt: skip
        with _session(), pghistory.context(**_history(context.job)):
            rows = _write(kind, own)
            with refused[share.number].open("w", encoding="utf-8", newline="") as file, connection.cursor() as cursor:
                cursor.copy_expert(f"COPY import_out ({OUT}) TO STDOUT", file)
        return own, rows

    with tempfile.TemporaryDirectory() as place:
        refused = [Path(place, str(number)) for number in range(lanes.LANES)]
        made = lanes.run(work, context.progress)
        create_tables(kind, ())
        with connection.cursor() as cursor:
            for part in refused:
                with part.open(encoding="utf-8", newline="") as file:
                    cursor.copy_expert(f"COPY import_out ({OUT}) FROM STDIN", file)
    for own, _rows in made:
        context.counts += own.counts
        context.treatments += own.treatments
        context.written |= own.written
        context.resolved += own.resolved
        add_up(context, own)
    return sum(rows for _own, rows in made)


def _context(job: ImportJob, kind: Kind, table: Table, reach: Reach, now: dt.datetime, progress: Progress) -> Context:
    given, detected = detecting.complete(mapping.read(job.mapping), table, kind)
    plan_source, customers_from = _source(job.source_name), given.constants.pop("customer.source", "")
    owner = given.constants.pop("owner", "") if "owner" not in kind.by_name or kind.name != "interactions" else ""
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.RUNNING, source=plan_source)
    return Context(
        job=job,
        plan=mapping.plan(kind.fields, table.header, given, obj=kind.object),
        reach=reach,
        source_id=plan_source.pk,
        customer_source_id=_source(customers_from).pk if customers_from else plan_source.pk,
        now=now,
        team_id=target_team(job.team_name, reach, kind.object),
        owner_id=_owner(owner, reach, kind.object),
        currency=home_currency(first_seen="" if job.dry_run else given.constants.get("currency", "").upper()),
        progress=progress,
        table=table,
        detected=detected,
    )


def _source(name: str) -> Source:
    found, _made = Source.objects.get_or_create(name=name, defaults={"kind": Source.Kind.FILE})
    return found


def _owner(name: str, reach: Reach, obj: str) -> int | None:
    if not name:
        return None
    found = owner_words(reach, obj).get(name.casefold())
    if found is None:
        raise Invalid(_("The owner “%(name)s” of the mapping is not known.") % {"name": name[:100]})
    return found


def _one_row_per_key(kind: Kind, context: Context) -> None:
    """Of rows with the same key the last one counts; equal events without an id are numbered."""
    if kind.chunk is None:
        return
    context.execute("CREATE INDEX ON import_stage (row)")
    context.execute("ANALYZE import_stage")
    again = "SELECT external_id, max(row) AS last FROM import_stage GROUP BY external_id HAVING count(*) > 1"
    if kind.repeats:
        context.execute(
            "UPDATE import_stage s SET external_id = s.external_id || '-' || n.place FROM (SELECT row, row_number() "
            "OVER (PARTITION BY external_id ORDER BY row) AS place FROM import_stage WHERE derived AND external_id IN "
            "(SELECT external_id FROM import_stage WHERE derived GROUP BY external_id HAVING count(*) > 1)) n "
            "WHERE s.row = n.row AND n.place > 1"
        )
    gone = context.execute(
        f"WITH again AS ({again}), gone AS (DELETE FROM import_stage s USING again a WHERE s.external_id = a.external_id "
        "AND s.row < a.last RETURNING s.row, a.last) INSERT INTO import_out (row, skipped, reason) "
        "SELECT row, true, replace(%(reason)s, '{line}', last::text) FROM gone",
        {"reason": _("the same record stands again in line {line}, which counts")},
    )
    context.counts["skipped"] += gone


def _apply(kind: Kind, context: Context, rows: int) -> None:
    """Write the staged rows: span by span, or all in one transaction (strict, dry run, orders)."""
    top = context.value("SELECT coalesce(max(row), 0) FROM import_stage")
    whole = kind.chunk is None or context.job.strict or context.job.dry_run
    spans = [(0, top)] if whole else _spans(context, kind.chunk or top)
    kept = Kept(context, folder(context.job))
    if not context.job.dry_run:
        spans = [span for span in spans if span[1] > kept.reached]
        kept.recall()
    for place, (low, high) in enumerate(spans):
        _span(kind, context, kept, low, high, first=place == 0, last=place == len(spans) - 1)
        total = sum(context.counts[name] for name in OUTCOMES)
        context.progress(done=min(total, rows), total=rows, message="")


def _spans(context: Context, size: int) -> list[tuple[int, int]]:
    """Row numbers that cut the staged rows into spans of about ``size``."""
    cuts = context.rows(
        "SELECT row FROM (SELECT row, row_number() OVER (ORDER BY row) AS n, count(*) OVER () AS total "
        f"FROM import_stage) x WHERE n % {size} = 0 OR n = total ORDER BY row".replace("%", "%%")
    )
    ends = [int(row[0]) for row in cuts]
    return list(zip([0, *ends], ends, strict=False))


def _span(kind: Kind, context: Context, kept: Kept, low: int, high: int, *, first: bool, last: bool) -> None:
    """One transaction; repeated when another writer got in between."""
    for attempt in range(1, TRIES + 1):
        before = (context.counts.copy(), context.treatments.copy())
        try:
            with transaction.atomic():
                _take_turns(context)
                if first:
                    kind.prepare(context)
                kind.apply(context, low, high)
                if last:
                    kind.finish(context)
                _strictly(context)
                if context.job.dry_run:
                    write_rejects(context.job, context.table)
                    raise _DryRun
                _still_ours(context)
                kept.mark(low, high)
            return
        except _DryRun:
            return
        except (IntegrityError, OperationalError) as error:
            context.counts, context.treatments = before
            if attempt == TRIES or (isinstance(error, OperationalError) and connection.connection.closed):
                raise
            logger.warning("Rows %d to %d are written again: %s", low + 1, high, str(error).split("\n")[0])


def _take_turns(context: Context) -> None:
    """Imports of one source write one after the other; lanes of several imports wait only for the same lane."""
    if context.share is None:
        context.execute("SELECT pg_advisory_xact_lock(hashtext('import'), %(source)s::int)")
        return
    context.execute("SELECT pg_advisory_xact_lock_shared(hashtext('import'), %(source)s::int)")
    lane = {"lane": f"import lane {context.share.number}"}
    context.execute("SELECT pg_advisory_xact_lock(hashtext(%(lane)s), %(source)s::int)", lane)


def _still_ours(context: Context) -> None:
    """A worker that was thought dead writes nothing: its job belongs to another one by now."""
    fence = getattr(context.progress, "fence", None)
    if fence is not None:
        fence()


def _strictly(context: Context) -> None:
    """With "all or nothing", rows that do not fit end the import before it writes."""
    count = context.counts["rejected"]
    if context.job.strict and count:
        path = write_rejects(context.job, context.table)
        raise Refused(
            _("%(count)d rows do not fit, so nothing was written; %(file)s names them.")
            % {"count": count, "file": path}
        )


def _report(job: ImportJob, kind: Kind, context: Context, table: Table, rows: int) -> dict[str, Any]:
    rejects = rejects_path(job) if job.dry_run else write_rejects(job, table)
    if rejects is not None and not rejects.exists():
        rejects = None
    return {
        "rows": rows,
        **{name: context.counts[name] for name in OUTCOMES},
        "seconds": 0.0,
        "import_id": job.pk,
        "rejects_file": str(rejects) if rejects else None,
        "kind": kind.name,
        "source": job.source_name,
        "dry_run": job.dry_run,
        "format": table.format,
        "encoding": table.encoding,
        "detected": context.detected.as_json(),
        "warnings": list(context.detected.warnings),
        "mapping": _described(context, table),
        "ignored_columns": list(context.plan.ignored),
        "treatments": {name: count for name, count in sorted(context.treatments.items()) if count},
        "pending_links": pending.waiting(job.pk),
        "resolved_links": context.resolved,
        "visible_to": seen_by(kind, context),
        **({"duplicates": context.duplicates} if context.duplicates else {}),
    }


def _described(context: Context, table: Table) -> dict[str, str]:
    return {table.header[slot.index]: slot.field.name for slot in context.plan.slots if slot.index is not None}


def write_rejects(job: ImportJob, table: Table) -> Path | None:
    """The rows that were not taken, as they came, with line and reason; None when all were taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row, skipped, reason FROM import_out ORDER BY row")
        first = cursor.fetchone()
        if first is None:
            return None
        path = rejects_path(job)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting: tuple[Any, ...] | None = first
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*table.header, "_line", "_reason"])
            for number, row in table.rows():
                if waiting is None:
                    break
                if number == waiting[0]:
                    filled = row + [""] * (len(table.header) - len(row))
                    reason = ("skipped: " if waiting[1] else "") + waiting[2]
                    writer.writerow([*filled[: len(table.header)], number, reason])
                    waiting = cursor.fetchone()
    return path


def _keep_up(context: Context) -> None:
    """Bring the search indexes of the written tables up to date, and the statistics of those that grew much.

    The rows are found before it: new words wait in a list that searches read too, which made writing twice as fast.
    Inside a transaction (tests), or for a role that may not, the database's own upkeep does it later.
    """
    changed = context.counts["created"] + context.counts["updated"]
    if context.job.dry_run or not changed:
        return
    try:
        context.execute("RESET default_statistics_target")
        known = "SELECT relname, reltuples FROM pg_class WHERE oid = ANY(%(names)s::regclass[])"
        for table, rows in context.rows(known, {"names": sorted(context.written)}):
            grew = changed > GROWTH * max(rows, 0)
            if not connection.in_atomic_block:
                context.execute(f"VACUUM ({'ANALYZE' if grew else 'ANALYZE off'}) {table}")
            elif grew:
                context.execute(f"ANALYZE {table}")
    except DatabaseError as error:  # the rows are there
        logger.warning("The tables of import %s are not tidied now: %s", context.job.pk, str(error).split("\n")[0])
