"""Mending as bulk actions of the customer list: each row gets its own value, with Undo for any number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.lists import Action
from crm.kit.rows import check_fields
from crm.kit.sets import Swept, before
from customers.models import ContactPoint, Customer
from customers.quality.mending import mended_country, mended_email, mended_phone
from customers.services.bulk import CUSTOMERS
from customers.services.parties import normalised

Mended = Callable[[str, str], str]
POINTS = {"email", "phone"}


class Mend:
    """A verb for one field: rows whose value cannot be mended for sure are refused, and stay."""

    def __init__(self, field: str, mended: Mended) -> None:
        self.field, self.mended = field, mended

    def act(self, *, user: User, pk: int, value: None, now: datetime) -> dict[str, Any] | None:
        """Mend one row; what it held before."""
        held = CUSTOMERS.rows(user).filter(pk=pk).values_list(self.field, flat=True).first()
        done = self.act_on(user=user, ids=[pk], value=value, now=now)
        if done.refused:
            raise Refused(done.refused[0][1])
        return {"value": held} if done.changed else None

    def back(self, *, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
        """Put it back where it still is as mended."""
        country = CUSTOMERS.rows(user).filter(pk=pk).values_list("country", flat=True).first() or ""
        mended = self.mended(before["value"], "" if self.field == "country" else country)
        still = Q(**{self.field: mended})
        done = CUSTOMERS.back(user=user, ids=[pk], changes={self.field: before["value"]}, still=still, now=now)
        if done.refused:
            raise Refused(done.refused[0][1])
        self._follow({pk: before["value"]})

    @transaction.atomic
    def act_on(self, *, user: User, ids: Collection[int], value: None, now: datetime) -> Swept:
        """Mend many rows in one statement."""
        check_fields({self.field: ""}, user=user, obj="customer")
        held = CUSTOMERS.rows(user).filter(pk__in=ids).values_list("pk", self.field, "country")
        wanted = {pk: new for pk, old, country in held if old and (new := self.mended(old, country))}
        done = CUSTOMERS.put(user=user, ids=wanted, changes={self.field: by_key(wanted)}, differs=Q(), now=now)
        refused = {pk for pk, _why in done.refused}
        self._follow({pk: new for pk, new in wanted.items() if pk not in refused})
        left = [(pk, _("It is not sure what was meant; look at it yourself.")) for pk in sorted(set(ids) - set(wanted))]
        return Swept(done.changed, done.same, sorted([*done.refused, *left]))

    @transaction.atomic
    def take_back(
        self, *, user: User, ids: Collection[int], events: QuerySet[Any], value: None, now: datetime
    ) -> Swept:
        """Put back what the history holds, where nothing happened to the row since."""
        then = Subquery(events.filter(pgh_obj_id=OuterRef("pk")).order_by("-pgh_id").values("version")[:1])
        changes = {self.field: before(events, self.field)}
        done = CUSTOMERS.back(user=user, ids=ids, changes=changes, still=Q(version=then + Value(1)), now=now)
        kept = set(ids) - {pk for pk, _why in done.refused}
        self._follow(dict(Customer.objects.filter(pk__in=kept).values_list("pk", self.field)))
        return done

    def _follow(self, values: Mapping[int, str]) -> None:
        """The primary contact points of the rows hold the same value."""
        if self.field not in POINTS or not values:
            return
        countries = dict(Customer.objects.filter(pk__in=values).values_list("pk", "country"))
        plain = {pk: normalised(self.field, value, countries.get(pk, ""))[:300] for pk, value in values.items()}
        points = ContactPoint.objects.filter(customer__in=values, kind=self.field, primary=True)
        points.update(value=by_key(values, "customer_id"), normalised=by_key(plain, "customer_id"), valid=None)


def by_key(values: Mapping[int, str], column: str = "pk") -> Func:
    """SQL: the value of each row, out of one parameter."""
    held = Value({str(pk): value for pk, value in values.items()}, output_field=models.JSONField())
    key = Cast(F(column), models.TextField())
    return Func(held, key, template="(%(expressions)s)", arg_joiner=" ->> ", output_field=models.TextField())


def _action(field: str, label: Any, mended: Mended) -> Action:
    verb = Mend(field, mended)
    return Action(f"mend-{field}", label, "pencil", ("customer", "change"), verb.act, verb.back, sweep=verb, model=Customer, edits=True)  # fmt: skip


MENDS = {
    "email": _action("email", gettext_lazy("Mend e-mail addresses"), mended_email),
    "phone": _action("phone", gettext_lazy("Mend phone numbers"), mended_phone),
    "country": _action("country", gettext_lazy("Mend country names"), mended_country),
}
KINDS = {"email": "email", "phone": "phone", "country": "country", "spelled": "country"}
"""Kind of rule → the field that mending it changes."""


def mend_for(rule: Any) -> Action | None:
    """The action that mends what fails a rule, when there is one."""
    field = KINDS.get(rule.kind)
    fits = rule.object == "customer" and field is not None and rule.settings.get("field") == field
    return MENDS[field] if fits and field is not None else None


def preview(user: User, rows: QuerySet[Customer], field: str, most: int) -> list[tuple[int, str, str, str]]:
    """(id, name, value, mended value) of the first rows; "" where a person has to look."""
    mended = {"email": mended_email, "phone": mended_phone, "country": mended_country}[field]
    held = rows.order_by("sort_name", "pk").values_list("pk", "name", field, "country")[:most]
    return [(pk, name, old, mended(old, country) if old else "") for pk, name, old, country in held]
