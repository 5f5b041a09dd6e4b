"""``insights``: run, define, evaluate."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.kit.errors import Refused
from crm.kit.workspace import zone

PARTS = ("segments", "churn", "value", "associations", "anomalies")
MOST_DAYS_BACK = 365
BUILT = ("segments", "churn", "value", "anomalies")


def a_date(text: str) -> date:
    """An ISO date; argparse turns the error into a sentence."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date like 2011-10-01.") from error


def dates(text: str) -> list[date]:
    """ISO dates with commas between."""
    return [a_date(part) for part in text.split(",") if part.strip()]


def parts(text: str) -> list[str]:
    """Names of parts with commas between."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in BUILT:
            raise argparse.ArgumentTypeError(f"“{name}” is no part of the analysis; there are {', '.join(BUILT)}.")
    return names


def days_back(text: str) -> list[int]:
    """Numbers of days with commas between."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= MOST_DAYS_BACK for part in found):
        raise argparse.ArgumentTypeError(f"“{text}” must be numbers of days from 1 to {MOST_DAYS_BACK}, such as 60,30.")
    return [int(part) for part in found]


def start_of(day: date) -> datetime:
    """The start of a day in the workspace's zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone())


class Command(BaseCommand):
    help = "Runs the analysis, sets what a modelled word means, or judges a model on the past."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        run = verbs.add_parser("run", help="run the scheduled analysis now, in this process")
        run.add_argument("--as-of", type=a_date, help="use data before the start of that day (default: all)")
        run.add_argument("--only", type=parts, default=list(BUILT), help="segments,churn,value,anomalies")
        run.add_argument(
            "--look-back", type=days_back, default=[], metavar="DAYS",
            help="in a workspace without a history, score so many days earlier too, with the new model: 60,30",
        )  # fmt: skip
        define = verbs.add_parser("define", help="what leaving means")
        define.add_argument("name", choices=["churn"])
        how = define.add_mutually_exclusive_group(required=True)
        how.add_argument("--horizon", type=int, metavar="DAYS", help="left = no purchase for so many days")
        how.add_argument("--label", metavar="FIELD=VALUE", help="left = a field says so (not built yet)")
        evaluate = verbs.add_parser("evaluate", help="the back-test behind a model card")
        evaluate.add_argument("name")
        evaluate.add_argument("--cutoffs", type=dates, help="judge at these dates (default: the last three possible)")
        evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        verb = {"run": self._run, "define": self._define, "evaluate": self._evaluate}[options["verb"]]
        try:
            verb(options)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal

    def _print(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str))

    def _run(self, options: dict[str, Any]) -> None:
        from insights.services.analysis import run_analysis  # noqa: PLC0415  heavy
        from insights.services.runs import run_as_json  # noqa: PLC0415  heavy behind it

        now = timezone.now()
        as_of = start_of(options["as_of"]) if options["as_of"] else now

        def say(**values: Any) -> None:
            if values.get("message"):
                self.stderr.write(f"{values['done']}/{values['total']} {values['message']}")

        with contextlib.redirect_stdout(sys.stderr):
            runs = run_analysis(as_of=as_of, now=now, only=options["only"], look_back=options["look_back"], say=say)
        self._print([run_as_json(run) for run in runs])

    def _define(self, options: dict[str, Any]) -> None:
        from insights.services.definitions import define_churn  # noqa: PLC0415  Django must be ready

        if options["label"]:
            raise CommandError("Churn by a label is not built yet; use --horizon DAYS.")
        found = define_churn(horizon_days=options["horizon"])
        self._print({"name": found.name, **found.settings})

    def _evaluate(self, options: dict[str, Any]) -> None:
        from insights.services.evaluation import evaluate_churn  # noqa: PLC0415  heavy

        if options["name"] != "churn":
            raise CommandError(f"No model is called “{options['name']}”; there is churn.")
        cutoffs = [start_of(day) for day in options["cutoffs"]] if options["cutoffs"] else None
        with contextlib.redirect_stdout(sys.stderr):
            report = evaluate_churn(cutoffs=cutoffs, now=timezone.now())
        if options["json"]:
            self._print(report)
            return
        self._table(report)

    def _table(self, report: dict[str, Any]) -> None:
        if report["refused"]:
            self.stdout.write(f"Refused: {report['refused']}")
        for row in report["cutoffs"]:
            self.stdout.write(
                f"{row['as_of'][:10]}  n {row['n']}  left {row['base_rate']:.3f}  published {row['published']}  "
                f"AUC {row['auc']:.4f}  rule {row['baseline_auc']:.4f}"
            )
            named = {
                **row["candidates"],
                "recency rule": {k: row[f"baseline_{k}"] for k in ("auc", "pr_auc", "brier", "lift_10")},
            }
            for name, one in named.items():
                self.stdout.write(
                    f"    {name:<15} AUC {one['auc']:.4f}  PR-AUC {one['pr_auc']:.4f}  "
                    f"Brier {one['brier']:.4f}  lift {one['lift_10']:.2f}"
                )
        self.stdout.write("Leaks: " + (", ".join(report["leaks"]) or "none"))
