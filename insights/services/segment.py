"""Segments: RFM groups by rule, clusters by model; memberships follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insights import store as tables
from insights.models import Run, Segment
from insights.refusals import Thin, why
from insights.segmenters.kmeans import KMeansSegmenter, match, traits
from insights.segmenters.rfm import NAMES, Rfm
from insights.services.analysis import Analysis
from insights.services.definitions import chosen_k

if TYPE_CHECKING:
    import pandas as pd

NEEDED = 20
SCATTER = 1500


def segment_customers(analysis: Analysis, run: Run) -> dict[str, Any]:
    """RFM scores and groups, clusters that keep their identity; refuses below twenty active customers."""
    raw = analysis.store.snapshot(analysis.as_of).raw
    if len(raw) < NEEDED:
        raise Thin(why("few_active", needed=NEEDED, found=len(raw)))
    rfm = Rfm()
    scores = rfm.fit_scores(raw)
    clusters, model = _clusters(raw, analysis.seed)
    keys = _identities(model) if model else {}
    everyone = analysis.store.history.at(analysis.as_of)

    def write() -> dict[str, Any]:
        ids = _write_segments(run, raw, scores["group"], clusters, keys, model)
        _write_scores(analysis, run, everyone, scores, clusters, keys)
        pairs = [(c, ids[f"rfm-{g}"]) for c, g in zip(scores.index.tolist(), scores["group"], strict=True)]
        if clusters is not None:
            pairs += [(c, ids[f"cluster-{keys[n]}"]) for c, n in zip(clusters.index.tolist(), clusters, strict=True)]
        tables.write_memberships(segment_of=pairs, segments=list(ids.values()), as_of=analysis.as_of)
        return {}

    return {
        "write": write,
        "features": ["recency", "orders", "net"],
        "rows_in": analysis.log.lines,
        "rows_out": len(everyone),
        "dropped": dict(analysis.log.rules),
        "metrics": _metrics(rfm, model, len(raw)) | {"scatter": _scatter(raw, scores, clusters, keys)},
    }


def _clusters(raw: pd.DataFrame, seed: int) -> tuple[pd.Series | None, KMeansSegmenter | None]:
    if len(raw) < 3 * NEEDED:
        return None, None
    before = Segment.objects.filter(method="kmeans", active=True).count()
    model = KMeansSegmenter(k=chosen_k(), kept=before or None, seed=seed)
    return model.assign(raw), model


def _log_centres(model: KMeansSegmenter) -> np.ndarray:
    """Centres in log1p units, comparable from run to run."""
    return model.centres_ * model.space_.scale + model.space_.mean


def _identities(model: KMeansSegmenter) -> dict[int, int]:
    """Cluster number of this run to the lasting number: matched centres keep theirs, others get a new one."""
    old = list(Segment.objects.filter(method="kmeans", active=True, key__startswith="cluster-").order_by("key"))
    old = [segment for segment in old if segment.profile.get("centre")]
    lasting = [int(segment.key.removeprefix("cluster-")) for segment in old]
    before = np.array([segment.profile["centre"] for segment in old], dtype=float).reshape(len(old), 3)
    scale = model.space_.scale
    pairs = match(before / scale, _log_centres(model) / scale)
    keys = {new: lasting[place] for new, place in pairs.items()}
    known = Segment.objects.filter(key__startswith="cluster-").values_list("key", flat=True)
    top = max((int(key.removeprefix("cluster-")) for key in known), default=0)
    for new in range(model.k_):
        if new not in keys:
            top += 1
            keys[new] = top
    return keys


def _profile(raw: pd.DataFrame) -> dict[str, Any]:
    if raw.empty:
        return {}
    return {
        "recency": round(float(raw["recency"].median()), 1),
        "orders": round(float(raw["orders"].median()), 1),
        "net": round(float(raw["net"].median()), 2),
        "net_total": round(float(raw["net"].sum()), 2),
    }


def _write_segments(
    run: Run,
    raw: pd.DataFrame,
    groups: pd.Series,
    clusters: pd.Series | None,
    keys: dict[int, int],
    model: KMeansSegmenter | None,
) -> dict[str, int]:
    known = {segment.key: segment for segment in Segment.objects.all()}
    ids = {}
    for name in NAMES:
        rows = raw[groups == name]
        values = {"method": "rfm", "kind": Segment.Kind.RULE, "name": name, "profile": _profile(rows)}
        ids[f"rfm-{name}"] = _save(known, f"rfm-{name}", run, len(rows), values)
    if model is None or clusters is None:
        return ids
    centres = _log_centres(model)
    for number, lasting in keys.items():
        rows = raw[clusters == number]
        found = traits(model.centres_[number])
        profile = _profile(rows) | {"centre": [round(float(x), 6) for x in centres[number]]}
        values = {"method": "kmeans", "kind": Segment.Kind.MODEL, "name": f"cluster {lasting}", "profile": profile}
        ids[f"cluster-{lasting}"] = _save(known, f"cluster-{lasting}", run, len(rows), values | {"traits": found})
    gone = [key for key in known if key.startswith("cluster-") and key not in ids]
    for segment in Segment.objects.filter(key__in=gone):
        ids[segment.key] = segment.pk
    Segment.objects.filter(key__in=gone, active=True).update(active=False, size=0, run=run)
    return ids


def _save(known: dict[str, Segment], key: str, run: Run, size: int, values: dict[str, Any]) -> int:
    segment = known.get(key) or Segment(key=key)
    # the same data counted again are no movement
    if segment.pk and segment.run and segment.run.as_of != run.as_of:
        segment.previous_size = segment.size
    for name, value in values.items():
        setattr(segment, name, value)
    segment.size, segment.run, segment.active = size, run, True
    segment.save()
    return int(segment.pk)


def _write_scores(
    analysis: Analysis,
    run: Run,
    everyone: pd.DataFrame,
    scores: pd.DataFrame,
    clusters: pd.Series | None,
    keys: dict[int, int],
) -> None:
    aligned = scores.reindex(everyone.index)
    whole = {name: [int(v) if v == v else None for v in aligned[name]] for name in ("r", "f", "m")}
    cluster: list[int | None] = [None] * len(everyone)
    if clusters is not None:
        cluster = [keys[int(v)] if v == v else None for v in clusters.reindex(everyone.index)]
    tables.write_scores(
        customers=everyone.index.tolist(),
        columns={
            "rfm_r": whole["r"],
            "rfm_f": whole["f"],
            "rfm_m": whole["m"],
            "rfm_segment": [g if isinstance(g, str) else "" for g in aligned["group"]],
            "cluster": cluster,
            "recency_days": everyone["recency"].round(4).tolist(),
            "frequency": everyone["orders"].astype(int).tolist(),
            "monetary": [f"{v:.4f}" for v in everyone["net"]],
        },
        run=run,
        now=analysis.now,
    )


def _metrics(rfm: Rfm, model: KMeansSegmenter | None, active: int) -> dict[str, Any]:
    found: dict[str, Any] = {"active": active, "rfm_edges": rfm.edges_}
    if model is not None:
        found |= {"k": model.k_, "silhouette": model.silhouette_, "trials": model.trials_}
        found["k_chosen_by"] = "setting" if model.k is not None else "silhouette and stability"
        found["stability"] = next(trial["stability"] for trial in model.trials_ if trial["k"] == model.k_)
    return found


def _scatter(
    raw: pd.DataFrame, scores: pd.DataFrame, clusters: pd.Series | None, keys: dict[int, int]
) -> list[list[Any]]:
    """An even sample of customers for the picture: recency, orders, net, group, cluster."""
    step = max(1, len(raw) // SCATTER)
    chosen = raw.iloc[::step]
    numbers = clusters.loc[chosen.index] if clusters is not None else [-1] * len(chosen)
    return [
        [round(float(r), 1), int(o), round(float(n), 2), g, keys.get(int(c), 0)]
        for r, o, n, g, c in zip(
            chosen["recency"], chosen["orders"], chosen["net"], scores["group"].loc[chosen.index], numbers, strict=True
        )
    ]
