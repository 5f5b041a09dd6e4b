"""Pages about one customer's privacy: consent with its history, a copy of the data, legal hold, erasure."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import audit
from crm.kit.jobpages import Story, told_by
from crm.kit.jobs import Job
from crm.kit.views import Action, FormPage, Policed
from customers.models import Consent, Contact, Customer, EraseProof, PersonExport
from customers.privacy import consent, copies, erasing, holds
from customers.privacy.files import export_path
from customers.privacy.forms import ConsentForm, EraseForm
from customers.views import find_customer

MOST_LINES = 100
TONES = {"given": "ok", "withdrawn": "bad", "unknown": ""}


class PrivacyPage(FormPage):
    """What a customer agreed to, what may be done with their data; the form adds a line to the ledger."""

    policy = ("customer", "view")
    write_policy = ("customer", "change")
    form_class = ConsentForm
    template_name = "privacy/customer.html"
    success_message = gettext_lazy("Noted in the ledger of consent.")

    @cached_property
    def customer(self) -> Customer:
        """Whom the address names; 404 beyond the reader's reach."""
        return find_customer(self.request.user, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        customer, user, now = self.customer, self.request.user, timezone.now()
        ledger = Consent.objects.filter(customer=customer).select_related("purpose", "text", "by")
        exports = PersonExport.objects.filter(customer=customer, user=user, expires_at__gt=now).select_related("job")
        may = {
            name: user.access.can("privacy", action)
            for name, action in (("copy", "run"), ("hold", "change"), ("erase", "delete"))
        }
        return super().get_context_data(
            customer=customer, standings=consent.standings(customer),
            contacts=self.contacts() if may["erase"] else [], ledger=ledger.newest_first()[:MOST_LINES],
            exports=exports.order_by("-created_at")[:5] if may["copy"] else [], hold=erasing.hold_of(customer.pk), may=may,
            may_change=user.access.can("customer", "change"), tones=TONES, **kwargs,
        )  # fmt: skip

    def contacts(self) -> list[Contact]:
        """People of this customer, who may want to be forgotten on their own."""
        found = Contact.objects.visible_to(self.request.user).filter(roles__customer=self.customer).distinct()
        return list(found.order_by("sort_name", "pk")[:20])

    def save(self, form: ConsentForm) -> str:
        given, now = form.cleaned_data, timezone.now()
        day = given["on"]
        moment = now if not day or day == timezone.localdate() else timezone.make_aware(datetime.combine(day, time(12)))
        proof = consent.Proof(how=given["how"], place=given["place"], url=given["url"], note=given["note"])
        consent.record_consent(
            user=self.request.user, holder="customer", pk=self.customer.pk, purpose=given["purpose"],
            channel=given["channel"], state=given["state"], proof=proof, now=now, at=moment,
        )  # fmt: skip
        return reverse("customer-privacy", args=[self.customer.pk])


class CopyData(Action):
    """Ask for a copy of everything that is held of a customer."""

    policy = ("privacy", "run")

    def act(self, request: HttpRequest) -> str:
        customer = find_customer(request.user, self.kwargs["pk"])
        copies.ask_copy(user=request.user, customer_id=customer.pk, now=timezone.now())
        messages.success(request, _("The copy is being made. It appears here when it is ready, for seven days."))
        return reverse("customer-privacy", args=[customer.pk]) + "#copy"


class FetchCopy(Policed):
    """The archive behind a token, for the person who asked for it."""

    policy = ("privacy", "run")

    def get(self, request: HttpRequest, token: Any) -> HttpResponseBase:
        made = copies.fetch(user=request.user, token=token, now=timezone.now())
        audit.record_request(request, "export.fetch", f"customer {made.customer_id}", {"token": str(made.token)})
        name = slugify(made.customer.name) or f"customer-{made.customer_id}"
        return FileResponse(
            export_path(made).open("rb"), as_attachment=True, filename=f"{name}.zip", content_type="application/zip"
        )


class HoldCustomer(Action):
    """Put a legal hold on a customer, or lift it."""

    policy = ("privacy", "change")

    def act(self, request: HttpRequest) -> str:
        customer, now = find_customer(request.user, self.kwargs["pk"]), timezone.now()
        if request.POST.get("lift"):
            holds.lift_hold(user=request.user, customer_id=customer.pk, now=now)
            messages.success(request, _("The legal hold is lifted."))
        else:
            reason = request.POST.get("reason", "")
            holds.place_hold(user=request.user, customer_id=customer.pk, reason=reason, now=now)
            messages.success(request, _("A legal hold keeps this customer's data from now on."))
        return reverse("customer-privacy", args=[customer.pk]) + "#hold"


class EraseCustomer(FormPage):
    """What an erasure would remove, keep and leave; the typed name starts it. Reaches the trash too."""

    policy = ("privacy", "delete")
    form_class = EraseForm
    template_name = "privacy/erase.html"
    kind = "customer"

    @cached_property
    def person(self) -> Customer | Contact:
        """Whom the address names; 404 beyond the reader's reach."""
        return erasing.find(self.request.user, self.kind, self.kwargs["pk"], "delete")

    def get_form(self, data: Any = None) -> EraseForm:
        """Says which name to type."""
        form = EraseForm(data)
        form.fields["typed"].label = _("Type “%(name)s” to confirm") % {"name": self.person.name}
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person, rows = self.person, erasing.MODELS[self.kind].objects.visible_to(self.request.user)
        same = rows.filter(email=person.email).exclude(pk=person.pk) if person.email else rows.none()
        hold = erasing.hold_of(person.pk) if self.kind == "customer" else None
        return super().get_context_data(
            person=person, kind=self.kind, preview=erasing.preview(self.kind, person.pk), hold=hold,
            twins=list(same.order_by("sort_name", "pk")[:5]), **kwargs,
        )  # fmt: skip

    def save(self, form: EraseForm) -> str:
        job = erasing.ask_erase(
            user=self.request.user,
            kind=self.kind,
            pk=self.person.pk,
            typed=form.cleaned_data["typed"],
            now=timezone.now(),
        )
        return reverse("job", args=[job.token])


class EraseContact(EraseCustomer):
    """The same for a contact; the companies they belong to stay."""

    kind = "contact"


@told_by(erasing.JOB)
def tell_erasure(job: Job, _user: Any) -> Story:
    """What an erasure did, in numbers; nobody is named."""
    proof = EraseProof.objects.filter(pk=int(job.args["proof"])).first()
    if proof is None or proof.state != EraseProof.State.DONE:
        return Story(title=_("Erase a person"))
    figures = {name: sum(counts.values()) for name, counts in proof.counts.items()}
    text = (
        _("%(removed)s rows were removed, %(kept)s stay without the person, %(cleaned)s texts were cleaned.") % figures
    )
    return Story(title=_("Erase a person"), text=text, note=_("Proof: %(token)s") % {"token": proof.token})


@told_by(copies.JOB)
def tell_copy(job: Job, _user: Any) -> Story:
    """A copy that is ready, with the way to it."""
    made = PersonExport.objects.filter(pk=int(job.args["export"])).first()
    title = _("Copy of a person's data")
    if made is None or made.ready_at is None:
        return Story(title=title)
    link = format_html(
        '<a class="link" href="{}">{}</a>', reverse("person-copy", args=[made.token]), _("Download the copy")
    )
    return Story(title=title, text=link, note=_("It can be fetched for seven days, by you only."))
