"""A person whose every text is a word that stands nowhere else, in every table that keys lead to and beyond."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from alerts.models import Alert, AlertEvent
from crm.accounts.audit import record
from crm.accounts.models import IdempotencyKey, SavedView, User
from crm.conf import CONF
from crm.kit.models import Job, Source
from customers.models import (
    Consent,
    ConsentPurpose,
    Contact,
    ContactPoint,
    ContactRole,
    Customer,
    DuplicatePair,
    ExternalId,
    ImportJob,
    Interaction,
    Merge,
    MergedCustomer,
)
from insights.models import CustomerScore, Finding, Run, ScoreHistory, Segment, SegmentMembership
from marketing.models import Campaign, Touch
from sales.models import Deal, Order, OrderLine, Product, Stage
from service.models import Queue, Ticket
from tests.cast import NOW, make_customer, root_team

STEM = "quokka"
"""Every canary begins with it, so one search finds them all."""


class Canaries:
    """Makes words that stand nowhere else."""

    def __init__(self) -> None:
        self.made = 0

    def word(self) -> str:
        """The next one."""
        self.made += 1
        return f"{STEM}{self.made:03d}"


def texts(model: type[models.Model], canaries: Canaries, *, besides: tuple[str, ...] = ()) -> dict[str, Any]:
    """A canary for every free text, list and JSON column of a table."""
    found: dict[str, Any] = {}
    for one in model._meta.concrete_fields:
        if one.primary_key or one.choices or one.is_relation or getattr(one, "generated", False) or one.name in besides:
            continue
        if isinstance(one, ArrayField):
            found[one.name] = [canaries.word()]
        elif isinstance(one, models.JSONField):
            found[one.name] = {canaries.word(): canaries.word()}
        elif isinstance(one, models.TextField) or (isinstance(one, models.CharField) and (one.max_length or 99) >= 20):
            found[one.name] = canaries.word()
    return found


def make_person(user: User) -> Customer:
    """The person, and everything that is held of them."""
    words = Canaries()
    team, source = root_team(), Source.objects.get_or_create(name="shop")[0]
    person = make_customer(
        **{**texts(Customer, words, besides=("time_zone",)), "name": f"{words.word()} {words.word()}",
           "email": f"{words.word()}@example.com", "phone": "+49 30 99887766"}
    )  # fmt: skip
    old = Customer.objects.get(pk=person.pk)
    Customer.objects.filter(pk=person.pk).update(note=words.word(), email=f"{words.word()}@example.com")
    assert old.email
    ContactPoint.objects.create(customer=person, kind="email", **texts(ContactPoint, words))
    gone = ContactPoint.objects.create(customer=person, kind="address", **texts(ContactPoint, words))
    gone.delete()
    ExternalId.objects.create(customer=person, source=source, external_id=words.word())
    contact = Contact.objects.create(team=team, source=source, **texts(Contact, words))
    ContactRole.objects.create(contact=contact, customer=person, role=words.word())
    Contact.objects.filter(pk=contact.pk).update(note=words.word())
    Interaction.objects.create(
        customer=person, contact=contact, kind="mail", occurred_at=NOW, **texts(Interaction, words)
    )
    _sales(person, words)
    _service(person, contact, words)
    _insights(person, words)
    _consent(person, user, words)
    _traces(person, user, words)
    return Customer.objects.get(pk=person.pk)


def _sales(person: Customer, words: Canaries) -> None:
    product = Product.objects.get_or_create(sku="MUG", defaults={"name": "Mug"})[0]
    order = Order.objects.create(
        number="O-1", customer=person, team=person.team, ordered_at=NOW, currency="EUR", total=Decimal(12), line_count=1
    )
    OrderLine.objects.create(
        order=order, position=1, product=product, name=words.word(), quantity=3, unit_price=4, net=12
    )
    OrderLine.objects.filter(order=order).update(name=words.word())
    deal = Deal.objects.create(
        customer=person, stage=Stage.objects.order_by("position")[0], amount=Decimal(500), team=person.team, opened_at=NOW,
        **texts(Deal, words, besides=("external_id", "currency")),
    )  # fmt: skip
    Deal.objects.filter(pk=deal.pk).update(title=words.word())
    campaign = Campaign.objects.create(name="Spring", team=person.team)
    Touch.objects.create(campaign=campaign, customer=person, sent_at=NOW, **texts(Touch, words))


def _service(person: Customer, contact: Contact, words: Canaries) -> None:
    queue = Queue.objects.create(name="Person desk", team=person.team)
    ticket = Ticket.objects.create(
        number="T-1", customer=person, contact=contact, queue=queue, opened_at=NOW,
        **texts(Ticket, words, besides=("external_id", "number", "channel")),
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(subject=words.word())


def _insights(person: Customer, words: Canaries) -> None:
    run = Run.objects.create(kind="churn", as_of=NOW, started_at=NOW, state="done")
    CustomerScore.objects.create(
        customer=person, as_of=NOW, scored_at=NOW, run=run, **texts(CustomerScore, words, besides=("rfm_segment",))
    )
    ScoreHistory.objects.create(customer=person, at=NOW, name="health", value=1, run=run)
    segment = Segment.objects.create(key="list", kind="list", method="list", name="A list")
    SegmentMembership.objects.create(segment=segment, customer=person, entered_at=NOW, reason=words.word())
    Finding.objects.create(customer=person, at=NOW, score=1, as_of=NOW, **texts(Finding, words))
    alert = Alert.objects.create(customer=person, severity="info", first_at=NOW, last_at=NOW, **texts(Alert, words))
    AlertEvent.objects.create(alert=alert, at=NOW, action="note", note=words.word())


def _consent(person: Customer, user: User, words: Canaries) -> None:
    Consent.objects.create(
        customer=person, purpose=ConsentPurpose.objects.get(key="marketing"), channel="email", state="given", how="form",
        by=user, at=NOW, place=words.word(), note=words.word(), url=f"https://example.com/{words.word()}",
    )  # fmt: skip


def _traces(person: Customer, user: User, words: Canaries) -> None:
    """Places that no key leads to; each names the person by something that is theirs alone."""
    first = person.first_name
    other = make_customer("Somebody Else")
    Interaction.objects.create(
        customer=other, kind="note", occurred_at=NOW, text=f"Asked for {person.name}, {person.email}."
    )
    SavedView.objects.create(user=user, list="customers.customer", name="Mine", query=f"search={first}")
    Job.objects.create(kind="bulk", user=user, args={"query": f"search={person.email}"}, result={"who": person.name})
    body = json.dumps({"id": person.pk, "name": person.name, "note": words.word()})
    IdempotencyKey.objects.create(user=user, key="k", fingerprint="f", status=201, body={"text": body, "location": ""})
    for obj, detail in (
        ("customers.customer", {"query": f"search={person.email}"}),
        (f"customer {person.pk}", {"x": words.word()}),
    ):
        record(action="export", obj=obj, user_id=user.pk, detail=detail, address=None, at=NOW)
    _merges(person, other, words)
    _files(person, words)


def _merges(person: Customer, other: Customer, words: Canaries) -> None:
    """What duplicates and merges keep of the person, in their own rows and in those of others."""
    Merge.objects.create(keep=person, at=NOW, before={"note": words.word()}, after={"city": words.word()})
    into = Merge.objects.create(
        keep=other, at=NOW, before={"email": ""}, after={"email": person.email, "name": person.name}
    )
    MergedCustomer.objects.create(merge=into, customer=person, keep=other, standing=False)
    DuplicatePair.objects.create(
        a=person, b=other, points=3, score=0.9, decision="review", reasons=[["name", words.word(), 3.0]], found_at=NOW
    )  # fmt: skip


def _files(person: Customer, words: Canaries) -> None:
    job = ImportJob.objects.create(kind="customers", file_name=f"{person.email}.csv", state="done")
    place = CONF.data_dir / "imports" / str(job.token)
    place.mkdir(parents=True)
    rows = f"line,reason,name,note\r\n2,bad,{person.name},{words.word()}\r\n3,bad,Somebody Else,fine\r\n"
    (place / "rejects.csv").write_text(rows, encoding="utf-8-sig")
    failed = ImportJob.objects.create(kind="customers", file_name="b.csv", state="failed")
    place = CONF.data_dir / "imports" / str(failed.token)
    place.mkdir(parents=True)
    (place / "file").write_text(f"name;email\r\n{person.name};{person.email}\r\n", encoding="utf-16")
    draft = ImportJob.objects.create(
        kind="customers", file_name="c.csv", state="draft", mends={"2": {"0": person.name, "1": person.email}},
        wizard={"given": {"0": {"default": person.email}}},
    )  # fmt: skip
    place = CONF.data_dir / "imports" / str(draft.token)
    place.mkdir(parents=True)
    (place / "file").write_bytes(f"name\n{person.name}\n".encode("utf-16"))
    (CONF.log_dir / "web.log").write_text(f"12:00 sent to {person.email}\n", encoding="utf-8")


def counted() -> dict[str, int]:
    """Rows of every table of ours."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


LATER = NOW + dt.timedelta(days=1)
