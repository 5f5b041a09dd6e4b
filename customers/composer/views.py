"""Addresses of the composer: its parts, its drafts, its button, and another try of a mail that failed."""

from __future__ import annotations

import json
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid, Refused
from crm.kit.views import Action, Policed, go_to, undo_toast
from customers.composer import compose, drafts, mails
from customers.composer.forms import FORMS
from customers.models import Customer
from customers.points import add_errors
from customers.views import CustomerPage, find_customer

RELOAD = "composer-reload"


def typed(request: HttpRequest) -> tuple[str, dict[str, str], int]:
    """The kind, the fields and the generation of what a page holds."""
    kind = request.POST.get("kind", "")
    names = FORMS[kind].base_fields if kind in FORMS else ()
    generation = request.POST.get("generation", "")
    number = int(generation) if generation.isascii() and generation.isdigit() and len(generation) < 10 else 0
    return kind, {name: request.POST[name] for name in names if name in request.POST}, number


def draw(request: HttpRequest, customer: Customer, kind: str, *, focus: bool = True) -> HttpResponse:
    """The composer alone; a page around it where there is no script."""
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{reverse('customer', args=[customer.pk])}?compose={kind}#composer")
    composer = compose.build(request.user, customer, kind)  # type: ignore[arg-type]
    context = {"customer": customer, "record": customer, "composer": composer, "focus": focus}
    return render(request, "customers/composer.html", context)


class LogActivity(Policed):
    """Write down a note, call or meeting; send or note a mail."""

    policy = ("interaction", "add")

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        customer = find_customer(request.user, pk)
        composer = compose.build(request.user, customer, request.POST.get("kind") or "note", request.POST)
        form = composer.form
        if form.is_valid():
            try:
                generation = typed(request)[2] if "generation" in request.POST else None
                compose.log(user=request.user, customer=customer, form=form, now=timezone.now(), generation=generation)
            except Invalid as invalid:
                add_errors(form, invalid)
        if form.is_valid() and not request.headers.get("HX-Request"):
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("customer", args=[pk]))
        return self.tabs(customer, composer)

    def tabs(self, customer: Customer, composer: compose.Composer) -> HttpResponse:
        """The timeline with the new entry, or with the form's complaint."""
        page = CustomerPage()
        page.setup(self.request, pk=customer.pk)
        context = page.get_context_data(pk=customer.pk)
        failed = not composer.form.is_valid()
        if failed:
            context["composer"] = composer
        if not self.request.headers.get("HX-Request"):
            return render(self.request, "customers/record.html", context, status=422)
        return render(self.request, "customers/tabs.html", context, status=422 if failed else 200)


class Compose(Policed):
    """The composer of another kind; what stands in the present one is kept as its draft first."""

    policy = ("interaction", "add")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        kind = request.GET.get("kind", "")
        return draw(request, find_customer(request.user, pk), kind if kind in FORMS else "note")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        kind, values, generation = typed(request)
        if kind in FORMS:
            try:
                drafts.save_draft(
                    user=request.user, customer_id=pk, kind=kind, values=values, generation=generation,
                    now=timezone.now(),
                )  # fmt: skip
            except Refused as refused:
                if refused.code != "stale":
                    raise
        to = request.GET.get("to", "")
        return draw(request, customer, to if to in FORMS else "note")


class SaveDraft(Policed):
    """Keep what is typed so far; the answer is the line that says so."""

    policy = ("interaction", "add")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        find_customer(request.user, pk)
        kind, values, generation = typed(request)
        if kind not in FORMS:
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        try:
            row = drafts.save_draft(
                user=request.user, customer_id=pk, kind=kind, values=values, generation=generation, now=timezone.now()
            )
        except Refused as refused:
            if refused.code != "stale":
                raise
            return render(request, "customers/draft_state.html", {"complaint": refused.message})
        return render(request, "customers/draft_state.html", {"draft": row})


class DiscardDraft(Policed):
    """Empty the composer, with Undo."""

    policy = ("interaction", "add")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        kind, values, generation = typed(request)
        now, customer = timezone.now(), find_customer(request.user, pk)
        if kind not in FORMS:
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        drafts.save_draft(user=request.user, customer_id=pk, kind=kind, values=values, generation=generation, now=now)
        drafts.discard_draft(user=request.user, customer_id=pk, kind=kind, now=now)
        undo = reverse("customer-draft-restore", args=[pk, kind])
        if not request.headers.get("HX-Request"):
            undo_toast(request, _("The draft is discarded."), undo)
            return go_to(request, f"{reverse('customer', args=[pk])}?compose={kind}")
        answer = draw(request, customer, kind)
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": _("The draft is discarded."), "undo": undo}})
        return answer


class RestoreDraft(Policed):
    """Bring the discarded draft back."""

    policy = ("interaction", "add")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
        drafts.put_back_draft(user=request.user, customer_id=pk, kind=kind, now=timezone.now())
        if not request.headers.get("HX-Request"):
            return go_to(request, f"{reverse('customer', args=[pk])}?compose={kind}")
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Trigger": json.dumps({RELOAD: {"kind": kind}})})


class MailAgain(Action):
    """Send a mail that failed once more."""

    policy = ("interaction", "add")

    def act(self, request: HttpRequest) -> str:
        token: UUID = self.kwargs["token"]
        mail = mails.try_again(user=request.user, token=token)
        messages.success(request, _("The mail is on its way again."))
        return reverse("customer", args=[mail.interaction.customer_id])
