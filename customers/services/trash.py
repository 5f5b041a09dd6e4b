"""What is in the trash goes for ever: asked for by name and count, or after thirty days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.db import models, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from customers.models import Contact, Customer, LegalHold

KEPT_DAYS = 30
CHUNK = 200
MODELS: dict[str, Any] = {"customer": Customer, "contact": Contact}


def in_trash(user: User, obj: str = "customer", action: str = "delete") -> Any:
    """The rows in the trash that a user's action reaches."""
    return MODELS[obj].objects.trashed().filter(user.access.rows(obj, action))


@transaction.atomic
def purge(*, user: User, ids: Iterable[int], obj: str = "customer") -> int:
    """Delete rows of the trash for ever, with everything that hangs on them. How many went."""
    if not user.access.can(obj, "purge"):
        sentence = _("Deleting for ever is a right of its own. Nothing was deleted.")
        raise Refused(sentence, status=403, code="forbidden")
    wanted = set(ids)
    if obj == "customer" and LegalHold.objects.filter(customer__in=wanted, lifted_at=None).exists():
        sentence = _("A legal hold keeps some of these. Nothing was deleted; lift the hold first.")
        raise Refused(sentence, code="held")
    rows = in_trash(user, obj, "purge").select_for_update(of=("self",)).filter(pk__in=wanted)
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    if len(found) != len(wanted):
        sentence = _("Some of these are no longer in the trash. Nothing was deleted; look at the list again.")
        raise Refused(sentence, code="stale")
    _delete(MODELS[obj], found)
    return len(found)


def relations(model: Any) -> Iterator[Any]:
    """Every key of another table to this one, those of apps above too; none is named."""
    for relation in model._meta.get_fields(include_hidden=True):
        if (
            relation.auto_created
            and not relation.concrete
            and getattr(relation, "on_delete", None) is not models.DO_NOTHING
        ):
            yield relation  # the history's keys do nothing on deletion: it outlives the row


def stays(relation: Any) -> bool:
    """Whether rows of a relation outlive the record and only lose their link, such as orders in the figures."""
    return bool(relation.field.null) and relation.on_delete in (models.PROTECT, models.SET_NULL)


def _delete(model: Any, keys: list[int]) -> None:
    """The ledger of consents goes with the person; otherwise it refuses every deletion."""
    for relation in relations(model):
        if stays(relation):
            name = relation.field.name
            relation.related_model._default_manager.filter(**{f"{name}__in": keys}).update(**{name: None})
    with pgtrigger.ignore("customers.Consent:kept"):
        model.objects.filter(pk__in=keys).delete()


def _free(rows: Any) -> Any:
    """Without the customers that a legal hold keeps."""
    if rows.model is not Customer:
        return rows
    return rows.exclude(pk__in=LegalHold.objects.filter(lifted_at=None).values("customer"))


def purge_old(*, now: datetime, report: Callable[[int], None] | None = None) -> dict[str, int]:
    """Delete what has been in the trash for thirty days, some hundreds at a time. Counts by kind."""
    told: dict[str, int] = {}
    for obj, model in MODELS.items():
        told[obj] = 0
        while True:
            with transaction.atomic():
                old = _free(model.objects.trashed()).filter(deleted_at__lte=now - timedelta(days=KEPT_DAYS))
                chunk = list(
                    old.select_for_update(of=("self",), skip_locked=True)
                    .order_by("pk")
                    .values_list("pk", flat=True)[:CHUNK]
                )
                _delete(model, chunk)
            told[obj] += len(chunk)
            if report is not None:
                report(sum(told.values()))
            if len(chunk) < CHUNK:
                break
    return told
