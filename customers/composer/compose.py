"""The composer as a page draws it, and the verb behind its button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from customers.composer import mails
from customers.composer.drafts import close_draft, drafts_of
from customers.composer.forms import FORMS, KINDS, ComposerForm, MailForm
from customers.composer.models import Draft
from customers.models import Contact, Customer, Interaction
from customers.services.interactions import add_interaction

MOST_CONTACTS = 50


@dataclass(frozen=True)
class Composer:
    """One kind's form with its draft, and the other kinds."""

    kind: str
    form: ComposerForm
    draft: Draft | None
    begun: frozenset[str]  # kinds of which a draft is kept
    hints: list[str] = field(default_factory=list)
    kinds = KINDS

    @property
    def generation(self) -> int:
        """Which draft a page shows."""
        return self.draft.generation if self.draft else 0

    @property
    def sends(self) -> bool:
        """Whether the button may send a mail."""
        return "to" in self.form.fields

    @property
    def has_draft(self) -> bool:
        """Whether anything of it is kept."""
        return bool(self.draft and self.draft.values)


def build(user: User, customer: Customer, kind: str = "", data: Mapping[str, Any] | None = None) -> Composer:
    """The composer of a kind; without one, of the draft that was written last, or of a note."""
    drafts = drafts_of(user, customer)
    begun = [one for one, draft in drafts.items() if draft.values and one in FORMS]
    if kind not in FORMS:
        kind = begun[-1] if begun else "note"
    draft = drafts.get(kind)
    initial = dict(draft.values) if draft else {}
    make = _mail_form if kind == "mail" else _plain_form
    form, hints = make(user, customer, kind, data, initial)
    return Composer(kind, form, draft, frozenset(begun), hints)


def _plain_form(user: User, customer: Customer, kind: str, data: Any, initial: Any) -> tuple[ComposerForm, list[str]]:
    contacts: list[tuple[int, str]] = []
    if kind in ("call", "meeting"):
        rows = Contact.objects.visible_to(user).filter(roles__customer=customer).order_by("sort_name", "pk")
        contacts = list(rows.distinct().values_list("pk", "name", "sort_name")[:MOST_CONTACTS])  # type: ignore[arg-type]
    form = FORMS[kind](data, initial=initial, contacts=[(one[0], one[1]) for one in contacts])
    return form, []


def _mail_form(user: User, customer: Customer, _kind: str, data: Any, initial: Any) -> tuple[ComposerForm, list[str]]:
    seen = not user.access.restricted_fields("customer").get("email")
    every = mails.addresses(customer) if seen else []
    open_ones = [one for one in every if not one.closed]
    refused = mails.withdrawn(customer) if open_ones else []
    hints = [f"{one.value}: {one.closed}" for one in every if one.closed]
    if not mails.can_send():
        hints = [_("This installation has no mail server, so that mails can only be noted here.")]
    elif not seen:
        hints = [_("Your role does not see this customer's e-mail address.")]
    elif not every:
        hints = [_("No e-mail address is known of this customer.")]
    elif refused:
        hints.append(_("They withdrew their consent to e-mail for: %(purposes)s.") % {"purposes": ", ".join(refused)})
    form = MailForm(
        data, initial={**initial, "sign": not initial or "sign" in initial}, sends=bool(open_ones) and mails.can_send(), signs=bool(user.signature),
        withdrawn=bool(refused), addresses=[(one.key, f"{one.value} ({one.label})" if one.label else one.value) for one in open_ones],
    )  # fmt: skip
    return form, hints


@transaction.atomic
def log(
    *, user: User, customer: Customer, form: ComposerForm, now: datetime, generation: int | None = None
) -> Interaction:
    """Write down or send what the composer holds, and throw its draft away; raises Invalid with a sentence."""
    close_draft(user=user, customer_id=customer.pk, kind=form.kind, generation=generation, now=now)
    values = form.values()
    if values["occurred_at"] and values["occurred_at"] > now:
        sentence = _("That is still to come. Write down what has happened.")
        raise Invalid(sentence, fields={"occurred_at": sentence})
    if isinstance(form, MailForm) and form.sends:
        return mails.queue_mail(user=user, customer=customer, values=form.cleaned_data, now=now)
    return add_interaction(user=user, values={**values, "customer": customer.pk}, now=now)
