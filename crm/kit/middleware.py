"""Headers and compression of every answer, and a plain sentence while the database is away."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from crm.kit.errors import unavailable

GetResponse = Callable[[HttpRequest], HttpResponse]


class UnavailableMiddleware:
    """A lost database answers 503 with Retry-After, never 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return unavailable(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The same for an error inside a view, before Django makes a 500 of it."""
        if isinstance(exception, OperationalError | InterfaceError):
            return unavailable(request)
        return None


class CompressionMiddleware(GZipMiddleware):
    """Pages and answers travel compressed; streams (events, exports) go out as they are written."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """With Django's padding against guessing secrets from the length."""
        return response if response.streaming else super().process_response(request, response)


class PrivacyHeadersMiddleware:
    """Personal data stays out of caches unless a view says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response
