"""Findings: strange days of business metrics, strange customers."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from crm.kit.workspace import workspace
from insights import store as tables
from insights.detectors import REGISTRY
from insights.facts import METRICS, daily_metric
from insights.features.change import change_features, change_values
from insights.models import Finding, Metric, Run
from insights.refusals import DAYS_TO_WATCH, Thin, why
from insights.services.analysis import Analysis

if TYPE_CHECKING:
    import pandas as pd

SHOWN_DAYS = 180
JUDGED_DAYS = 400
NEW_DAYS = 45
STRANGE = 0.5
GRAVE = 0.8
CUSTOMER_STRANGE = 0.62
MOST_CUSTOMERS = 25
PARTS = 3

KNOWN: dict[str, tuple[str, str, str]] = {
    "revenue_per_day": ("Revenue per day", "money", "up"),
    "orders_per_day": ("Orders per day", "orders", "up"),
    "returns_per_day": ("Returns per day", "returns", "down"),
    "new_customers_per_day": ("New customers per day", "customers", "up"),
    "tickets_per_day": ("Tickets per day", "tickets", "down"),
}


def detect_metrics(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Refresh the daily business metrics and find the days that leave their band or drift."""
    series = {name: daily_metric(name, until=analysis.as_of, zone=analysis.zone) for name in METRICS}
    series = {name: frame for name, frame in series.items() if len(frame)}
    if not series:
        raise Thin(why("nothing_to_watch"))
    zone = ZoneInfo(analysis.zone)
    bands: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    short: dict[str, int] = {}
    for name, frame in series.items():
        if len(frame) < DAYS_TO_WATCH:
            short[name] = len(frame)
            continue
        new, bands[name] = _judge(name, frame.tail(JUDGED_DAYS).reset_index(drop=True), zone)
        found += new

    def write() -> dict[str, Any]:
        ids = {name: _metric(name, zone, frame, analysis) for name, frame in series.items()}
        for one in found:
            one["metric_id"] = ids[one.pop("metric")]
        return {"rows_out": _write_findings(found, run, analysis)}

    return {
        "write": write,
        "features": list(series),
        "rows_in": sum(len(frame) for frame in series.values()),
        "dropped": short,
        "metrics": {"bands": bands, "findings": len(found)},
    }


def _metric(name: str, zone: ZoneInfo, frame: pd.DataFrame, analysis: Analysis) -> int:
    title, unit, good = KNOWN[name]
    unit = workspace().home_currency if unit == "money" else unit
    metric, _new = Metric.objects.get_or_create(
        name=name, defaults={"title": title, "unit": unit, "good": good, "grain": "day"}
    )
    moments = [_start(day, zone) for day in frame["day"]]
    points = zip(moments, frame["value"].tolist(), frame["count"].tolist(), strict=True)
    fresh = analysis.as_of - timedelta(days=2)
    tables.write_metric_points(metric=metric.pk, points=points, fresh_from=fresh, now=analysis.now)
    return metric.pk


def _start(day: pd.Timestamp, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _judge(name: str, frame: pd.DataFrame, zone: ZoneInfo) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    values = frame["value"].to_numpy(dtype=float)
    weekdays = frame["day"].dt.dayofweek.to_numpy()
    floor = 0.0 if (values >= 0).all() else -np.inf
    newest = len(values) - NEW_DAYS
    found: list[dict[str, Any]] = []
    bands: list[list[Any]] = []
    for detector in (plugin for plugin in REGISTRY if plugin.kind == "series"):
        judge = detector()
        scores = judge.score(values, weekdays)
        low, high = np.maximum(judge.low_, floor), judge.high_
        if detector.name == "robust_z":
            bands = _bands(frame, low, high)
        for i in np.flatnonzero(scores >= STRANGE):
            if i < newest:
                continue
            since = frame["day"][int(judge.since_[i])] if hasattr(judge, "since_") else None
            found.append(
                {
                    "metric": name,
                    "kind": "metric_drift" if since is not None else "metric_day",
                    "at": _start(frame["day"][i], zone),
                    "observed": float(values[i]),
                    "expected_low": float(low[i]),
                    "expected_high": float(high[i]),
                    "score": float(scores[i]),
                    "severity": "critical" if scores[i] >= GRAVE else "warning",
                    "detector": detector.name,
                    "reason": {
                        "code": "drift" if since is not None else "day",
                        "values": {
                            "metric": name,
                            "expected": round(float(judge.expected_[i]), 2),
                            "weekday": int(weekdays[i]),
                            "deviations": round(float(judge.distance_[i]), 1),
                            "since": since.date().isoformat() if since is not None else None,
                            "up": bool(values[i] > judge.expected_[i]),
                        },
                    },
                    "fingerprint": _fingerprint(name, detector.name, frame["day"][i].date()),
                }
            )
    return found, bands


def _bands(frame: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> list[list[Any]]:
    return [
        [day.date().isoformat(), None if np.isnan(lo) else round(float(lo), 2), None if np.isnan(hi) else round(float(hi), 2)]
        for day, lo, hi in list(zip(frame["day"], low, high, strict=True))[-SHOWN_DAYS:]
    ]  # fmt: skip


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def _write_findings(found: list[dict[str, Any]], run: Run, analysis: Analysis) -> int:
    """New findings; one that is known already (same subject, detector, day) stays as it was."""
    rows = [Finding(**one, run=run, as_of=analysis.as_of) for one in found]
    Finding.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def detect_customers(analysis: Analysis, run: Run) -> dict[str, Any]:
    """Anomaly score of every active customer; the strangest become findings with what made them strange."""
    raw = analysis.store.snapshot(analysis.as_of).raw
    forest = REGISTRY.get("isolation_forest")(seed=analysis.seed)
    if len(raw) < forest.needs:
        raise Thin(why("few_active", needed=forest.needs, found=len(raw)))
    features = change_features(raw)
    scores = forest.score(features)
    top = np.argsort(-scores, kind="stable")[:MOST_CUSTOMERS]
    top = top[scores[top] >= CUSTOMER_STRANGE]
    told = forest.explain(top)
    reasons: list[dict[str, Any]] = [{} for _row in range(len(raw))]
    for place, parts in zip(top, told, strict=True):
        reasons[place] = _reason(raw.iloc[int(place)], parts)
    found = [_customer_finding(analysis, raw, int(place), float(scores[place]), reasons[place]) for place in top]

    def write() -> dict[str, Any]:
        columns: dict[str, list[Any]] = {"anomaly": [round(float(s), 6) for s in scores], "anomaly_reasons": reasons}
        tables.write_scores(customers=raw.index.tolist(), columns=columns, run=run, now=analysis.now)
        _write_findings(found, run, analysis)
        return {}

    return {
        "write": write,
        "features": list(features.columns),
        "rows_in": len(raw),
        "rows_out": len(raw),
        "metrics": {"findings": len(found), "median": float(np.median(scores)), "top": float(scores.max())},
    }


def _reason(row: pd.Series, parts: list[tuple[str, float]]) -> dict[str, Any]:
    return {
        "code": "customer",
        "parts": [
            {"code": code, "weight": round(weight, 3), "values": change_values(row, code)}
            for code, weight in parts[:PARTS]
        ],
    }


def _customer_finding(
    analysis: Analysis, raw: pd.DataFrame, place: int, score: float, reason: dict[str, Any]
) -> dict[str, Any]:
    row = raw.iloc[place]
    customer = int(raw.index[place])
    important = row["net"] >= raw["net"].quantile(0.8)
    first: dict[str, Any] = (
        reason["parts"][0] if reason["parts"] else {"code": "", "values": {"now": None, "usual": None}}
    )
    week = analysis.as_of.isocalendar()
    return {
        "customer_id": customer,
        "kind": "customer",
        "at": analysis.as_of,
        "observed": first["values"]["now"],
        "expected_high": first["values"]["usual"],
        "score": score,
        "severity": "warning" if important else "info",
        "detector": "isolation_forest",
        "reason": reason,
        "fingerprint": _fingerprint("customer", customer, first["code"], week.year, week.week),
    }
