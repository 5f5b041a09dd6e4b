"""Who the request is from: their language, their time zone, their password, and their name in the history."""

from collections.abc import Callable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pghistory.middleware
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone, translation

from crm.kit.workspace import workspace_zone

GetResponse = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME
KNOWN = {code for code, _name in settings.LANGUAGES}


class PreferencesMiddleware:
    """Language: the user's saved choice, then the browser's, then the installation's; time zone likewise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        signed_in = user.is_authenticated
        language = (user.language if signed_in else "") or self._browser_language(request)
        zone = (user.time_zone if signed_in else "") or workspace_zone()
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response.render()
            response.headers.setdefault("Content-Language", language)
            return response

    @staticmethod
    def _browser_language(request: HttpRequest) -> str:
        """The cookie of a visitor who switched, else the first language of the browser that we speak."""
        cookie = request.COOKIES.get(LANGUAGE_COOKIE)
        if cookie in KNOWN:
            return cookie
        for part in request.headers.get("Accept-Language", "").split(","):
            code = part.split(";")[0].strip().lower()
            if code.startswith("zh"):
                return "zh-hans"
            if code.split("-")[0] in KNOWN:
                return code.split("-")[0]
        return settings.LANGUAGE_CODE


class PasswordFirstMiddleware:
    """Who is signed in without a password opens no page but the one to choose it, and comes back from there.

    What a form sends and what an open page loads go through: typed input is never lost to this.
    """

    OPEN = ("/accounts/", "/api/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if lacks_password(request) and self._opens_a_page(request):
            there = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_set_password')}?{there}")
        return self.get_response(request)

    def _opens_a_page(self, request: HttpRequest) -> bool:
        part = request.headers.get("HX-Request") or not request.accepts("text/html")
        return request.method in ("GET", "HEAD") and not part and not request.path.startswith(self.OPEN)


def lacks_password(request: HttpRequest) -> bool:
    """Whether someone is signed in who could not sign in again, such as after the sample was cleared."""
    return request.user.is_authenticated and not request.user.has_usable_password()


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Writes user and address of the page or API call into the history of what it changes."""

    def get_context(self, request: HttpRequest) -> dict[str, object]:
        """Context of every history row that this request causes."""
        return {**super().get_context(request), "via": "api" if request.path.startswith("/api/") else "page"}
