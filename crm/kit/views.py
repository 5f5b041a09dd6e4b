"""Pages: who may ask for them, what the refused see, and how a service's answer becomes a page.

Every view names its policy, an (object, action) pair of the grants: ``policy = ("customer", "view")``.
``("self", "view")`` is any signed-in user, ``("public", "view")`` anyone. ``write_policy`` applies to
POST instead, where writing needs more than reading.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.forms import BaseForm, ChoiceField, Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from crm.kit.errors import Invalid, Refused, database_away, error_id, problem, unavailable, wants_json

logger = logging.getLogger(__name__)

Policy = tuple[str, str]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNDO_SECONDS = 10


class Policed(View):
    """A view that says what it needs and refuses before anything is read or written."""

    policy: ClassVar[Policy]
    write_policy: ClassVar[Policy | None] = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        needed = self.needed_policy(request.method or "GET")
        refusal = refuse(request, needed)
        if refusal is not None:
            return refusal
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                raise Http404 from refused
            return self.refused(refused)

    def needed_policy(self, method: str) -> Policy:
        """The policy that a method needs."""
        if method not in SAFE_METHODS and self.write_policy:
            return self.write_policy
        return self.policy

    def refused(self, refused: Refused) -> HttpResponse:
        """A service said no outside a form: say so where the user was."""
        if self.request.headers.get("HX-Request"):
            return problem(refused.status, refused.message, code=refused.code)
        messages.error(self.request, refused.message)
        fallback = self.request.path if "get" in self.http_method_names else "/"
        return HttpResponseRedirect(back_to(self.request, fallback))


class Page(Policed, TemplateView):
    """A page from a template."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**kwargs))


class RecordMixin:
    """Finds the one row an address names; another's id and an absent id give the same 404."""

    model: ClassVar[type[Model]]
    request: HttpRequest
    kwargs: dict[str, Any]

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that the user may reach."""
        return self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]

    def get_record(self) -> Any:
        """The row, or 404."""
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found


class RecordPage(RecordMixin, Page):
    """The page of one row; ``record_name`` is what the template calls it."""

    record_name: ClassVar[str] = "record"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.get_record()
        return super().get_context_data(**{**kwargs, self.record_name: record, "record": record})


class FormPage(Policed, TemplateView):
    """A form whose checked input goes to a service; a refusal comes back into the form, input kept."""

    form_class: ClassVar[type[BaseForm]]
    success_message: ClassVar[Any] = ""

    def get_form(self, data: Mapping[str, Any] | None = None) -> BaseForm:
        """The form, bound to what was sent."""
        return self.form_class(data, **self.get_form_kwargs())  # type: ignore[arg-type]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Further arguments of the form, such as ``initial``."""
        return {}

    def save(self, form: Any) -> str:
        """Call the service; returns the address to go to."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.get_form(), **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.get_form(request.POST)
        target = self._try_to_save(form) if form.is_valid() else None
        if target is None:
            context = self.get_context_data(form=form, **kwargs)
            return self.render_to_response(context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if self.success_message:
            messages.success(request, str(self.success_message))
        return go_to(request, target)

    def _try_to_save(self, form: BaseForm) -> str | None:
        try:
            return self.save(form)
        except Invalid as invalid:
            for field, sentence in invalid.fields.items():
                form.add_error(field if field in form.fields else None, sentence)
            if not invalid.fields:
                form.add_error(None, invalid.message)
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                raise Http404 from refused
            form.add_error(None, refused.message)
        return None


class Action(Policed):
    """A POST that changes something and goes back to a page; ``act`` returns the address."""

    http_method_names: ClassVar[list[str]] = ["post", "options"]  # type: ignore[misc]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return go_to(request, self.act(request))

    def act(self, request: HttpRequest) -> str:
        """Do it; returns the address to go to."""
        raise NotImplementedError


def refuse(request: HttpRequest, needed: Policy) -> HttpResponse | None:
    """The answer for someone who lacks ``needed``, or None when they have it."""
    if needed[0] == "public":
        return None
    if not request.user.is_authenticated:
        return sign_in(request)
    if needed[0] == "self" or request.user.access.can(*needed):
        return None
    return forbidden(request, needed)


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; parts of a page and programs get 401."""
    if request.headers.get("HX-Request"):
        return HttpResponse(_("You are signed out."), status=HTTPStatus.UNAUTHORIZED)
    if request.method in SAFE_METHODS:
        return redirect_to_login(request.get_full_path())
    return redirect_to_login("/")


def forbidden(request: HttpRequest, needed: Policy) -> HttpResponse:
    """403 that names the roles which may."""
    sentence = _("Your role does not reach this. Nothing was changed.")
    roles = roles_that_may(needed)
    if wants_json(request):
        return problem(HTTPStatus.FORBIDDEN, sentence, code="forbidden")
    context = {"sentence": sentence, "roles": roles}
    return render(request, "errors/403.html", context, status=HTTPStatus.FORBIDDEN)


def roles_that_may(needed: Policy) -> list[str]:
    """Names of the roles whose grants hold the policy, strongest last."""
    model = apps.get_model("accounts", "Grant")
    held = set(model.objects.filter(object=needed[0], action=needed[1]).values_list("role", flat=True))
    return [str(label) for role, label in model._meta.get_field("role").choices or () if role in held]


def back_to(request: HttpRequest, fallback: str) -> str:
    """Where the user came from, on this host only: ``next``, else the Referer, else ``fallback``."""
    for candidate in (request.POST.get("next"), request.headers.get("Referer")):
        if candidate and url_has_allowed_host_and_scheme(candidate, {request.get_host()}, request.is_secure()):
            return candidate
    return fallback


def go_to(request: HttpRequest, target: str) -> HttpResponse:
    """Redirect; for htmx the whole page moves."""
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target, status=HTTPStatus.SEE_OTHER)


def undo_toast(request: HttpRequest, sentence: str, address: str) -> None:
    """A message with an Undo button that posts to ``address``; works without a script."""
    messages.success(request, with_undo(request, sentence, address), extra_tags="undo")


def with_undo(request: HttpRequest, sentence: str, address: str) -> SafeString:
    """The sentence and its Undo form."""
    return format_html(
        '{} <form method="post" action="{}" class="undo"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<button class="btn" type="submit">{}</button></form>',
        sentence, address, get_token(request), _("Undo"),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for an absent row and another's."""
    if wants_json(request):
        return problem(HTTPStatus.NOT_FOUND, _("There is nothing at this address."), code="not_found")
    return render(request, "errors/404.html", status=HTTPStatus.NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 without internals."""
    sentence = _("The request does not make sense. Nothing was changed.")
    if isinstance(exception, SuspiciousOperation):
        logger.warning("suspicious request at %s: %s", request.path, exception)
    if wants_json(request):
        return problem(HTTPStatus.BAD_REQUEST, sentence, code="bad_request")
    return render(request, "errors/400.html", {"sentence": sentence}, status=HTTPStatus.BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with an id that stands in the log; drawn without the database. 503 when that is what failed."""
    if database_away(sys.exc_info()[1]):
        return unavailable(request)
    mark = error_id()
    logger.error("error %s at %s", mark, request.path)
    sentence = _("Something went wrong on our side. Nothing was half-saved.")
    if wants_json(request):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"{sentence} ({mark})", code="error")
    body = render_to_string("errors/500.html", {"error_id": mark, "sentence": sentence})
    return HttpResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that did not come from our pages."""
    sentence = _("This form has expired. Nothing was changed; go back, reload and send it again.")
    if wants_json(request):
        return problem(HTTPStatus.FORBIDDEN, sentence, code="csrf")
    return render(request, "errors/403.html", {"sentence": sentence, "roles": []}, status=HTTPStatus.FORBIDDEN)


class PlainForm(Form):
    """A form that keeps what people typed and asks browsers not to check it twice."""

    use_required_attribute = False

    def offer(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        """Give a field its choices, where they depend on the reader or on rows."""
        field = self.fields[name]
        assert isinstance(field, ChoiceField)
        field.choices = list(choices)
