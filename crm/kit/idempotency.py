"""A POST that is sent again with its Idempotency-Key is done once and answered with the same body."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from crm.kit.errors import Invalid, Refused

HEADER = "Idempotency-Key"
FITTING = re.compile(r"[\x21-\x7e]{1,200}")
Handler = Callable[..., HttpResponseBase]


class _NotDone(Exception):
    """Carries an error answer out of the transaction, which it rolls back."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


def once(request: Request, handler: Handler, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Run a POST handler at most once per user and key.

    The key's row is written in the same transaction as the work: parallel repeats wait for the first
    and read its answer; when the first fails, nothing stays and the next one tries. Raises Refused (422)
    when the key came with another body before.
    """
    key = request.headers[HEADER]
    if not FITTING.fullmatch(key):
        raise Invalid(_("The Idempotency-Key is 1 to 200 visible ASCII characters without blanks."))
    mark = _fingerprint(request)
    model = apps.get_model("accounts", "IdempotencyKey")
    try:
        with transaction.atomic():
            row, created = model.objects.get_or_create(user=request.user, key=key, defaults={"fingerprint": mark})
            if not created:
                return _replay(row, mark)
            response = handler(request, *args, **kwargs)
            if response.status_code >= 400:
                raise _NotDone(response)
            row.status, row.body = response.status_code, _kept(response)
            row.save(update_fields=["status", "body"])
            return response
    except _NotDone as not_done:
        return not_done.response


def forget(*, before: datetime) -> int:
    """Drop answers kept from before a moment; how many there were."""
    gone, _kinds = apps.get_model("accounts", "IdempotencyKey").objects.filter(created_at__lt=before).delete()
    return gone


def _fingerprint(request: Request) -> str:
    """SHA-256 of method, path and body; of fields and files where the body is a form."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, file in sorted(request.FILES.items()):
            digest.update(repr((name, file.name)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def _kept(response: HttpResponseBase) -> dict[str, Any]:
    data = response.data if isinstance(response, Response) else None
    return {
        "text": json.dumps(data, cls=JSONEncoder, ensure_ascii=False),
        "location": response.headers.get("Location", ""),
    }


def _replay(row: Any, mark: str) -> HttpResponse:
    if row.fingerprint != mark:
        raise Refused(
            _("This Idempotency-Key was used with another request. Nothing was changed; use a new key."),
            status=422, code="key_reused",
        )  # fmt: skip
    answer = HttpResponse(row.body["text"], status=row.status, content_type="application/json")
    answer["Idempotency-Replayed"] = "true"
    if row.body["location"]:
        answer["Location"] = row.body["location"]
    return answer
