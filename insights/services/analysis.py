"""The whole analysis: facts once, then each part with a Run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from crm.kit.live import announce
from crm.kit.workspace import workspace_zone
from insights.models import Run
from insights.refusals import Thin, why
from insights.services.runs import analysis_lock, end_run, start_run
from insights.store import tidy_scores

if TYPE_CHECKING:
    from insights.clean import Cleaning
    from insights.features.build import FeatureStore

SEED = 42
PARTS = ("segments", "churn", "value", "anomalies")

Say = Callable[..., None]


def _silent(**_values: Any) -> None:
    """Used where nobody waits for progress."""


def _no_fence() -> None:
    """Used where no job can be taken over."""


@dataclass(slots=True)
class Analysis:
    """What all parts of one analysis share: the moment, the facts, and whom to tell."""

    as_of: datetime
    now: datetime
    zone: str
    store: FeatureStore
    log: Cleaning
    seed: int = SEED
    say: Say = _silent
    fence: Callable[[], None] = _no_fence
    shared: dict[str, Any] = field(default_factory=dict)


Work = Callable[[Analysis, Run], dict[str, Any]]
"""Computes, then returns `write` (a function for the closing transaction) and values of the Run."""


def one_thread() -> AbstractContextManager[Any]:
    """Keep numeric libraries on one thread: their threads spin while others compute and cost three times as much."""
    import sklearn.cluster  # heavy: not for the web process; loaded first so that its threads are found
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def read_facts(
    *, as_of: datetime, now: datetime, say: Say = _silent, fence: Callable[[], None] = _no_fence
) -> Analysis:
    """Read and check the facts before as_of."""
    from insights.clean import Cleaning  # heavy: not for the web process
    from insights.facts import customer_facts, renew_statistics
    from insights.features.build import FeatureStore

    log = Cleaning()
    zone = workspace_zone()
    renew_statistics()
    facts = customer_facts(until=as_of, zone=zone, log=log)
    return Analysis(as_of, now, zone, FeatureStore(facts), log, say=say, fence=fence)


def run_analysis(
    *,
    as_of: datetime,
    now: datetime,
    only: Sequence[str] = PARTS,
    look_back: Sequence[int] = (),
    say: Say = _silent,
    fence: Callable[[], None] = _no_fence,
) -> list[Run]:
    """Run the chosen parts now, in this process; a part that refuses says why and stops no other part.

    ``look_back``: so many days earlier a workspace without a history is scored too.
    """
    from insights.services import detect, lookback, score, segment, value  # heavy: not for the web process

    works: dict[str, tuple[tuple[str, Work], ...]] = {
        "segments": (("segments", segment.segment_customers),),
        "churn": (("churn-training", score.train_churn), ("churn", score.score_churn)),
        "value": (("value", value.score_value),),
        "anomalies": (("metrics", detect.detect_metrics), ("anomalies", detect.detect_customers)),
    }
    steps = [step for part in PARTS if part in only for step in works[part]]
    if {"churn", "segments"} & set(only):
        steps.append(("health", score.score_health))
    with analysis_lock(), one_thread():
        say(done=0, total=len(steps) + 1, message="facts")
        analysis = read_facts(as_of=as_of, now=now, say=say, fence=fence)
        runs = []
        for place, (kind, work) in enumerate(steps, start=1):
            say(done=place, total=len(steps) + 1, message=kind)
            runs.append(run_part(analysis, kind, work))
            if kind == "churn-training":
                runs += lookback.look_back(analysis, look_back)
        say(done=len(steps) + 1, total=len(steps) + 1, message="")
    announce("insights")
    return runs


def run_part(analysis: Analysis, kind: str, work: Work) -> Run:
    """Compute, then write results and the end of the Run in one transaction."""
    run = start_run(kind=kind, as_of=analysis.as_of, now=timezone.now(), seed=analysis.seed, settings={})
    try:
        found = work(analysis, run)
        write = found.pop("write", None)
        with transaction.atomic():
            analysis.fence()
            if write is not None:
                found |= write() or {}
            ended = end_run(run, state=Run.State.DONE, **found)
    except Thin as missing:
        return end_run(run, state=Run.State.REFUSED, why=missing.why)
    except BaseException as error:
        end_run(run, state=Run.State.FAILED, why=[why("error", error=type(error).__name__)])
        raise
    if write is not None:
        tidy_scores()
    return ended
