"""Step 1: a file by drop, by choice or by paste; the kind of its rows."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from crm.kit.errors import Invalid
from crm.kit.jsonin import TooLarge
from crm.kit.views import FormPage, PlainForm, Policed, go_to
from customers.imports import kinds
from customers.imports.uploads import MAX_UPLOAD, BoundedUpload
from customers.imports.wizard import drafts, labels, samples
from customers.imports.wizard.steps import OfImport, address, standing
from customers.models import ImportJob

MOST_PASTED = 2_000_000


class UploadForm(PlainForm):
    """A file or a pasted table, and the kind of its rows."""

    file = forms.FileField(label=gettext_lazy("File"), required=False, max_length=1000, allow_empty_file=True)
    pasted = forms.CharField(
        label=gettext_lazy("Or paste a table"), required=False, strip=False, max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy("Rows copied from a spreadsheet or a text file, the header first."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What the rows are"), required=False)


@method_decorator(csrf_exempt, name="dispatch")
class UploadPage(OfImport, FormPage):
    """Begin an import. The file goes to disk as it comes and is counted on the way."""

    policy = ("import", "run")
    step = "upload"
    form_class = UploadForm
    template_name = "imports/upload.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The upload is bounded before the check of the form's token reads the body."""
        if request.method == "POST":
            request.upload_handlers = [BoundedUpload(request)]
        try:
            return self._checked(request, *args, **kwargs)
        except TooLarge as error:
            self.setup(request, *args, **kwargs)
            return self._too_large(str(error.detail))

    @method_decorator(csrf_protect)
    def _checked(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def _too_large(self, sentence: str) -> HttpResponse:
        form = UploadForm({})
        self._offer(form)
        form.add_error("file", sentence)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def _offer(self, form: UploadForm) -> None:
        known = [(one.name, labels.kind_label(one.name)) for one in drafts.allowed_kinds(self.request.user)]  # type: ignore[arg-type]
        form.offer("kind", [("", _("Find out from the columns")), *known])

    def get_form(self, data: Any = None) -> UploadForm:
        """Bound to what was sent, the file included."""
        asked = self.request.GET.get("kind", "")
        form = UploadForm(data, self.request.FILES if data is not None else None, initial={"kind": asked})
        self._offer(form)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = [(one.name, labels.kind_label(one.name), labels.kind_icon(one.name))
                   for one in drafts.allowed_kinds(self.request.user)]  # type: ignore[arg-type]  # fmt: skip
        more = {"kinds": offered, "most": MAX_UPLOAD // 2**30, **self.about(self.of())}
        return super().get_context_data(**more, **kwargs)

    def of(self) -> ImportJob | None:
        """The draft whose file is to be changed; none yet here."""
        return None

    def save(self, form: Any) -> str:
        chunks, name = _what_came(form)
        if chunks is None:
            sentence = _("Choose a file or paste a table.")
            raise Invalid(sentence, fields={"file": sentence})
        made = drafts.start(
            user=self.request.user, chunks=chunks, file_name=name, kind=form.cleaned_data["kind"],  # type: ignore[arg-type]
            now=timezone.now(),
        )  # fmt: skip
        return address(made, "map")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().post(request, *args, **kwargs)
        finally:
            for _field, uploads in request.FILES.lists():
                for upload in uploads:
                    upload.close()


def _what_came(form: Any) -> tuple[Any, str]:
    """The pieces of what was sent and its name; the file counts before the text."""
    upload = form.cleaned_data.get("file")
    if upload is not None:
        return upload.chunks(), upload.name or "file"
    pasted = form.cleaned_data.get("pasted") or ""
    if pasted.strip():
        return [pasted.encode("utf-8", "replace")], _("pasted table")
    return None, ""


class ChangeUpload(UploadPage):
    """Back at step 1: another file or another kind for a draft."""

    template_name = "imports/upload.html"

    def of(self) -> ImportJob | None:
        return self.draft

    def get_form(self, data: Any = None) -> UploadForm:
        form = super().get_form(data)
        form.fields["kind"].initial = form.initial["kind"] = self.draft.kind
        return form

    def save(self, form: Any) -> str:
        chunks, name = _what_came(form)
        user: Any = self.request.user
        drafts.change(draft=self.draft, user=user, chunks=chunks, file_name=name, kind=form.cleaned_data["kind"])
        return address(self.draft, "map")


class Template(Policed):
    """The columns of a kind as a file, empty or with three rows."""

    policy = ("import", "run")

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        user: Any = request.user
        if kind not in [one.name for one in drafts.allowed_kinds(user)]:
            raise Http404
        filled = request.GET.get("filled") == "1"
        name = f"{kind}-sample.csv" if filled else f"{kind}-template.csv"
        return HttpResponse(
            samples.table(kinds.get(kind), filled=filled), content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )  # fmt: skip


class Resume(OfImport, Policed):
    """Goes to the step at which an import stands."""

    policy = ("import", "view")

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return go_to(request, address(self.row, standing(self.row)))
