"""How an operation stands in the OpenAPI document: every status it may answer, every filter it takes."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from crm.kit.extensions import extensions

PROBLEM_TYPE = "application/problem+json"


class Problem(serializers.Serializer):
    """An error: RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, what was kept and what to do.")
    code = serializers.CharField(required=False)
    errors = serializers.JSONField(required=False, help_text="Sentences by field.")


class BatchResult(serializers.Serializer):
    """What became of one row of a batch."""

    index = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    id = serializers.IntegerField(required=False)
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    error = serializers.CharField(required=False)
    errors = serializers.JSONField(required=False)


class BatchAnswer(serializers.Serializer):
    """The result of a batch."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    results = BatchResult(many=True)


ERRORS = {
    400: "The input does not fit; the sentences say where.",
    401: "No key, or one that is unknown, expired or revoked.",
    403: "The roles of the user or the scopes of the key do not allow it.",
    404: "There is nothing here that the user may see.",
    409: "The state does not allow it: a double, a stale version, a rule of the business.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The Idempotency-Key was used with another request.",
    503: "The database cannot answer right now; try again.",
}
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Repeats with the same key and body are answered with the first answer and done once.",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag read before; 409 when the row has changed since.",
)
NOUNS = {
    "list": "List",
    "retrieve": "Read",
    "create": "Create",
    "partial_update": "Change",
    "destroy": "Delete",
}


class KitSchema(AutoSchema):
    """drf-spectacular's schema, told about keyset lists, batches, problems and filters of the house."""

    def get_tags(self) -> list[str]:
        """The table that the address names."""
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return [parts[2]] if len(parts) > 2 else ["api"]

    def get_summary(self) -> str | None:
        """A few words: what the operation does to what."""
        action = getattr(self.view, "action", "") or self.method.lower()
        verb = NOUNS.get(action, action.replace("_", " ").capitalize())
        return f"{verb} {self.get_tags()[0]}"

    def get_override_parameters(self) -> list[Any]:
        """Paging, sorting, filters; keys for repeats and for concurrent edits."""
        found: list[Any] = list(getattr(self.view, "parameters", ()))
        action = getattr(self.view, "action", "")
        if action == "list":
            found += list_parameters(self.view)
        if self.method == "POST":
            found.append(IDEMPOTENCY)
        if action == "partial_update" and hasattr(getattr(self.view, "model", None), "version"):
            found.append(IF_MATCH)
        return found

    def get_request_serializer(self) -> Any:
        """The input shape of writes."""
        if self.method not in ("POST", "PATCH", "PUT"):
            return None
        write = getattr(self.view, "write_class", None)
        if getattr(self.view, "action", "") == "batch":
            return {"application/json": _batch_schema()}
        return write or super().get_request_serializer()

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """With a problem for every status that may come instead of success."""
        found = super().get_operation(*args, **kwargs)
        if found is not None:
            shape = self.resolve_serializer(Problem, "response").ref
            for status in self._errors():
                told = {"description": ERRORS[status], "content": {PROBLEM_TYPE: {"schema": shape}}}
                found["responses"].setdefault(str(status), told)
            found["responses"] = dict(sorted(found["responses"].items()))
        return found

    def get_response_serializers(self) -> Any:
        """The shape of success."""
        return self._success()

    def _success(self) -> dict[Any, Any]:
        declared = getattr(self.view, "responses", {}).get(self.method.lower())
        action = getattr(self.view, "action", "")
        if declared:
            return dict(declared)
        if action == "batch":
            return {200: BatchAnswer}
        if self.method == "DELETE":
            return {204: OpenApiResponse(description="Gone.")}
        shape = self.view.get_serializer_class() if hasattr(self.view, "get_serializer_class") else None
        if action == "list":
            return {200: shape(many=True)} if shape else {200: dict}
        shape = getattr(self.view, "detail_class", None) or shape or dict
        return {201 if self.method == "POST" else 200: shape}

    def _errors(self) -> list[int]:
        public = getattr(self.view, "policy", None) == ("public", "view")
        found = [503] if public else [401, 403, 503]
        if "{" in self.path:
            found.append(404)
        if self.method in ("POST", "PATCH", "PUT"):
            found += [400, 404, 409, 413, 415]
        if self.method == "POST":
            found.append(422)
        if self.method == "DELETE":
            found.append(409)
        if self.method == "GET":
            found.append(400)
        return sorted(set(found) | set(getattr(self.view, "statuses", ())))

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A key or the session of a page; nothing for public addresses."""
        return [] if getattr(self.view, "policy", None) == ("public", "view") else [{"apiKey": []}, {"session": []}]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """Addresses hold keys of our tables, unless the view says that they hold text."""
        texts = getattr(self.view, "text_parameters", ())
        number = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
        return [
            {
                "in": "path",
                "name": name,
                "required": True,
                "schema": {"type": "string"} if name in texts else number,
            }
            for name in variables
        ]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return getattr(self.view, "action", "") == "list"


def list_parameters(view: Any) -> list[OpenApiParameter]:
    """Everything that may stand after the ``?`` of a list."""
    names = sorted({*view.orderings, *(name for one in extensions(view.key) for name in one.orderings)})
    ways = [way for name in names for way in (name, f"-{name}")]
    found = [
        OpenApiParameter("cursor", str, description="From “next” or “previous” of a page."),
        OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
        OpenApiParameter("count", bool, description="Also count the rows, exactly up to 10,000."),
    ]
    if ways:
        found.append(OpenApiParameter("ordering", str, enum=ways, description="Sort; “-” turns it round."))
    filters = view.filterset_class.offered() if getattr(view, "filterset_class", None) else {}
    return found + [_filter_parameter(name, one) for name, one in filters.items()]


def _filter_parameter(name: str, one: Any) -> OpenApiParameter:
    many = issubclass(one.field_class, forms.MultipleChoiceField)
    schema = {"type": "array", "items": _kind(one)} if many else _kind(one)
    return OpenApiParameter(name, schema, description=str(one.label or ""), explode=True if many else None)


def _kind(one: Any) -> dict[str, Any]:
    field = one.field_class
    choices = one.extra.get("choices")
    if choices and not callable(choices):
        return {"type": "string", "enum": [str(value) for value, _label in choices]}
    if issubclass(field, forms.ModelChoiceField | forms.IntegerField):
        return {"type": "integer"}
    if issubclass(field, forms.DecimalField | forms.FloatField):
        return {"type": "number"}
    if issubclass(field, forms.DateTimeField) or "DateTime" in field.__name__:
        return {"type": "string", "format": "date-time"}
    if issubclass(field, forms.DateField):
        return {"type": "string", "format": "date"}
    if issubclass(field, forms.NullBooleanField):
        return {"type": "boolean"}
    return {"type": "string"}


def _batch_schema() -> dict[str, Any]:
    rows = {
        "type": "array",
        "maxItems": 1000,
        "minItems": 1,
        "items": {"type": "object", "required": ["external_id"]},
    }
    return {
        "oneOf": [
            rows,
            {
                "type": "object",
                "required": ["rows"],
                "properties": {"source": {"type": "string"}, "rows": rows},
            },
        ]
    }
