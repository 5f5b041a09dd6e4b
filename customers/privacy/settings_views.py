"""Settings of privacy: purposes and texts of consent, retention rules, proofs of erasure."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.settings_views import Section
from crm.kit.errors import Invalid
from crm.kit.views import Action, FormPage, Page, go_to
from customers.models import ConsentPurpose, ConsentText, EraseProof, RetentionRun
from customers.privacy import consent, retention
from customers.privacy.forms import PurposeForm, TextForm

MOST = 50


class ConsentSettings(Section, FormPage):
    """What people are asked to agree to, in which words; the form adds the next version of a text."""

    policy = ("privacy", "approve")
    section = "consent"
    form_class: ClassVar[type[BaseForm]] = TextForm
    template_name = "settings/consent.html"
    success_message = gettext_lazy("Saved as a new version. Earlier versions stay with the consents given to them.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        texts: dict[int, list[ConsentText]] = {}
        for one in ConsentText.objects.order_by("purpose", "language", "-version"):
            texts.setdefault(one.purpose_id, []).append(one)
        purposes = [(one, texts.get(one.pk, [])) for one in ConsentPurpose.objects.order_by("id")]
        kwargs.setdefault("purpose_form", PurposeForm())
        return super().get_context_data(purposes=purposes, **kwargs)

    def save(self, form: Any) -> str:
        given = form.cleaned_data
        consent.add_text(
            user=self.request.user, purpose_id=int(given["purpose"]), language=given["language"], text=given["text"]
        )
        return reverse("settings-consent")


class AddPurpose(ConsentSettings):
    """A new purpose; what does not fit comes back on the page of consent."""

    form_class = PurposeForm
    success_message = gettext_lazy("Purpose added.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return go_to(request, reverse("settings-consent"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{**kwargs, "purpose_form": kwargs["form"], "form": TextForm()})

    def save(self, form: Any) -> str:
        consent.add_purpose(user=self.request.user, key=form.cleaned_data["key"], names=form.names())
        return reverse("settings-consent")


class SwitchPurpose(Action):
    """Ask about a purpose, or no longer."""

    policy = ("privacy", "approve")

    def act(self, request: HttpRequest) -> str:
        active = request.POST.get("active") == "1"
        found = consent.set_purpose_active(user=request.user, purpose_id=self.kwargs["pk"], active=active)
        sentence = _("“%(name)s” is asked about again.") if active else _("“%(name)s” is no longer asked about.")
        messages.success(request, sentence % {"name": found.name})
        return reverse("settings-consent")


class RetentionSettings(Section, Page):
    """How long each kind of data stays, what would go now, and what went."""

    policy = ("privacy", "approve")
    section = "retention"
    template_name = "settings/retention.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proofs = EraseProof.objects.select_related("user").order_by("-asked_at", "-id")[:MOST]
        if "lines" not in kwargs:
            kwargs["lines"] = retention.lines(now=timezone.now())
        runs = told(RetentionRun.objects.order_by("-at", "-id")[:10])
        return super().get_context_data(runs=runs, proofs=proofs, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rules = {name: (self._days(name), request.POST.get(f"on-{name}") == "1") for name in retention.KINDS}
        try:
            changed = retention.set_rules(user=request.user, rules=rules, now=timezone.now())
        except Invalid as invalid:
            typed = retention.lines(now=timezone.now(), typed=rules)
            context = self.get_context_data(problem=invalid.message, lines=typed)
            return self.render_to_response(context, status=422)
        messages.success(
            request, _("Saved. The rules are applied every night.") if changed else _("Nothing was changed.")
        )
        return go_to(request, reverse("settings-retention"))

    def _days(self, name: str) -> int:
        typed = self.request.POST.get(f"days-{name}", "").strip()
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0


def told(runs: Any) -> list[tuple[Any, list[tuple[Any, int]]]]:
    """Runs with the names of what went."""
    labels = {name: kind.label for name, kind in retention.KINDS.items()} | {
        "person.copies": _("Copies of people's data")
    }
    return [(run, [(labels.get(name, name), n) for name, n in run.counts.items()]) for run in runs]
