"""``python -m tests.bench``: figures as JSON lines on standard output, beside the floor page in the same run.

Data live in ``var/bench`` (or the CRM_DATA_DIR given) and are made at the first run. A figure called
``…_per_floor`` is a multiple of the floor page measured before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIGN_IN = ["--login", "/accounts/login/", "--login-data", "login=manager", "--login-data", "password=demo"]
FLOOR_SIGN_IN = ["--login", "/login/", "--login-data", "username=floor", "--login-data", "password=floor"]


def figure(name: str, value: Any, unit: str, size: int) -> None:
    """One line of the result."""
    print(json.dumps({"name": name, "value": value, "unit": unit, "size": size}), flush=True)


def arguments() -> argparse.Namespace:
    """What may be chosen."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="customers (default: 100,000)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement (default: 3)")
    parser.add_argument("--port", type=int, default=8190, help="port of our pages; the floor takes the next")
    parser.add_argument("--only", default="", help="names with commas: pages, imports, or single figures")
    parser.add_argument(
        "--insights", action=argparse.BooleanOptionalAction, default=True,
        help="analyse newly made data first, so that lists and homes carry scores (the default)",
    )  # fmt: skip
    return parser.parse_args()


def main() -> int:
    """Measure and print."""
    options = arguments()
    if "CRM_DATA_DIR" not in os.environ:
        os.environ["CRM_DATA_DIR"] = str(Path(__file__).resolve().parents[2] / "var" / "bench")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation keeps its byte code
    # crm.conf reads the environment at import
    from tests.bench import imports, servers

    only = set(filter(None, options.only.split(",")))
    try:
        with servers.database_servers():
            servers.manage("prepare", "--no-demo")
            servers.say(f"Data: {options.size:,} customers in {os.environ['CRM_DATA_DIR']}")
            loaded = json.loads(servers.manage("demo", "--customers", str(options.size)).splitlines()[-1])
            if loaded["loaded"]:
                figure("demo_load", loaded["seconds"], "s", options.size)
                if options.insights:
                    began = time.monotonic()
                    servers.manage("insights", "run")
                    figure("insights_run", round(time.monotonic() - began, 1), "s", options.size)
            if not only or only - {"imports"}:
                measure_pages(options, only - {"pages", "imports"})
            if not only or "imports" in only:
                for row in imports.measure():
                    figure(*row)
    except servers.CannotMeasure as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def measure_pages(options: argparse.Namespace, only: set[str]) -> None:
    """Pages, memory and start, between two measurements of the floor."""
    from tests.bench import pages, servers

    size, seconds = options.size, options.seconds
    floor, digest = servers.floor(options.port + 1, size)
    ours = None
    try:
        figure("floor_digest", digest, "sha256", size)
        ours = servers.ours(options.port)
        figure("start_to_first_answer", round(ours.first_answer, 2), "s", size)
        known = pages.look_around(ours, "manager", "demo")
        with tempfile.TemporaryDirectory() as folder:
            rows = [row for row in pages.wanted(known, Path(folder)) if not only or row.name in only]
            items = [row.request | {"name": row.name} for row in rows]
            many = [row.request | {"name": row.name} for row in rows if 8 in row.clients]
            floors = [pages.bench(floor, pages.FLOOR, clients="1,8", seconds=seconds, sign_in=FLOOR_SIGN_IN)]
            found = pages.bench(ours, items, clients="1", seconds=seconds, sign_in=SIGN_IN)
            found += pages.bench(ours, many, clients="8", seconds=seconds, sign_in=SIGN_IN) if many else []
            floors.append(pages.bench(floor, pages.FLOOR, clients="1,8", seconds=seconds, sign_in=FLOOR_SIGN_IN))
        report(rows, found, [row for run in floors for row in run], size)
        figure("web_memory_after_load", round(ours.memory(), 1), "MB", size)
        figure("floor_memory_after_load", round(floor.memory(), 1), "MB", size)
    finally:
        floor.stop()
        if ours:
            ours.stop()


def report(rows: list[Any], found: list[dict[str, Any]], floors: list[dict[str, Any]], size: int) -> None:
    """Figures, and multiples of the floor's."""
    base: dict[tuple[str, int, str], float] = {}
    for name in ("floor_page", "floor_json"):
        for clients in (1, 8):
            for key in ("median_ms", "rps"):
                values = [row[key] for row in floors if row["name"] == name and row["clients"] == clients]
                base[name, clients, key] = statistics.median(values)
            figure(f"{name}_c{clients}_median", round(base[name, clients, "median_ms"], 2), "ms", size)
    from tests.bench.servers import say

    asked = {row.name: row for row in rows}
    single = {row["name"]: row["median_ms"] for row in found if row["clients"] == 1}
    for row in found:
        name, clients = row["name"], row["clients"]
        floor_name = asked[name].floor
        if clients == 1:
            figure(f"{name}_median", row["median_ms"], "ms", size)
            figure(f"{name}_bytes", row["bytes"], "bytes", size)
            if row["median_ms"]:
                times = round(row["median_ms"] / base[floor_name, 1, "median_ms"], 2)
                figure(f"{name}_per_floor", times, "x floor", size)
                if (most := asked[name].must) is not None:
                    say(f"{name}: {times} times the floor, at most {most} {'kept' if times <= most else 'NOT KEPT'}")
        else:
            figure(f"{name}_c{clients}_rate", row["rps"], "1/s", size)
            figure(
                f"{name}_c{clients}_of_floor",
                round((row["rps"] or 0) / base[floor_name, clients, "rps"], 3),
                "x floor",
                size,
            )
        if row["wrong"]:
            figure(f"{name}_c{clients}_wrong_answers", row["wrong"], "answers", size)
    if single.get("customer_list") and single.get("customer_page_1000"):
        figure(
            "customer_page_1000_per_first_page",
            round(single["customer_page_1000"] / single["customer_list"], 2),
            "x",
            size,
        )


if __name__ == "__main__":
    sys.exit(main())
