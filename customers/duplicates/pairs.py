"""Writing pairs that were found, forgetting those that are no more, and the groups that they form."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from customers.duplicates.models import DuplicatePair
from customers.duplicates.normal import Profile
from customers.duplicates.records import look
from customers.duplicates.weights import Verdict

BATCH = 5_000
KEEP = """
INSERT INTO customers_duplicatepair (a_id, b_id, points, score, decision, reasons, state, mark, scan_id, found_at)
SELECT f.a, f.b, f.points, f.score, f.decision, f.reasons, 'open', f.mark, %(scan)s, %(now)s
FROM found_pairs f JOIN customers_customer a ON a.id = f.a JOIN customers_customer b ON b.id = f.b
ON CONFLICT (a_id, b_id) DO UPDATE SET points = excluded.points, score = excluded.score, decision = excluded.decision,
    reasons = excluded.reasons, scan_id = excluded.scan_id, mark = excluded.mark,
    state = CASE WHEN {again} THEN 'open' ELSE customers_duplicatepair.state END,
    verdict_by_id = CASE WHEN {again} THEN NULL ELSE customers_duplicatepair.verdict_by_id END,
    verdict_at = CASE WHEN {again} THEN NULL ELSE customers_duplicatepair.verdict_at END
""".format(
    again="customers_duplicatepair.state = 'merged' "
    "OR (customers_duplicatepair.state = 'dismissed' AND customers_duplicatepair.mark <> excluded.mark)"
)
"""A pair that people judged stays as judged until one of both looks otherwise."""

Found = dict[tuple[int, int], tuple[Verdict, int]]


def reasons(verdict: Verdict) -> list[list[object]]:
    """The parts of a verdict as JSON keeps them."""
    return [[part.field, part.level, round(part.points, 1)] for part in verdict.parts]


def note(found: Found, a: Profile, b: Profile, verdict: Verdict) -> None:
    """Add a pair, the smaller key first."""
    one, two = (a, b) if a.pk < b.pk else (b, a)
    found[one.pk, two.pk] = (verdict, look(one, two))


@transaction.atomic
def keep(found: Found, *, scan_id: int, now: datetime) -> None:
    """Write pairs; what people said of them stays."""
    if not found:
        return
    lines = io.StringIO()
    for (a, b), (verdict, mark) in sorted(found.items()):
        text = json.dumps(reasons(verdict))
        lines.write(f"{a}\t{b}\t{verdict.points:.3f}\t{verdict.score:.6f}\t{verdict.decision}\t{text}\t{mark}\n")
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS found_pairs")
        cursor.execute(
            "CREATE TEMP TABLE found_pairs (a bigint, b bigint, points float, score float, decision text, reasons jsonb, "
            "mark bigint) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY found_pairs FROM STDIN", lines)
        cursor.execute(KEEP, {"scan": scan_id, "now": now})


def forget_others(*, scan_id: int, of: Iterable[int] | None = None) -> int:
    """Drop open pairs that this scan did not find again; only those of the given customers, if any are given."""
    gone = DuplicatePair.objects.open().exclude(scan_id=scan_id)
    if of is not None:
        ids = list(of)
        count = 0
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            count += gone.filter(a__in=part).delete()[0] + gone.filter(b__in=part).delete()[0]
        return count
    return int(gone.delete()[0])


def root(parents: dict[int, int], pk: int) -> int:
    """The head of the tree of a customer; the way there is shortened."""
    while (above := parents.setdefault(pk, pk)) != pk:
        parents[pk] = parents.setdefault(above, above)
        pk = parents[pk]
    return pk


def groups(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Customer → the smallest key of those that hang together by pairs."""
    parents: dict[int, int] = {}
    for a, b in pairs:
        one, two = root(parents, a), root(parents, b)
        parents[max(one, two)] = min(one, two)
    return {pk: root(parents, pk) for pk in list(parents)}


def regroup() -> None:
    """Name the group of every open pair anew."""
    waiting = DuplicatePair.objects.open().values_list("pk", "a_id", "b_id", "group")
    rows = list(waiting.iterator(chunk_size=BATCH))
    heads = groups((a, b) for _pk, a, b, _group in rows)
    moved = [(pk, heads[a]) for pk, a, _b, group in rows if heads[a] != group]
    with connection.cursor() as cursor:
        for start in range(0, len(moved), BATCH):
            part = moved[start : start + BATCH]
            cursor.execute(
                'UPDATE customers_duplicatepair p SET "group" = g.head FROM unnest(%s::bigint[], %s::bigint[]) AS g(pk, head) '
                "WHERE p.id = g.pk",
                [[pk for pk, _ in part], [head for _, head in part]],
            )
