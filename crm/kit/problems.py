"""Every error of the API as problem+json, with a sentence and never an internal."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from crm.kit.errors import Invalid, Refused, error_id, problem

logger = logging.getLogger(__name__)
UNIQUE, FOREIGN_KEY = "23505", "23503"


def problem_response(error: Exception, context: dict[str, Any]) -> JsonResponse | Response:
    """DRF's exception handler: what a view raised becomes the answer."""
    match error:
        case Invalid():
            return problem(error.status, error.message, code=error.code, errors=error.fields)
        case Refused():
            return problem(error.status, error.message, code=error.code)
        case Http404() | exceptions.NotFound():
            return problem(404, _("There is nothing here that you may see."), code="not_found")
        case exceptions.ValidationError():
            return problem(400, _("Some values do not fit."), code="invalid", errors=_plain(error.detail))
        case exceptions.APIException():
            return _of_framework(error)
        case PermissionDenied():
            return problem(403, _("You may not do this."), code="forbidden")
        case RequestDataTooBig():
            return problem(413, _("The body is too large."), code="too_large")
        case SuspiciousOperation():
            return problem(400, _("The request does not fit."), code="invalid")
        case DatabaseError() | InterfaceError():
            return _of_database(error)
    return _unforeseen(error)


def _of_database(error: Exception) -> JsonResponse:
    match error:
        case DataError():
            return problem(400, _("A value is outside of what can be kept."), code="invalid")
        case IntegrityError():
            return _of_constraint(error)
        case OperationalError() | InterfaceError():
            logger.warning("Database unavailable: %s", type(error).__name__)
            return problem(503, unavailable_sentence(), code="unavailable", **{"Retry-After": "5"})
    return _unforeseen(error)


def _unforeseen(error: Exception) -> JsonResponse:
    reference = error_id()
    logger.error("Unhandled error %s", reference, exc_info=error)
    sentence = _("Something went wrong here; nothing was changed. Tell support the number %(id)s.") % {"id": reference}
    return problem(500, sentence, code="error")


def unavailable_sentence() -> str:
    """What a caller reads while the database is away or busy."""
    return _("The database cannot answer right now. Nothing was lost; try again in a few seconds.")


def _plain(detail: Any) -> Any:
    if isinstance(detail, dict):
        return {str(key): _plain(value) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_plain(value) for value in detail]
    return str(detail)


def _of_framework(error: exceptions.APIException) -> JsonResponse:
    headers: dict[str, str] = {}
    if found := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = found
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    code = error.get_codes()
    return problem(error.status_code, str(error.detail), code=code if isinstance(code, str) else "invalid", **headers)


def _of_constraint(error: IntegrityError) -> JsonResponse:
    """The database guards the truth: a double is a conflict, any other broken rule bad input."""
    state = getattr(error.__cause__, "pgcode", "")
    if state == UNIQUE:
        return problem(409, _("A record with this key exists already. Nothing was changed."), code="exists")
    if state == FOREIGN_KEY:
        return problem(409, _("Other records depend on this one. Nothing was changed."), code="in_use")
    return problem(400, _("The values do not fit together. Nothing was changed."), code="invalid")
