"""Addresses of files: the list of a record, adding, fetching, removing with Undo."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from crm.kit.errors import Invalid, Refused
from crm.kit.jsonin import TooLarge
from crm.kit.views import Policed, go_to, undo_toast
from customers import holders
from customers.files import services
from customers.files.models import Attachment
from customers.imports.uploads import BoundedUpload

CHANGED = "files-changed"
SHUT_IN = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
MOST_AT_ONCE = 20


class BoundedFiles(BoundedUpload):
    """Each file of a request is counted on its own and stopped at the limit of files."""

    files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """The next file begins."""
        self.received, self.files = 0, self.files + 1
        if self.files > MOST_AT_ONCE:
            raise TooLarge(_("At most %(n)s files are taken at once.") % {"n": MOST_AT_ONCE})
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """One piece; raises 413 past the limit."""
        if self.received + len(raw_data) > services.most_bytes():
            raise TooLarge(services.too_large())
        super().receive_data_chunk(raw_data, start)


def shown(request: HttpRequest, kind: holders.Holder, row: Any) -> dict[str, Any]:
    """What the list of a record's files needs."""
    return {
        "files": services.files_of(kind, row.pk),
        "may_change": holders.may_change(request.user, kind, row),  # type: ignore[arg-type]
        "where": reverse("files", args=[kind.object, row.pk]),
        "most": services.most_bytes() // 2**20,
    }


def draw(
    request: HttpRequest, obj: str, pk: int, *, complaints: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    """The list alone, or on a page of its own where there is no script."""
    kind, row = holders.seen(request.user, obj, pk)  # type: ignore[arg-type]
    context = {
        **shown(request, kind, row),
        "complaints": complaints,
        "row": row,
        "back": reverse(kind.page, args=[row.pk]),
    }
    part = request.headers.get("HX-Request")
    return render(request, "files/list.html" if part else "files/page.html", context, status=status)


@method_decorator(csrf_exempt, name="dispatch")
class Files(Policed):
    """The files of a record. One that comes in goes to disk as it comes and is counted on the way."""

    policy = ("self", "view")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The upload is bounded before the check of the form's token reads the body."""
        if request.method == "POST":
            request.upload_handlers = [BoundedFiles(request)]
        try:
            return self._checked(request, *args, **kwargs)
        except TooLarge as error:
            return self._too_large(request, str(error.detail), **kwargs)

    @method_decorator(csrf_protect)
    def _checked(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def _too_large(self, request: HttpRequest, sentence: str, object: str, pk: int) -> HttpResponse:
        try:
            return draw(request, object, pk, complaints=(sentence,), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except Refused as refused:
            raise Http404 from refused

    def get(self, request: HttpRequest, object: str, pk: int) -> HttpResponse:
        return draw(request, object, pk)

    def post(self, request: HttpRequest, object: str, pk: int) -> HttpResponseBase:
        holders.changeable(request.user, object, pk)
        uploads = request.FILES.getlist("file")
        made, complaints = [], [] if uploads else [_("Choose a file first.")]
        for upload in uploads:
            try:
                made.append(self._add(request, object, pk, upload))
            except Invalid as invalid:
                complaints.append(f"{upload.name}: {invalid.message}")
            finally:
                upload.close()
        if complaints:
            return draw(request, object, pk, complaints=tuple(complaints), status=HTTPStatus.UNPROCESSABLE_ENTITY)
        sentence = _("%(name)s is added.") % {"name": ", ".join(one.name for one in made)}
        return done(
            request, made[-1], sentence, reverse("file-remove", args=[made[-1].token]) if len(made) == 1 else ""
        )

    def _add(self, request: HttpRequest, obj: str, pk: int, upload: Any) -> Attachment:
        return services.add_file(
            user=request.user, obj=obj, pk=pk, upload=upload.file, name=upload.name or "", now=timezone.now()  # type: ignore[arg-type]
        )  # fmt: skip


def done(request: HttpRequest, row: Attachment, sentence: str, undo: str) -> HttpResponseBase:
    """The list again, with the sentence and its Undo."""
    pk = row.record or row.customer_id or row.contact_id
    assert pk is not None
    if not request.headers.get("HX-Request"):
        if undo:
            undo_toast(request, sentence, undo)
        else:
            messages.success(request, sentence)
        return go_to(request, reverse("files", args=[row.object, pk]))
    answer = draw(request, row.object, pk)
    told: dict[str, Any] = {"toast": {"text": sentence, "undo": undo}}
    if request.headers.get("HX-Target") != "files":
        told[CHANGED] = True  # the Undo of a toast: the list is somewhere else on the page
    answer.headers["HX-Trigger"] = json.dumps(told)
    return answer


class FetchFile(Policed):
    """The bytes, under a token that nobody guesses; only a picture that was drawn anew may be shown in a page."""

    policy = ("self", "view")

    def get(self, request: HttpRequest, token: UUID) -> FileResponse:
        row = services.find(request.user, token)
        shows = row.is_picture and "show" in request.GET
        try:
            held = row.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        kind = row.kind if row.is_picture else "application/octet-stream"
        return FileResponse(held, as_attachment=not shows, filename=row.name, content_type=kind, headers=SHUT_IN)


class RemoveFile(Policed):
    """Take a file off its record, with Undo."""

    policy: ClassVar = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, token: UUID) -> HttpResponseBase:
        row = services.remove_file(user=request.user, token=token, now=timezone.now())
        return done(request, row, _("%(name)s is removed.") % {"name": row.name}, reverse("file-restore", args=[token]))


class RestoreFile(Policed):
    """Put it back."""

    policy: ClassVar = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, token: UUID) -> HttpResponseBase:
        row = services.put_back_file(user=request.user, token=token)
        return done(request, row, _("%(name)s is back.") % {"name": row.name}, "")
