"""Import rates: lines per second until every row is in its list."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.servers import CannotMeasure, manage, say

ROWS = 10_000
Row = tuple[str, float, str, int]


def measure() -> Iterator[Row]:
    """10,000 new customers; 20,000 order lines of theirs; 20,000 interactions."""
    stamp = f"b{time.time_ns() // 1_000_000 % 10**9}"
    parts: list[tuple[str, int, Callable[[str, Path], None]]] = [
        ("customers", ROWS, _customers),
        ("orders", 2 * ROWS, _orders),
        ("interactions", 2 * ROWS, _interactions),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for kind, lines, write in parts:
            path = Path(folder, f"{kind}.csv")
            write(stamp, path)
            try:
                report = json.loads(manage("import", kind, str(path), "--source", "bench").splitlines()[-1])
            except (CannotMeasure, ValueError, IndexError) as problem:
                say(f"import {kind}: {problem}")
                continue
            if report["rejected"] or not report["created"]:
                say(f"import {kind}: {report}")
            yield f"import_{kind}", round(lines / report["seconds"]), "lines/s", lines


def _write(path: Path, head: list[str], rows: Iterator[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def _customers(stamp: str, path: Path) -> None:
    _write(
        path,
        ["external_id", "kind", "name", "email", "phone", "city", "country"],
        ([f"{stamp}-{n}", "person", f"Import {stamp} {n}", f"{stamp}.{n}@import.example", f"+49 152 {n:08d}", "Berlin", "Germany"]
         for n in range(ROWS)),
    )  # fmt: skip


def _orders(stamp: str, path: Path) -> None:
    _write(
        path,
        ["number", "customer.external_id", "ordered_at", "line.sku", "line.quantity", "line.unit_price"],
        ([f"{stamp}-{n // 2}", f"{stamp}-{n // 2}", f"2026-10-{1 + n % 28:02d}T10:00:00Z", f"SKU{n % 300}", 1 + n % 4, "9.90"]
         for n in range(2 * ROWS)),
    )  # fmt: skip


def _interactions(stamp: str, path: Path) -> None:
    _write(
        path,
        ["external_id", "customer.external_id", "kind", "direction", "occurred_at", "subject", "text"],
        ([f"{stamp}-i{n}", f"{stamp}-{n % ROWS}", "call", "out", f"2026-10-{1 + n % 28:02d}T10:00:00Z", f"Call {n}", "Talked about prices."]
         for n in range(2 * ROWS)),
    )  # fmt: skip
