"""The base of every REST view: policy, key scopes, keyset lists, rows by ``visible_to``, one error shape.

An app declares a viewset in its ``api.py``::

    class DealViewSet(KitViewSet):
        model = Deal  # has objects.visible_to(user)
        object = "deal"  # policy object of the grants
        serializer_class = DealShape  # output, a KitSerializer
        write_class = DealInput  # input, a plain Serializer with writable fields only
        filterset_class = DealFilters  # the page's FilterSet
        orderings = {"opened_at": "opened_at"}
        ordering = "-opened_at"

        def create_row(self, data):
            return services.open_deal(user=self.request.user, **data)

and registers it: ``def register(router): router.register("deals", DealViewSet, basename="deals")``.
Read-only tables use ``KitReadViewSet``; single addresses use ``KitAPIView`` with ``policy`` by method.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.kit import extensions as added
from crm.kit import idempotency, keyset
from crm.kit.batch import BatchRows
from crm.kit.filters import KitFilterSet, strictly
from crm.kit.gate import JSONOnly, KeysetPagination, Policy, PolicyPermission
from crm.kit.rows import tag
from crm.kit.shapes import KitSerializer, reading, represent

__all__ = [
    "JSONOnly", "KeysetPagination", "KitAPIView", "KitReadViewSet", "KitViewSet", "Policed", "PolicyPermission", "row_id",
]  # fmt: skip

MAX_ID = 2**63 - 1
PAGING = ("cursor", "page_size", "ordering", "count")
API_PAGE_SIZE = 100


class Policed(APIView):
    """What all REST views share."""

    policy: Policy | Mapping[str, Policy]
    content_negotiation_class = JSONOnly

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, may they, and, for a POST that carries an Idempotency-Key, once only."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and idempotency.HEADER in request.headers:
            handler = getattr(self, "post", None)
            if handler is not None:
                self.post = partial(idempotency.once, handler=handler)  # type: ignore[method-assign]

    def now(self) -> Any:
        """The one clock reading of a request."""
        if not hasattr(self, "_now"):
            self._now = timezone.now()
        return self._now


class KitAPIView(Policed):
    """A single address. ``policy`` is one pair, or pairs by method in lower case."""


def row_id(raw: Any) -> int:
    """A key from an address; anything that is no key is an absent row (404)."""
    text = str(raw)
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID):
        raise Http404
    return int(text)


class KitReadViewSet(Policed, viewsets.GenericViewSet):
    """List and record of one table."""

    model: ClassVar[type[models.Model]]
    object: ClassVar[str]
    serializer_class: type[KitSerializer]
    detail_class: ClassVar[type[KitSerializer] | None] = None
    filterset_class: ClassVar[type[KitFilterSet]]
    orderings: ClassVar[Mapping[str, str]] = {}
    ordering: ClassVar[str] = "-id"
    select_related: ClassVar[tuple[str, ...]] = ()
    pagination_class = KeysetPagination
    filter_backends: list[Any] = []
    lookup_value_regex = "[^/.]+"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        obj = cls.__dict__.get("object")
        if not obj:
            return
        own = cls.__dict__.get("policy") or {}
        cls.policy = {
            "list": (obj, "view"), "retrieve": (obj, "view"), "create": (obj, "add"), "batch": (obj, "add"),
            "partial_update": (obj, "change"), "destroy": (obj, "delete"), **own,
        }  # fmt: skip

    @property
    def key(self) -> str:
        """The name of this list among extensions."""
        return self.model._meta.label_lower

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that the user may see, with what the shape reads of other tables."""
        queryset = self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]
        return self.related(queryset)

    def related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Joins and annotations that the shape needs, those of apps above included."""
        found = added.extensions(self.key, self.request.user)
        own = reading(self.model, self.serializer_class, self.select_related)
        names = [*own.relations, *(name for one in found for name in one.select_related)]
        if names:
            queryset = queryset.select_related(*names)
        if names or own.values:
            queryset = queryset.only(*own.columns).annotate(**own.values)
        for one in found:
            queryset = one.annotate(queryset)
        return queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of rows."""
        params = request.query_params
        queryset = strictly(self.filterset_class, params, self.get_queryset(), request, besides=PAGING)
        levels = request.user.access.restricted_fields(self.object)
        offered = added.orderings(self.key, request.user, self.orderings)
        allowed = {name: path for name, path in offered.items() if not {path, path.split("__")[0]} & levels.keys()}
        ordering = keyset.resolve(params.get("ordering", ""), model=self.model, allowed=allowed, default=self.ordering)
        size = keyset.page_size(params.get("page_size"), default=API_PAGE_SIZE)
        page = keyset.page(queryset, ordering=ordering, cursor=params.get("cursor", ""), size=size)
        body: dict[str, Any] = {
            "next": self._link(page.next), "previous": self._link(page.previous), "next_cursor": page.next or None,
        }  # fmt: skip
        if params.get("count") in ("true", "1"):
            counted = keyset.count(queryset) if page.total is None else keyset.counted(page.total)
            body |= {"count": counted.value, "count_exact": counted.exact}
        body["results"] = represent(self.serializer_class, page.rows, request.user)
        return Response(body)

    def _link(self, cursor: str) -> str | None:
        """An absolute address from the configured site, never from the Host header."""
        if not cursor:
            return None
        params = self.request.query_params.copy()
        params["cursor"] = cursor
        return f"{settings.SITE_URL}{self.request.path}?{urlencode(list(params.lists()), doseq=True)}"

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One row."""
        return self.answer(self.get_row())

    def get_row(self, action: str = "view") -> Any:
        """The row of the address: 404 unless it may be seen, 403 unless the action reaches it."""
        row = self.get_queryset().filter(pk=row_id(self.kwargs["pk"])).first()
        if row is None:
            raise Http404
        if action != "view" and not self.within_reach(row, action):
            raise exceptions.PermissionDenied(_("You may see this record, but not change it."))
        return row

    def within_reach(self, row: Any, action: str) -> bool:
        """Whether the scope of an action covers a row that may be seen."""
        access = self.request.user.access
        if access.team_ids(self.object, action) is None:
            return bool(access.can(self.object, action))
        return bool(self.model._default_manager.filter(self.reach(action), pk=row.pk).exists())

    def reach(self, action: str) -> models.Q:
        """The rows that an action covers; tables without ``team`` and ``owner`` override this."""
        return self.request.user.access.rows(self.object, action)

    def answer(self, row: Any, status: int = HTTPStatus.OK, **headers: str) -> Response:
        """A row as the answer, with its tag as ETag."""
        shape = self.detail_class or self.serializer_class
        response = Response(represent(shape, [row], self.request.user)[0], status=status, headers=headers)
        if found := tag(row):
            response["ETag"] = f'"{found}"'
        return response


class KitViewSet(BatchRows, KitReadViewSet):  # type: ignore[misc] # DRF too narrows the request of View
    """A table that is written too. Subclasses name the services; validation and shape are here.

    A table without changes or deletes sets ``partial_update = None`` or ``destroy = None``.
    """

    write_class: ClassVar[type[serializers.Serializer]]
    created_class: ClassVar[type[KitSerializer] | None] = None

    def create_row(self, data: dict[str, Any]) -> models.Model:
        """Make a row from checked input."""
        raise NotImplementedError

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> models.Model:
        """Change a row by checked input; ``expected`` is the tag in If-Match."""
        raise NotImplementedError

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """Take a row away."""
        raise NotImplementedError

    def hints(self, row: Any) -> dict[str, Any]:
        """What the answer to a new row says besides it."""
        return {}

    def checked(self, data: Any, *, partial: bool = False) -> dict[str, Any]:
        """Input through the write serializer; raises 400 with a sentence per field."""
        serializer = self.write_class(data=data, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a row."""
        row = self.create_row(self.checked(request.data))
        address = f"{settings.SITE_URL}{request.path}{row.pk}/"
        response = self.answer(self.reread(row), HTTPStatus.CREATED, Location=address)
        response.data |= self.hints(row)
        return response

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the fields that are sent."""
        row = self.get_row("change")
        data = self.checked(request.data, partial=True)
        return self.answer(self.reread(self.update_row(row, data, self.expected_tag())))

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a row away."""
        self.delete_row(self.get_row("delete"), self.expected_tag())
        return Response(status=HTTPStatus.NO_CONTENT)

    def reread(self, row: Any) -> Any:
        """The row as the shape needs it, whatever the service returned."""
        found = self.related(self.model._default_manager.all()).filter(pk=row.pk).first()
        return row if found is None else found

    def expected_tag(self) -> str | None:
        """The tag in If-Match, or None where any will do."""
        sent = self.request.headers.get("If-Match", "").strip()
        return None if sent in ("", "*") else sent.removeprefix("W/").strip('"')
