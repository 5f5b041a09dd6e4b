"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from alerts import services
from alerts.views import (
    AlertPage,
    AlertsPage,
    AssignAlert,
    DeleteRule,
    EditRule,
    NewAlerts,
    NewRule,
    ResolveAlert,
    RulesPage,
    Step,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts/", AlertsPage.as_view(), name="alerts"),
    path("alerts/closed/", AlertsPage.as_view(closed=True), name="alerts-closed"),
    path("alerts/new/", NewAlerts.as_view(), name="alerts-new"),
    path("alerts/rules/", RulesPage.as_view(), name="alert-rules"),
    path("alerts/rules/new/", NewRule.as_view(), name="alert-rule-new"),
    path("alerts/rules/<int:pk>/", EditRule.as_view(), name="alert-rule"),
    path("alerts/rules/<int:pk>/delete/", DeleteRule.as_view(), name="alert-rule-delete"),
    path("alerts/<int:pk>/", AlertPage.as_view(), name="alert"),
    path("alerts/<int:pk>/acknowledge/", Step.as_view(verb=services.acknowledge), name="alert-acknowledge"),
    path("alerts/<int:pk>/reopen/", Step.as_view(verb=services.reopen), name="alert-reopen"),
    path("alerts/<int:pk>/undo/", Step.as_view(verb=services.undo), name="alert-undo"),
    path("alerts/<int:pk>/resolve/", ResolveAlert.as_view(), name="alert-resolve"),
    path("alerts/<int:pk>/assign/", AssignAlert.as_view(), name="alert-assign"),
]
