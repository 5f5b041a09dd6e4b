"""Refusals with a sentence, and the two shapes in which errors leave: a page, or problem+json."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

PROBLEM = "application/problem+json"


class Refused(Exception):
    """A service said no: the sentence says what happened, what was kept and what to do."""

    def __init__(self, message: str, *, status: int = HTTPStatus.CONFLICT, code: str = "refused") -> None:
        super().__init__(message)
        self.message, self.status, self.code = str(message), int(status), code


class Invalid(Refused):
    """Input that does not fit; ``fields`` gives the sentence of each field."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message, status=HTTPStatus.BAD_REQUEST, code="invalid")
        self.fields = dict(fields or {})


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer goes to a program."""
    return request.path.startswith("/api/")


def error_id() -> str:
    """Eight characters that a person can read to support, and a log line carries."""
    return uuid.uuid4().hex[:8]


def problem(status: int, detail: str, *, code: str = "", errors: Any = None, **headers: str) -> JsonResponse:
    """An error as RFC 9457 problem details."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return JsonResponse(body, status=status, content_type=PROBLEM, headers=headers)


def database_away(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, says that the database cannot be reached."""
    for _step in range(5):
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = (error.__cause__ or error.__context__) if error is not None else None
    return False


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 while the database is away; the page needs no database."""
    sentence = _("The database cannot be reached right now. Nothing was lost; try again in a few seconds.")
    if wants_json(request):
        return problem(503, sentence, code="unavailable", **{"Retry-After": "5"})
    body = render_to_string("errors/503.html", {"sentence": sentence})
    return HttpResponse(body, status=503, headers={"Retry-After": "5"})
