"""/data/exports/: what a person has written to files again and again, and the files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import exports
from crm.kit.jobpages import Story, told_by
from crm.kit.lists.export import FORMATS, Export
from crm.kit.models import Job, StandingExport, StandingFile
from crm.kit.standing import files, services
from crm.kit.standing.forms import StandingForm, initial_of
from crm.kit.views import Action, FormPage, Page, Policed, undo_toast

AUDITED = "standing export"
SHOWN_FILES = 10


class Standing(Page):
    """The reader's standing exports, each with its latest files."""

    policy = services.RIGHT
    template_name = "standing/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(services.own(self.request.user).order_by("name", "pk"))
        found: dict[int, list[StandingFile]] = {row.pk: [] for row in rows}
        for file in StandingFile.objects.filter(export__in=rows).select_related("job").order_by("-pk"):
            if len(found[file.export_id]) < SHOWN_FILES:
                found[file.export_id].append(file)
        return super().get_context_data(
            lines=[(row, found[row.pk], f"{row.path}?{row.query}" if row.query else row.path) for row in rows],
            now=timezone.now(), zone=services.zone_of(self.request.user).key, **kwargs,
        )  # fmt: skip


class StandingPage(FormPage):
    """Name, format and times of one."""

    policy = services.RIGHT
    form_class = StandingForm
    template_name = "standing/form.html"
    success_message: ClassVar[Any] = gettext_lazy("Saved.")

    @cached_property
    def row(self) -> StandingExport | None:
        """Which the address names; 404 for another's."""
        found = services.own(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def listing(self) -> type[Export]:
        """The list that is written."""
        return services.list_at(self.path)

    @property
    def path(self) -> str:
        """Where the list is."""
        return self.row.path if self.row else ""

    @property
    def query(self) -> str:
        """Its filters, sort and columns."""
        return self.row.query if self.row else ""

    def get_form(self, data: Any = None) -> StandingForm:
        form = StandingForm(data, initial=initial_of(self.row, str(getattr(self.listing, "title", ""))))
        form.set_zone(services.zone_of(self.request.user).key)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made = self.listing.read_by(self.request.user, self.query)
        return super().get_context_data(
            row=self.row, path=self.path, query=self.query, list_title=getattr(made, "title", ""),
            list_href=f"{self.path}?{self.query}" if self.query else self.path,
            columns=[str(column.label) for column in made.columns], **kwargs,
        )  # fmt: skip

    def save(self, form: Any) -> str:
        row = services.change(
            user=self.request.user, pk=self.kwargs["pk"], values=form.cleaned_data, now=timezone.now()
        )
        exports.note(self.request, "export.change", AUDITED, {"export": row.pk, "every": row.every})
        return reverse("standing")


class NewStanding(StandingPage):
    """From a list: "Export", "Repeat…"."""

    success_message: ClassVar[Any] = ""
    row = None  # type: ignore[assignment] # there is none yet

    @property
    def path(self) -> str:
        """As the list's own page named itself."""
        return (self.request.POST.get("list") or self.request.GET.get("list", ""))[:200]

    @property
    def query(self) -> str:
        """As it stood there."""
        return (self.request.POST.get("query") or self.request.GET.get("query", ""))[:4000]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.path:
            raise Http404
        return super().get(request, *args, **kwargs)

    def save(self, form: Any) -> str:
        user: Any = self.request.user
        row = services.create(
            user=user, path=self.path, query=self.query, values=form.cleaned_data, now=timezone.now()
        )  # fmt: skip
        detail: dict[str, object] = {"export": row.pk, "list": row.list, "query": row.query[:500], "every": row.every}
        exports.note(self.request, "export.repeat", AUDITED, detail)
        messages.success(self.request, _("“%(name)s” is set up.") % {"name": row.name})
        return reverse("standing")


class StandingAction(Action):
    """Something done to one."""

    policy = services.RIGHT

    def noted(self, action: str, row: StandingExport) -> str:
        """In the security trail; back to the page."""
        exports.note(self.request, f"export.{action}", AUDITED, {"export": row.pk, "list": row.list})
        return reverse("standing")


class RunNow(StandingAction):
    """One file at once, as a job."""

    def act(self, request: HttpRequest) -> str:
        job = services.run_now(user=request.user, pk=self.kwargs["pk"])
        return reverse("job", args=[job.token])


class Pause(StandingAction):
    """No further files."""

    def act(self, request: HttpRequest) -> str:
        row = services.pause(user=request.user, pk=self.kwargs["pk"])
        sentence = _("“%(name)s” is paused.") % {"name": row.name}
        undo_toast(request, sentence, reverse("standing-resume", args=[row.pk]))
        return self.noted("pause", row)


class Resume(StandingAction):
    """Go on."""

    def act(self, request: HttpRequest) -> str:
        row = services.resume(user=request.user, pk=self.kwargs["pk"], now=timezone.now())
        messages.success(request, _("“%(name)s” goes on.") % {"name": row.name})
        return self.noted("resume", row)


class Delete(StandingAction):
    """Away with its files, with Undo."""

    def act(self, request: HttpRequest) -> str:
        row = services.delete(user=request.user, pk=self.kwargs["pk"], now=timezone.now())
        sentence = _("“%(name)s” and its files are deleted.") % {"name": row.name}
        undo_toast(request, sentence, reverse("standing-restore", args=[row.pk]))
        return self.noted("delete", row)


class Restore(StandingAction):
    """Back again."""

    def act(self, request: HttpRequest) -> str:
        row = services.restore(user=request.user, pk=self.kwargs["pk"], now=timezone.now())
        messages.success(request, _("“%(name)s” is back.") % {"name": row.name})
        return self.noted("restore", row)


class FetchFile(Policed):
    """One file, for its owner."""

    policy = services.RIGHT

    def get(self, request: HttpRequest, token: Any) -> HttpResponseBase:
        file = services.fetch(user=request.user, token=token, now=timezone.now())
        exports.note(request, "export.fetch", AUDITED, {"export": file.export_id, "file": str(file.token)})
        kind = FORMATS[file.format][1] if file.format in FORMATS else "application/x-ndjson"
        made = file.made_at or timezone.now()
        name = f"{slugify(file.export.name, allow_unicode=True) or 'export'}-{timezone.localtime(made):%Y-%m-%d}"
        return FileResponse(
            files.path_of(file).open("rb"), as_attachment=True, filename=f"{name}.{file.format}", content_type=kind
        )


@told_by(services.KIND)
def story(job: Job, _reader: Any) -> Story:
    """Where the file of a job is fetched."""
    file = StandingFile.objects.filter(job=job).select_related("export").first()
    title = file.export.name if file else _("Export")
    failed = (job.result or {}).get("mail") == "failed"
    note = _("The mail about it could not be sent.") if failed else ""
    anchor = f"#export-{file.export_id}" if file else ""
    return Story(title, note=note, href=f"{reverse('standing')}{anchor}", action=_("To the files"))
