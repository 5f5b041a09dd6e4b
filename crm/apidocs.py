"""The OpenAPI document and the page that people read."""

from __future__ import annotations

from functools import cache
from typing import Any


from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.rest import KitAPIView
from crm.kit.views import Page


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once per process and in English."""
    with override("en"):
        return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(KitAPIView):
    """OpenAPI 3.1."""

    policy = ("public", "view")
    responses = {"get": {200: dict}}

    def get(self, request: Request) -> Response:
        """The whole document."""
        return Response(document())


class DocsView(Page):
    """The same document as a page."""

    policy = ("public", "view")
    template_name = "apidocs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(groups=[], **kwargs)
