"""Placing, changing and removing orders with their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_team
from crm.kit.errors import Invalid, Refused
from crm.kit.money import rate, rounded
from crm.kit.rows import assign, check_fields, check_tag, locked, tidy
from customers.models import Customer
from sales.models import Order, OrderLine, Product
from sales.services.products import with_source

FIELDS = frozenset({"number", "customer", "team", "ordered_at", "kind", "status", "currency", "source", "external_id"})
MOST = Decimal("99999999999999")


@transaction.atomic
def place_order(*, user: User, values: Mapping[str, Any], now: datetime) -> Order:
    """Write a sale or a return with its ``lines``; totals follow from them.

    ``customer`` is an id within reach or nothing. Raises Invalid, or Refused (409) for a double outside id.
    """
    check_fields(values, user=user, obj="order")
    ready = _checked(values, user=user, existing=None)
    ready.setdefault("ordered_at", now)
    row = Order(**{name: value for name, value in ready.items() if name in FIELDS})
    _save(row, force_insert=True)
    write_lines(row, ready.get("lines") or (), user=user)
    return row


@transaction.atomic
def update_order(*, user: User, order_id: int, values: Mapping[str, Any], expected: str | None = None) -> Order:
    """Change the given fields; ``lines``, where given, replace all lines."""
    row = locked(Order, order_id, user=user, obj="order", action="change", reach=reach(user, "change"))
    check_tag(row, expected)
    check_fields(values, user=user, obj="order")
    ready = _checked(values, user=user, existing=row)
    changed = assign(row, {name: value for name, value in ready.items() if name in FIELDS})
    lines = ready.get("lines")
    if lines is None and {"kind", "currency", "ordered_at"} & set(changed):
        lines = [_as_input(line) for line in row.lines.select_related("product").order_by("position")]
    same = lines is not None and "lines" in values and _same_lines(row, lines)
    row.was_changed = bool(changed) or (lines is not None and not same)  # type: ignore[attr-defined]
    if changed:
        _save(row, update_fields=[*changed, "updated_at"])
    if lines is not None and not (same and not changed):
        write_lines(row, lines, user=user)
    return row


@transaction.atomic
def delete_order(*, user: User, order_id: int, expected: str | None = None) -> None:
    """Remove an order with its lines; the history keeps what it was."""
    row = locked(Order, order_id, user=user, obj="order", action="delete", reach=reach(user, "delete"))
    check_tag(row, expected)
    row.delete()


def reach(user: User, action: str) -> Q:
    """The orders that an action covers: by the order's own team."""
    return user.access.rows("order", action, owner=None)


def line_net(*, kind: str, quantity: Decimal, unit_price: Decimal, discount: Decimal) -> Decimal:
    """What a line is worth: quantity times price less discount; a return's is negative."""
    if kind == Order.Kind.RETURN:
        return rounded(-(abs(quantity) * unit_price - discount))
    return rounded(quantity * unit_price - discount)


def write_lines(order: Order, lines: Sequence[Mapping[str, Any]], *, user: User) -> None:
    """Replace the lines of an order and bring its totals in line."""
    products = _products(lines, user=user)
    factor = rate(order.currency, order.ordered_at.date())
    made = [_line(order, place, line, products, factor) for place, line in enumerate(lines, start=1)]
    if not order._state.adding and order.line_count:
        order.lines.all().delete()
    OrderLine.objects.bulk_create(made)
    order.line_count = len(made)
    order.total = sum((line.net for line in made), Decimal(0))
    order.home_total = None if factor is None else sum((line.home_net or Decimal(0) for line in made), Decimal(0))
    if abs(order.total) > MOST:
        raise Invalid(_("The lines add up to more than can be kept."), fields={"lines": _("Too much.")})
    order.save(update_fields=["line_count", "total", "home_total", "updated_at"])


def _line(
    order: Order, place: int, line: Mapping[str, Any], products: Mapping[Any, Product], factor: Decimal | None
) -> OrderLine:
    product = products.get(_product_key(line))
    discount = line.get("discount") or Decimal(0)
    net = line_net(kind=order.kind, quantity=line["quantity"], unit_price=line["unit_price"], discount=discount)
    if abs(net) > MOST:
        raise Invalid(_("A line is worth more than can be kept."), fields={f"lines.{place}": _("Too much.")})
    return OrderLine(
        order=order, position=place, product=product, quantity=line["quantity"], unit_price=line["unit_price"],
        name=line.get("name") or (product.name if product else ""), discount=discount, tax=line.get("tax") or Decimal(0),
        net=net, home_net=None if factor is None else rounded(net * factor),
    )  # fmt: skip


def _product_key(line: Mapping[str, Any]) -> Any:
    return line.get("product") or (line.get("sku") or "").upper() or None


def _products(lines: Sequence[Mapping[str, Any]], *, user: User) -> dict[Any, Product]:
    """Products of the lines by id or upper-case code; a new code makes a product where the user may."""
    keys = {_product_key(line) for line in lines} - {None}
    ids = {key for key in keys if isinstance(key, int)}
    codes = {key for key in keys if isinstance(key, str)}
    found: dict[Any, Product] = {row.pk: row for row in Product.objects.filter(pk__in=ids)}
    rows = Product.objects.annotate(code=Upper("sku")).filter(code__in=codes)
    found |= {row.sku.upper(): row for row in rows}
    missing = keys - set(found)
    if missing and (not user.access.can("product", "add") or any(isinstance(key, int) for key in missing)):
        sentence = _("There is no such product: %(codes)s.") % {"codes": ", ".join(sorted(map(str, missing))[:5])}
        raise Invalid(sentence, fields={"lines": sentence})
    names = {_product_key(line): line for line in lines}
    for code in sorted(missing, key=str):
        sku, name = names[code]["sku"], names[code].get("name") or ""
        found[code] = Product.objects.get_or_create(sku__iexact=sku, defaults={"sku": sku, "name": name})[0]
    return found


def _as_input(line: OrderLine) -> dict[str, Any]:
    names = ("quantity", "unit_price", "discount", "tax", "name")
    return {"product": line.product_id, **{name: getattr(line, name) for name in names}}


def _same_lines(order: Order, lines: Sequence[Mapping[str, Any]]) -> bool:
    def plain(line: Mapping[str, Any], code: Any) -> tuple[Any, ...]:
        return (code, line["quantity"], line["unit_price"], line.get("discount") or 0, line.get("tax") or 0)

    here = [
        plain(_as_input(line), line.product.sku.upper() if line.product else None)
        for line in order.lines.select_related("product").order_by("position")
    ]
    codes: dict[Any, str] = dict(Product.objects.filter(pk__in=[line.get("product") for line in lines if line.get("product")]).values_list("pk", "sku"))  # fmt: skip
    there = [plain(line, codes.get(line.get("product"), line.get("sku") or "").upper() or None) for line in lines]
    return here == there


def _checked(values: Mapping[str, Any], *, user: User, existing: Order | None) -> dict[str, Any]:
    ready = with_source(tidy(values))
    if ready.get("customer"):
        ready["customer"] = seen_customer(ready["customer"], user=user)
    if "team" in ready or existing is None:
        customer = ready.get("customer")
        wanted = ready.get("team") or (customer.team_id if customer else None)
        ready["team"] = named_team(wanted, user=user, obj="order", action="change" if existing else "add")
    if ready.get("currency"):
        ready["currency"] = ready["currency"].upper()
    return ready


def seen_customer(pk: Any, *, user: User) -> Customer:
    """A customer within reach; raises Invalid, the same for absent and not reached."""
    found = Customer.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        sentence = _("There is no such customer among yours.")
        raise Invalid(sentence, fields={"customer": sentence})
    return found


def _save(row: Order, **how: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:
        raise Refused(_("An order with this external id exists already."), code="exists") from error
