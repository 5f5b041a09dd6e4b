"""Pages: segments, churn, monitoring, runs."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.lists import ListView
from crm.kit.ui.words import listed
from crm.kit.views import Action, FormPage, Page, PlainForm, RecordPage, back_to
from crm.kit.workspace import workspace
from insights import charts, words
from insights.filters import RunFilters
from insights.models import Metric, Run, Segment
from insights.selectors import churn_totals, newest_findings, riskiest, segment_sizes
from insights.services.definitions import (
    LEAST_HORIZON,
    MOST_HORIZON,
    chosen_k,
    churn_settings,
    define_churn,
    define_clusters,
    use_default_churn,
)
from insights.services.requests import analysis_under_way, request_analysis
from insights.tables import RUNS

RANKED = 50
FINDINGS = 30


class InsightsPage(Page):
    """What all pages here know: whether an analysis is under way and who may start one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        access = self.request.user.access
        return super().get_context_data(
            job=analysis_under_way(),
            may_run=access.can("run", "run"),
            may_define=access.can("model", "change"),
            currency=workspace().home_currency,
            **kwargs,
        )


class SegmentsPage(InsightsPage):
    """Named groups and clusters of customers."""

    policy = ("segment", "view")
    template_name = "insights/segments.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        rows = list(segment_sizes(Segment.objects.visible_to(user).filter(active=True), user))
        whole = user.access.team_ids("customer") is None and user.access.team_ids("segment") is None
        run = charts.latest_run("segments")
        refused = Run.objects.filter(kind="segments").order_by("-started_at", "-id").first()
        return super().get_context_data(
            rfm=self._cards([row for row in rows if row.method == "rfm"], whole=whole),
            clusters=self._cards([row for row in rows if row.method == "kmeans"], whole=whole),
            chart=charts.scatter(user, {}),
            run=run,
            metrics=run.metrics if run else {},
            refused=words.run_reason(refused) if refused and refused.state == Run.State.REFUSED else "",
            set_k=chosen_k(),
            **kwargs,
        )

    def _cards(self, rows: list[Segment], *, whole: bool) -> list[dict[str, Any]]:
        sizes = {row.pk: int(getattr(row, "own_size", row.size)) for row in rows}
        total = sum(sizes.values()) or 1
        ranked = sorted(rows, key=lambda row: -sizes[row.pk])
        return [
            {
                "key": row.key,
                "name": words.segment_name(row),
                "tone": words.RFM_TONES.get(row.key.removeprefix("rfm-"), ""),
                "size": sizes[row.pk],
                "share": sizes[row.pk] / total,
                "traits": listed(words.trait_words(row)),
                "moved": row.size - row.previous_size if whole and row.previous_size is not None else None,
                "profile": row.profile if whole else {},
            }
            for row in ranked
        ]


class ChurnPage(InsightsPage):
    """Who is likely to leave, why, and how good the model is."""

    policy = ("score", "view")
    template_name = "insights/churn.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        model, metrics = charts.champion_metrics()
        training = Run.objects.filter(kind="churn-training").order_by("-started_at", "-id").first()
        cut = self.request.GET.get("cut", "20")
        return super().get_context_data(
            model=model,
            metrics=metrics,
            totals=churn_totals(user),
            ranked=[self._ranked(row) for row in riskiest(user, limit=RANKED)],
            candidates=self._candidates(metrics),
            refused=words.run_reason(training) if training and training.state == Run.State.REFUSED else "",
            rule=bool(model and model.algorithm == "recency_rule"),
            algorithm=words.said(words.ALGORITHMS, model.algorithm) if model else "",
            horizon=metrics.get("horizon_days"),
            horizon_set=bool(churn_settings()),
            cut=cut if cut.isascii() and cut.isdigit() and len(cut) < 4 else "20",
            calibration=charts.calibration(user, {}) if model else None,
            gain=charts.gain(user, {"cut": cut}) if model else None,
            drivers=charts.drivers(user, {}) if model else None,
            spread=charts.risk(user, {}),
            **kwargs,
        )

    def _ranked(self, row: Any) -> dict[str, Any]:
        parts = (row.churn_reasons or {}).get("parts", [])
        upward = [part for part in parts if part["points"] > 0]
        main = upward[0] if upward else (parts[0] if parts else None)
        currency = workspace().home_currency
        return {
            "score": row,
            "customer": row.customer,
            "main": words.reason_words(main["code"], main.get("values", {}), currency) if main else "",
            "points": main["points"] if main else None,
        }

    def _candidates(self, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [*metrics.get("candidates", [])]
        if metrics.get("rule"):
            rows.append(metrics["rule"])
        return [
            {**row, "label": words.said(words.ALGORITHMS, row["name"]), "used": row["name"] == metrics.get("champion")}
            for row in rows
        ]


class MonitoringPage(InsightsPage):
    """Business metrics with their expected band, worst first, and the days that left it."""

    policy = ("metric", "view")
    template_name = "insights/monitoring.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        metrics = list(Metric.objects.visible_to(user).filter(grain="day"))
        drawn = [(metric, charts.metric_chart(metric, height=140)) for metric in metrics]
        drawn = [pair for pair in drawn if not pair[1].is_empty]
        drawn.sort(key=lambda pair: (-len(pair[1].breaches), pair[0].name))
        asked = self.request.GET.get("metric", "")
        focus = next((metric for metric, _chart in drawn if metric.name == asked), drawn[0][0] if drawn else None)
        run = charts.latest_run("metrics")
        findings = newest_findings(user, limit=FINDINGS, metric=asked if focus and asked == focus.name else "")
        return super().get_context_data(
            small=[{"metric": metric, "title": words.metric_title(metric), "chart": chart} for metric, chart in drawn],
            focus=focus,
            focus_chart=charts.metric_chart(focus, height=260) if focus else None,
            findings=[
                {"finding": one, "text": words.finding_words(one), "title": words.metric_title(one.metric)}
                for one in findings
                if one.metric
            ],
            run=run,
            short=[text for text, _days in words.dropped_words(run.dropped or {})] if run else [],
            **kwargs,
        )


class RunsPage(ListView):
    """What the mathematics did, newest first."""

    key = "insights.run"
    object = "run"
    policy = ("run", "view")
    model = Run
    table = RUNS
    filterset_class = RunFilters
    own_orderings = {"started_at": "started_at"}
    default_ordering = "-started_at"
    title = gettext_lazy("Runs")
    all_label = gettext_lazy("All runs")
    empty_text = gettext_lazy("No analysis has run yet. It runs every night at 02:00, or now from the churn page.")

    def get_queryset(self) -> Any:
        """With the model that each run made or used."""
        return super().get_queryset().select_related("model").defer("metrics")


class RunPage(RecordPage):
    """One run: what went in, what came out, how good it is."""

    policy = ("run", "view")
    model = Run
    record_name = "run"
    template_name = "insights/run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        run: Run = context["run"]
        plain = {name: value for name, value in (run.metrics or {}).items() if isinstance(value, int | float | str)}
        context |= {
            "title": words.said(words.RUN_KINDS, run.kind),
            "reason": words.run_reason(run),
            "figures": plain.items(),
            "dropped": words.dropped_words(run.dropped or {}),
            "settings": (run.settings or {}).items(),
            "details": json.dumps(run.metrics, indent=1, ensure_ascii=False)[:20_000],
        }
        return context


class RunNow(Action):
    """Start an analysis."""

    policy = ("run", "run")

    def act(self, request: HttpRequest) -> str:
        job = request_analysis(user=request.user)
        messages.success(request, _("The analysis has started. Results appear by themselves."))
        return f"/jobs/{job.token}/" if request.POST.get("watch") else back_to(request, "/insights/churn/")


class ChurnForm(PlainForm):
    """What leaving means."""

    horizon = forms.IntegerField(
        label=gettext_lazy("Days without a purchase"),
        required=False,
        min_value=LEAST_HORIZON,
        max_value=MOST_HORIZON,
        help_text=gettext_lazy(
            "Empty: the buying rhythm of your customers decides. Takes effect with the next analysis."
        ),
    )


class DefineChurn(FormPage):
    """Set the churn horizon."""

    policy = ("model", "change")
    form_class = ChurnForm
    template_name = "insights/define_churn.html"
    success_message = gettext_lazy("Saved. The next analysis uses it.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"horizon": churn_settings().get("horizon_days")}}

    def save(self, form: Any) -> str:
        days = form.cleaned_data["horizon"]
        if days is None:
            use_default_churn()
        else:
            define_churn(horizon_days=days)
        return "/insights/churn/"


class ClustersForm(PlainForm):
    """How many clusters."""

    k = forms.IntegerField(
        label=gettext_lazy("Number of clusters"),
        required=False,
        min_value=3,
        max_value=8,
        help_text=gettext_lazy("Empty: separation and stability decide. Takes effect with the next analysis."),
    )


class DefineClusters(FormPage):
    """Set the number of clusters."""

    policy = ("model", "change")
    form_class = ClustersForm
    template_name = "insights/define_clusters.html"
    success_message = gettext_lazy("Saved. The next analysis uses it.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"k": chosen_k()}}

    def save(self, form: Any) -> str:
        define_clusters(k=form.cleaned_data["k"])
        return "/insights/segments/"
