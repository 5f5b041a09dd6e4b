"""REST: imports. A file comes in as multipart, its import is a job, its report and rejects are read here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.errors import Invalid
from crm.kit.filters import ChoicesFilter, KitFilterSet
from crm.kit.jsonin import loads
from crm.kit.rest import KitReadViewSet, row_id
from crm.kit.shapes import KitSerializer
from customers.imports import kinds, services
from customers.imports.run import rejects_path
from customers.imports.undo.words import told
from customers.imports.uploads import BoundedUpload
from customers.models import ImportJob


class ImportShape(KitSerializer):
    """An import as the API shows it."""

    object = "import"
    key = "customers.importjob"

    id = serializers.IntegerField()
    kind = serializers.CharField()
    mode = serializers.CharField()
    source = serializers.CharField(source="source_name")  # type: ignore[assignment]
    team = serializers.CharField(source="team_name")
    file = serializers.CharField(source="file_name")
    dry_run = serializers.BooleanField()
    strict = serializers.BooleanField()
    state = serializers.CharField()
    job = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    report = serializers.SerializerMethodField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    undo = serializers.SerializerMethodField()

    def get_undo(self, row: Any) -> dict[str, Any] | None:
        """What became of taking it back: counts, and what was kept because somebody worked on it since."""
        request = self.context.get("request")
        return told(row.undo, user=request.user, most=100) if row.undo and request else None

    def get_job(self, row: Any) -> str | None:
        """The job's token, which its progress page carries."""
        return str(row.job.token) if row.job_id else None

    def get_progress(self, row: Any) -> dict[str, Any] | None:
        """How far the job is."""
        if not row.job_id:
            return None
        return {"state": row.job.state, "done": row.job.done, "total": row.job.total, "message": row.job.message}

    def get_report(self, row: Any) -> dict[str, Any] | None:
        """Counts and treatments; the rejects file is an address."""
        if row.report is None:
            return None
        return {
            **row.report,
            "rejects_file": f"/api/v1/imports/{row.pk}/rejects/" if row.report["rejects_file"] else None,
        }


class ImportInput(serializers.Serializer):
    """What a caller sends, as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000)
    kind = serializers.CharField(max_length=40)
    mapping = serializers.CharField(required=False, allow_blank=True, max_length=1_000_000)
    mode = serializers.ChoiceField(ImportJob.Mode.choices, default="upsert")
    source = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")  # type: ignore[assignment]
    team = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    dry_run = serializers.BooleanField(default=False)
    strict = serializers.BooleanField(default=False)

    def validate_kind(self, name: str) -> str:
        """A known kind."""
        try:
            kinds.get(name)
        except Invalid as error:
            raise serializers.ValidationError(error.message) from error
        return name

    def validate_mapping(self, text: str) -> dict[str, Any] | None:
        """JSON of a mapping's shape."""
        if not text.strip():
            return None
        try:
            found = loads(text.encode())
            services.check_mapping(found)
        except Invalid as error:
            raise serializers.ValidationError(error.message) from error
        except ValueError as error:
            raise serializers.ValidationError(_("The mapping is not valid JSON.")) from error
        return dict(found)


class ImportFilters(KitFilterSet):
    """The list of imports."""

    object = "import"
    key = "customers.importjob"

    state = ChoicesFilter(label=gettext_lazy("State"), choices=ImportJob.State.choices)

    class Meta:
        model = ImportJob
        fields: list[str] = []


class ImportViewSet(KitReadViewSet):
    """Imports: send a file, follow its job, read its report."""

    model = ImportJob
    object = "import"
    policy = {"create": ("import", "run"), "rejects": ("import", "view"), "undo": ("import", "run")}
    serializer_class = ImportShape
    filterset_class = ImportFilters
    orderings = {"created_at": "created_at"}
    ordering = "-created_at"
    select_related = ("job",)
    parser_classes = [MultiPartParser]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Uploads go to disk, counted, before anything reads the body."""
        if request.method == "POST":
            request.upload_handlers = [BoundedUpload(request)]
        return super().initialize_request(request, *args, **kwargs)

    def related(self, queryset: Any) -> Any:
        """With the job, whole."""
        return queryset.select_related("job")

    @extend_schema(request={"multipart/form-data": ImportInput}, responses={202: ImportShape})
    def create(self, request: Request) -> Response:
        """Accept a file; the answer is the job that imports it."""
        serializer = ImportInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        job = services.accept(
            upload=values["file"], kind=values["kind"], mapping=values.get("mapping"), source=values["source"],
            mode=values["mode"], team=values["team"], dry_run=values["dry_run"], strict=values["strict"],
            user=request.user, now=self.now(),
        )  # fmt: skip
        return self.answer(job, HTTPStatus.ACCEPTED, Location=f"/api/v1/imports/{job.pk}/")

    @extend_schema(request=None, responses={202: ImportShape})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str = "") -> Response:
        """Take the whole import back; the answer is the import, whose ``undo`` tells what became of it."""
        services.ask_undo(user=request.user, import_id=row_id(pk), now=self.now())
        return self.answer(self.get_object(), HTTPStatus.ACCEPTED)

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="CSV")})
    @action(detail=True, methods=["get"])
    def rejects(self, request: Request, pk: str = "") -> FileResponse:
        """The rows that were not taken, with line and reason: only for the person who imported them."""
        job = ImportJob.objects.filter(pk=row_id(pk), user=request.user).first()
        path = rejects_path(job) if job is not None else None
        if path is None or not path.exists():
            raise Http404
        return FileResponse(
            path.open("rb"), as_attachment=True, filename="rejects.csv", content_type="text/csv; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "no-store"},
        )  # fmt: skip
