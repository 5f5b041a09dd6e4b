"""The OpenAPI document and the page that people read."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.rest import KitAPIView
from crm.kit.views import Page

METHODS = ("get", "post", "patch", "put", "delete")
PLACES = {"query": "query", "path": "address", "header": "header"}


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
    """The same document as a page; one table of the API is open at a time."""

    policy = ("public", "view")
    template_name = "apidocs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shell = "base.html" if self.request.user.is_authenticated else "plain.html"
        names = tables()
        chosen = self.request.GET.get("table", "")
        chosen = chosen if chosen in names else "customers"
        return super().get_context_data(
            shell_template=shell,
            site=settings.SITE_URL,
            tables=names,
            chosen=chosen,
            operations=operations_of(chosen),
            **kwargs,
        )


def tables() -> list[str]:
    """The first word behind ``/api/v1/`` of every address."""
    found = {detail["tags"][0] for path in document()["paths"].values() for detail in path.values()}
    return sorted(found - {"schema", "api"})


def operations_of(table: str) -> list[dict[str, Any]]:
    """Every operation on a table, as the page shows it."""
    return [
        _operation(path, method, methods[method])
        for path, methods in document()["paths"].items()
        for method in METHODS
        if method in methods and methods[method]["tags"][0] == table
    ]


def _operation(path: str, method: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": detail["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": detail.get("summary", ""),
        "text": detail.get("description", ""),
        "parameters": [
            (one["name"], PLACES.get(one["in"], one["in"]), _type(one["schema"]), one.get("description", ""), one.get("required"))
            for one in detail.get("parameters", [])
        ],
        "fields": _fields(detail.get("requestBody", {}).get("content", {})),
        "answers": [
            (status, answer.get("description", ""), _shape(answer)) for status, answer in detail["responses"].items()
        ],
        "shown": _fields(next((a.get("content", {}) for s, a in detail["responses"].items() if s.startswith("2")), {})),
    }  # fmt: skip


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema or "allOf" in schema:
        schema = schema["allOf"][0] if "allOf" in schema else document()["components"]["schemas"][_name(schema)]
    return schema


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _body(content: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = next(iter(content.values()), {})
    return dict(first.get("schema", {}))


def _fields(content: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Name, type, description and whether it is needed, of the fields of a body."""
    schema = _resolved(_body(content))
    results = schema.get("properties", {}).get("results")
    if results:
        schema = _resolved(results)
    if schema.get("type") == "array":
        schema = _resolved(schema.get("items", {}))
    needed = schema.get("required", [])
    return [
        (name, _type(one), str(one.get("description", "")), name in needed)
        for name, one in schema.get("properties", {}).items()
    ]


def _shape(answer: dict[str, Any]) -> str:
    schema = _body(answer.get("content", {}))
    return _name(schema) or _name(schema.get("items", {}))


def _type(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    schema = _resolved(schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value not in ("", None))
    if "oneOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["oneOf"]))
    kind = schema.get("type", "")
    kind = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if kind == "array":
        return f"list of {_type(schema.get('items', {})) or 'values'}"
    return str(schema.get("format") or kind or "any")
