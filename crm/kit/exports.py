"""Taking data out leaves a mark: whoever keeps the audit trail registers here what writes it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Writer = Callable[[HttpRequest, str, str, dict[str, object]], None]

_writers: list[Writer] = []


def audit_by(writer: Writer) -> Writer:
    """Register the function that writes the audit trail: (request, action, object, detail)."""
    if writer not in _writers:
        _writers.append(writer)
    return writer


def note(request: HttpRequest, action: str, obj: str, detail: dict[str, object]) -> None:
    """Write what a person did to the audit trail."""
    for writer in _writers:
        writer(request, action, obj, detail)


def exported(request: HttpRequest, key: str, query: str) -> None:
    """A list was taken out as a file, with these filters."""
    note(request, "export", key, {"query": query[:500]})
