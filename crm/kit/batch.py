"""``POST …/batch/``: many rows at once, each made or changed by (source, external_id), each with its result."""

from __future__ import annotations

from typing import Any

from django.db import DataError, IntegrityError, models, transaction
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.errors import Invalid, Refused

MAX_ROWS = 1_000
OWN_SOURCE = "api"
"""The source of rows that name none."""


class BatchRows:
    """The ``batch`` action of a viewset."""

    request: Request

    def by_external(self, source: str, external_ids: list[str]) -> dict[str, Any]:
        """Rows of a source by their id there; tables that keep these ids elsewhere override this."""
        rows = self.model._default_manager.filter(source__name=source, external_id__in=external_ids)  # type: ignore[attr-defined]
        return {row.external_id: row for row in rows}

    def repeat(self, row: Any) -> bool:
        """Whether a row that is here already stays as it is (append-only tables)."""
        return False

    @action(detail=False, methods=["post"], url_path="batch", url_name="batch")
    def batch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make or change up to 1,000 rows by (source, external_id); a rejected row leaves the others alone."""
        rows, source = _rows(request.data)
        keys = [_key(row, source) for row in rows]
        found = self._found(keys)
        results = [self._one(place, row, key, found) for place, (row, key) in enumerate(zip(rows, keys, strict=True))]
        states = [result["status"] for result in results]
        counts = {state: states.count(state) for state in ("created", "updated", "unchanged", "rejected")}
        return Response({**counts, "results": results})

    def _found(self, keys: list[tuple[str, str] | None]) -> dict[tuple[str, str], Any]:
        by_source: dict[str, list[str]] = {}
        for key in keys:
            if key:
                by_source.setdefault(key[0], []).append(key[1])
        return {
            (source, external): row
            for source, ids in by_source.items()
            for external, row in self.by_external(source, ids).items()
        }

    def _one(
        self, place: int, row: Any, key: tuple[str, str] | None, found: dict[tuple[str, str], Any]
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"index": place, "external_id": key[1] if key else None}
        try:
            if key is None:
                raise Invalid(_("Each row is an object with a text “external_id”."))
            with transaction.atomic():
                saved, state = self._write(row, key, found.get(key))
            found[key] = saved
            return {**result, "id": saved.pk, "status": state}
        except Refused as refused:
            return {**result, "status": "rejected", "error": refused.message, "errors": getattr(refused, "fields", {})}
        except exceptions.ValidationError as error:
            return {**result, "status": "rejected", "error": _("Some values do not fit."), "errors": error.detail}
        except exceptions.APIException as error:
            return {**result, "status": "rejected", "error": str(error.detail), "errors": {}}
        except (DataError, IntegrityError):
            return {**result, "status": "rejected", "error": _("The values do not fit together."), "errors": {}}

    def _write(self, row: dict[str, Any], key: tuple[str, str], existing: Any) -> tuple[Any, str]:
        source, external = key
        if existing is None:
            data = self.checked({**row, "source": source, "external_id": external})  # type: ignore[attr-defined]
            return self.create_row(data), "created"  # type: ignore[attr-defined]
        if self.repeat(existing) and self._seen(existing):
            return existing, "unchanged"
        data = self.checked(row, partial=True)  # type: ignore[attr-defined]
        if not self._writable(existing):
            raise Refused(_("This external id belongs to a record that you cannot change."))
        data.pop("source", None)
        data.pop("external_id", None)
        saved = self.update_row(existing, data)  # type: ignore[attr-defined]
        return saved, "updated" if getattr(saved, "was_changed", True) else "unchanged"

    def _writable(self, row: models.Model) -> bool:
        user = self.request.user
        if not user.access.can(self.object, "change"):  # type: ignore[attr-defined]
            return False
        return self._seen(row) and bool(self.within_reach(row, "change"))  # type: ignore[attr-defined]

    def _seen(self, row: models.Model) -> bool:
        return bool(self.model._default_manager.visible_to(self.request.user).filter(pk=row.pk).exists())  # type: ignore[attr-defined]


def _rows(data: Any) -> tuple[list[Any], str]:
    """The rows of a body, a bare list or ``{"source": …, "rows": […]}``, and the source for all."""
    source = OWN_SOURCE
    if isinstance(data, dict):
        given = data.get("source", OWN_SOURCE)
        if not isinstance(given, str) or not given.strip() or len(given) > 80:
            raise Invalid(_("The source is a text of at most 80 characters."))
        source, data = given.strip(), data.get("rows")
    if not isinstance(data, list) or not data:
        raise Invalid(_("Send a list of rows, or an object with “rows”."))
    if len(data) > MAX_ROWS:
        raise Invalid(_("A batch holds at most %(most)s rows; send it in parts.") % {"most": f"{MAX_ROWS:,}"})
    return data, source


def _key(row: Any, source: str) -> tuple[str, str] | None:
    if not isinstance(row, dict):
        return None
    external, own = row.get("external_id"), row.get("source") or source
    if not isinstance(external, str) or not isinstance(own, str):
        return None
    external, own = external.strip(), own.strip()
    fits = 0 < len(external) <= 200 and 0 < len(own) <= 80
    return (own, external) if fits else None
