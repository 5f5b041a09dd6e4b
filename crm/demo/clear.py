"""Taking the sample away again: everything marked as sample goes, what people added stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import Alert, Rule
from crm.accounts.authentication import key_digest
from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.models import CustomField, Source, Workspace
from crm.kit.workspace import forget_workspace, load_workspace
from customers.models import Consent, Contact, Customer, ExternalId, Interaction, LegalHold, Relationship
from insights.models import (
    CustomerScore,
    Finding,
    MetricPoint,
    ModelVersion,
    Run,
    ScoreHistory,
    Segment,
    SegmentMembership,
)
from marketing.models import Campaign, Touch
from sales.models import Activity, Deal, Order, OrderLine, Product
from service.models import Queue, Ticket

MARKED: tuple[type[models.Model], ...] = (
    Touch,
    Interaction,
    Activity,
    Ticket,
    Deal,
    Order,
    Campaign,
    Contact,
    Product,
)
"""Tables whose rows carry the source themselves; leaves first."""
OF_CUSTOMERS: tuple[type[models.Model], ...] = (Touch, Interaction, Activity, Ticket, Deal, Order)
DERIVED: tuple[type[models.Model], ...] = (
    Alert,
    Finding,
    SegmentMembership,
    Segment,
    ScoreHistory,
    CustomerScore,
    ModelVersion,
    Run,
)
BY_PEOPLE: tuple[tuple[type[models.Model], str], ...] = (
    (Consent, "customer_id"), (LegalHold, "customer_id"), (Relationship, "customer_id"), (Relationship, "other_id"),
)  # fmt: skip
"""What the sample never writes: a customer that has any of it is in use."""
SLICE = 1000
PASSWORD = "demo"  # noqa: S105 - what the sample people sign in with


def clear(*, user: User | None, session: str | None = None) -> dict[str, Any]:
    """Remove the sample; returns what went and what was kept, with a sentence.

    ``user`` is the person who asked, who stays signed in: in the session of this digest, or in all where
    none is named. Raises Refused where there is no sample.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=load_workspace().pk)
        sources = list(Source.objects.filter(kind=Source.Kind.SAMPLE))
        if not workspace.has_sample_data and not sources:
            raise Refused(_("There is no sample data to clear."))
        notes: dict[str, Any] = next((source.settings for source in sources if source.settings.get("asked")), {})
        with pgtrigger.ignore():  # the history of sample rows goes with them
            removed, kept = _clear_rows([source.pk for source in sources])
            _clear_support(notes)
        for source in sources:
            source.delete()
        disabled = _lock_people(notes, user, session)
        Workspace.objects.filter(pk=1).update(sample_seed=None, sample_loaded_at=None)
    forget_workspace()
    return {"removed": removed, "kept": kept, "disabled_users": disabled, "message": _sentence(kept, disabled, user)}


def _clear_rows(sources: list[int]) -> tuple[dict[str, int], dict[str, int]]:
    removed = {
        model._meta.model_name or "": model._default_manager.filter(source__in=sources).count() for model in MARKED
    }
    removed["customer"] = Customer.objects.filter(external_ids__source__in=sources).distinct().count()
    if _only_sample(sources):
        _truncate()
        return removed, {}
    return removed, _delete(sources, removed)


def _only_sample(sources: list[int]) -> bool:
    """Whether no row of anybody else stands in the tables that the sample fills."""
    own = (model._default_manager.exclude(source__in=sources).exists() for model in MARKED)
    added = (model._default_manager.exists() for model, _column in BY_PEOPLE)
    return not any(own) and not any(added) and not Customer.objects.exclude(external_ids__source__in=sources).exists()


def _truncate() -> None:
    """All rows are the sample's: empty the tables with everything that hangs on them, histories included."""
    roots: list[type[models.Model]] = [
        Customer,
        Contact,
        Product,
        Campaign,
        Order,
        Deal,
        Ticket,
        Run,
        ModelVersion,
        Segment,
    ]
    histories: list[type[models.Model]] = [
        model for model in apps.get_models()
        if getattr(model, "pgh_tracked_model", None) in {*roots, *MARKED, OrderLine, Alert, *_hanging(Customer)}
    ]  # fmt: skip
    tables = ", ".join(f'"{model._meta.db_table}"' for model in [*roots, *histories])
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    MetricPoint.objects.filter(event_id="").delete()


def _hanging(model: type[models.Model]) -> set[type[models.Model]]:
    return {relation.related_model for relation in model._meta.related_objects}  # type: ignore[misc]


def _delete(sources: list[int], removed: dict[str, int]) -> dict[str, int]:
    """Row by row, keeping sample customers to whom people added something."""
    kept_customers = _customers_in_use(sources)
    for model in DERIVED:  # computed from the sample too; the next run computes them from what is left
        model._default_manager.all().delete()
    MetricPoint.objects.filter(event_id="").delete()
    for model in MARKED[:-2]:
        _drop(model, model._default_manager.filter(source__in=sources).values_list("pk", flat=True))
    sample = Customer.objects.filter(external_ids__source__in=sources).exclude(pk__in=kept_customers)
    _drop(Customer, sample.values_list("pk", flat=True).distinct())
    ExternalId.objects.filter(source__in=sources).delete()
    in_use = Contact.objects.filter(roles__customer__in=kept_customers).values("pk")
    _drop(Contact, Contact.objects.filter(source__in=sources).exclude(pk__in=in_use).values_list("pk", flat=True))
    sold = OrderLine.objects.filter(product=models.OuterRef("pk"))
    _drop(Product, Product.objects.filter(~models.Exists(sold), source__in=sources).values_list("pk", flat=True))
    kept = {"customer": len(kept_customers)}
    for model in (Contact, Product):
        kept[model._meta.model_name or ""] = model._default_manager.filter(source__in=sources).update(
            source=None, external_id=""
        )
    removed["customer"] -= kept["customer"]
    return {name: count for name, count in kept.items() if count}


def _customers_in_use(sources: list[int]) -> set[int]:
    """Sample customers with a row that somebody else wrote."""
    used: set[int] = set()
    for model in OF_CUSTOMERS:
        rows = model._default_manager.filter(customer__external_ids__source__in=sources)
        foreign = rows.filter(models.Q(source=None) | ~models.Q(source__in=sources))
        used.update(foreign.values_list("customer_id", flat=True).distinct())
    for model, column in BY_PEOPLE:
        used.update(model._default_manager.exclude(**{column: None}).values_list(column, flat=True))
    sample = Customer.objects.filter(pk__in=used, external_ids__source__in=sources)
    return set(sample.values_list("pk", flat=True))


def _drop(model: type[models.Model], keys: Iterable[int]) -> None:
    """Delete in slices, each with its history."""
    history = next((m for m in apps.get_models() if getattr(m, "pgh_tracked_model", None) is model), None)
    chosen = list(keys)
    for start in range(0, len(chosen), SLICE):
        part = chosen[start : start + SLICE]
        model._default_manager.filter(pk__in=part).delete()
        if history is not None:
            history._default_manager.filter(pgh_obj_id__in=part).delete()


def _clear_support(notes: dict[str, Any]) -> None:
    """The rule, the queue and the fields that came with the sample, where nobody uses them."""
    Rule.objects.filter(pk=notes.get("rule", 0)).delete()
    if not Customer.objects.exists():
        CustomField.objects.filter(pk__in=notes.get("fields", [])).delete()
    queue = Queue.objects.filter(pk=notes.get("queue", 0)).first()
    if queue and not queue.tickets.exists():
        queue.delete()
        Queue.objects.filter(pk=notes.get("default_queue", 0)).update(is_default=True)


def _lock_people(notes: dict[str, Any], user: User | None, session: str | None) -> list[str]:
    """No account keeps the sample password. Whoever asked stays signed in and has to choose a new one."""
    locked = []
    for one in User.objects.filter(pk__in=notes.get("users", [])):
        if not one.check_password(PASSWORD):
            continue  # someone made this account their own
        one.set_unusable_password()
        one.is_active = user is not None and one.pk == user.pk
        one.save(update_fields=["password", "is_active"])
        locked.append(one.username)
        if one.is_active:
            _stay_signed_in(one, session)
    return locked


def _stay_signed_in(user: AbstractBaseUser, only: str | None) -> None:
    """Sessions carry a digest of the password; renew it in the one that asked. Others came in by the sample's."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk) and only in (None, key_digest(session.session_key)):
            data[HASH_SESSION_KEY] = user.get_session_auth_hash()
            Session.objects.save(session.session_key, data, session.expire_date)


def _sentence(kept: dict[str, int], disabled: list[str], user: User | None) -> str:
    parts = [_("The sample data is gone.")]
    if kept.get("customer"):
        parts.append(
            _("%(count)s customers of it were kept, because people added something to them.")
            % {"count": kept["customer"]}
        )
    if user is not None and user.username in disabled:
        parts.append(_("Choose a password of your own now: the sample's does not work any more."))
    elif disabled and user is None:
        parts.append(
            _("The sample people cannot sign in any more; manage.py createsuperuser makes a first own account.")
        )
    return " ".join(parts)
