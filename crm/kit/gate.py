"""The door of the REST API: JSON only, the view's policy, the key's scopes, the envelope of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext as _
from rest_framework import exceptions, permissions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import BasePagination

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

Policy = tuple[str, str]


class JSONOnly(BaseContentNegotiation):
    """The API speaks JSON, whatever a browser prefers."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of the body's media type, or None (415)."""
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first renderer."""
        return renderers[0], renderers[0].media_type


class PolicyPermission(permissions.BasePermission):
    """The view's policy against the grants of the user, then the scopes of the key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raises 401 for a visitor and 403, naming the roles that may, for a user without the grant."""
        obj, action = needed_policy(view, request)
        if obj == "public":
            return True
        if not request.user.is_authenticated or not request.user.is_active:
            raise exceptions.NotAuthenticated(_("Send your API key: Authorization: Bearer <key>."))
        if obj != "self" and not request.user.access.can(obj, action):
            raise exceptions.PermissionDenied(_refusal(obj, action))
        self._check_scopes(request, view, obj)
        return True

    @staticmethod
    def _check_scopes(request: Request, view: APIView, obj: str) -> None:
        scopes = getattr(request.auth, "scopes", None)
        if scopes is None or "*" in scopes:
            return
        family = getattr(view, "scope", "") or getattr(view, "basename", "") or f"{obj}s"
        verb = "read" if request.method in permissions.SAFE_METHODS else "write"
        if f"{family}:{verb}" not in scopes and f"*:{verb}" not in scopes:
            raise exceptions.PermissionDenied(
                _("This key does not carry the scope “%(scope)s”.") % {"scope": f"{family}:{verb}"}
            )


def needed_policy(view: Any, request: Request) -> Policy:
    """What the called action or method needs; a view that does not say is refused."""
    policy = getattr(view, "policy", None)
    if isinstance(policy, Mapping):
        method = "get" if request.method == "HEAD" else (request.method or "").lower()
        policy = policy.get(getattr(view, "action", None)) or policy.get(method)
        if policy is None and (request.method or "") not in getattr(view, "allowed_methods", ()):
            raise exceptions.MethodNotAllowed(request.method or "")
        if policy is None and request.method == "OPTIONS":
            return ("self", "view")
    if not policy:
        raise exceptions.PermissionDenied(_("You may not do this."))
    return policy


def _refusal(obj: str, action: str) -> str:
    grants = apps.get_model("accounts", "Grant").objects.filter(object=obj, action=action)
    roles = ", ".join(sorted(grants.values_list("role", flat=True)))
    return _("Your roles do not allow this. It needs one of: %(roles)s.") % {"roles": roles or _("none")}


class KeysetPagination(BasePagination):
    """The envelope of lists; the work is in ``crm.kit.keyset``."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What the envelope looks like, for OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "Address of the next page."},
                "previous": {**link, "description": "Address of the page before."},
                "next_cursor": {"type": ["string", "null"]},
                "count": {"type": "integer", "description": "With ?count=true: rows, at most 10,000."},
                "count_exact": {"type": "boolean", "description": "False when there are more."},
                "results": schema,
            },
        }
