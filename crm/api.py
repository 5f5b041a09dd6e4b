"""The REST addresses, joined from the apps, and the document that describes them."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from crm.apidocs import DocsView, SchemaView

APPS = ("customers", "sales", "service", "marketing", "insights", "alerts")
router = SimpleRouter()
nested: list[URLPattern | URLResolver] = []
for app in APPS:
    if find_spec(f"{app}.api"):
        module = import_module(f"{app}.api")
        module.register(router)
        nested += getattr(module, "urlpatterns", [])

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include([*nested, *router.urls])),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
]
