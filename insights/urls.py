"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from insights.views import (
    ChurnPage,
    DefineChurn,
    DefineClusters,
    MonitoringPage,
    RunNow,
    RunPage,
    RunsPage,
    SegmentsPage,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("insights/segments/", SegmentsPage.as_view(), name="segments"),
    path("insights/segments/define/", DefineClusters.as_view(), name="define-clusters"),
    path("insights/churn/", ChurnPage.as_view(), name="churn"),
    path("insights/churn/define/", DefineChurn.as_view(), name="define-churn"),
    path("insights/monitoring/", MonitoringPage.as_view(), name="monitoring"),
    path("insights/runs/", RunsPage.as_view(), name="runs"),
    path("insights/runs/<int:pk>/", RunPage.as_view(), name="run"),
    path("insights/run-now/", RunNow.as_view(), name="run-now"),
]
