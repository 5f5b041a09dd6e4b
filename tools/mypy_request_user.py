"""Tells mypy that ``request.user`` is our User: every view names a policy, which is checked before it runs."""

from collections.abc import Callable

from mypy.plugin import AttributeContext, Plugin
from mypy.types import Instance, Type
from mypy_django_plugin.lib.helpers import lookup_fully_qualified_typeinfo

REQUESTS = {"django.http.request.HttpRequest.user", "rest_framework.request.Request.user"}
USER = "crm.accounts.models.User"


def _user(context: AttributeContext) -> Type:
    info = lookup_fully_qualified_typeinfo(context.api, USER)  # type: ignore[arg-type]
    return Instance(info, []) if info else context.default_attr_type


class RequestUser(Plugin):
    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        if fullname in REQUESTS or fullname.endswith("Request.user"):
            return _user
        return None


def plugin(_version: str) -> type[Plugin]:
    """What mypy calls."""
    return RequestUser
