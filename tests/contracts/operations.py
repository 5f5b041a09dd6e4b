"""The REST operations as the OpenAPI document and the URL resolver name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from crm.apidocs import document

METHODS = ("get", "post", "patch", "put", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    tag: str
    detail: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def takes_body(self) -> bool:
        return "requestBody" in self.detail or self.method in ("post", "patch", "put")

    def address(self, pk: int | str) -> str:
        return re.sub(r"\{[^}]+\}", str(pk), self.path)


def operations() -> list[Operation]:
    """Every operation of the document."""
    return [
        Operation(method, path, detail["tags"][0], detail)
        for path, methods in sorted(document()["paths"].items())
        for method, detail in sorted(methods.items())
        if method in METHODS
    ]


def routes(patterns: Any = None, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Every address that the resolver knows, with its pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def view_class(pattern: URLPattern) -> Any:
    """The class behind a pattern, for pages and API views alike; None for a plain function."""
    callback = pattern.callback
    return getattr(callback, "cls", None) or getattr(callback, "view_class", None)
