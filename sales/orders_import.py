"""Line-shaped order files: lines become orders in the database, never in this process's memory.

What is done with odd lines is written in ``docs/imports.md``; the report counts each treatment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.kit.workspace import home_currency
from customers.imports import links
from customers.imports.context import Context, team_words
from customers.imports.fields import Field, choices
from customers.imports.kinds import PARTS, Kind, Part, register
from customers.imports.words import CUSTOMER_ID
from sales import orders_sql as sql
from sales.models import OrderLine

ORDER, LINE, PRODUCT = "sales.order", "sales.orderline", "sales.product"
ORDER_KINDS = choices({
    "sale": ("order", "invoice", "销售", "订单"),
    "return": ("refund", "credit", "creditnote", "cancellation", "退货", "退款"),
})  # fmt: skip


@register
class Orders(Kind):
    """One order per number; its lines are keyed by their place in it, and a repeated number replaces them."""

    name = "orders"
    object = "order"
    key = "number"
    chunk = None
    customers_by_id = True
    parts = {**PARTS, LINE: Part({ORDER: "order_id"}, strange="false")}
    fields = (
        Field(name="external_id", type="code", limit=200),
        Field(name="number", type="code", limit=80, required=True,
              words=("ordernumber", "orderno", "orderid", "invoiceno", "invoice", "invoicenumber", "invoiceid", "订单号", "单号", "订单编号", "发票号")),
        Field(name="ordered_at", type="moment", required=True,
              words=("orderdate", "invoicedate", "date", "datetime", "orderedat", "createdat", "purchasedate", "日期", "下单时间", "订单日期", "时间")),
        Field(name="kind", type="choice", choices=ORDER_KINDS, words=("ordertype", "type", "类型")),
        Field(name="status", type="code", limit=30, words=("orderstatus", "state", "状态")),
        Field(name="currency", type="code", limit=3, words=("currencycode", "币种", "货币")),
        Field(name="team", type="lookup", words=("团队",)),
        Field(name="customer.external_id", type="code", limit=200, words=CUSTOMER_ID),
        Field(name="customer.name", limit=200, words=("customername", "clientname", "客户名称", "客户姓名")),
        Field(name="customer.country", type="code", limit=60, words=("country", "shippingcountry", "国家")),
        Field(name="line.sku", type="code", limit=80,
              words=("sku", "stockcode", "productcode", "itemcode", "article", "productid", "货号", "商品编码", "产品编号")),
        Field(name="line.name", type="code", limit=300,
              words=("description", "productname", "itemname", "product", "item", "商品", "商品名称", "产品名称", "描述")),
        Field(name="line.quantity", type="number", words=("quantity", "qty", "count", "pieces", "units", "数量")),
        Field(name="line.unit_price", type="number", words=("unitprice", "price", "itemprice", "单价", "价格")),
        Field(name="line.discount", type="number", words=("discount", "折扣", "优惠")),
        Field(name="line.tax", type="number", words=("tax", "vat", "税", "税额")),
    )  # fmt: skip

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        return {"team": team_words(context.reach, self.object)}

    def apply(self, context: Context, low: int, high: int) -> None:
        """All orders of the file in one transaction."""
        context.execute(sql.CLEAN)
        self._currency(context)
        self._whole_orders_only(context)
        links.name_customers_by_id(
            context,
            name=links.latest("f_customer_name", "f_ordered_at") if context.plan.has("customer.name") else "",
            country=links.latest("f_customer_country", "f_ordered_at") if context.plan.has("customer.country") else "",
        )
        self._products(context)
        self._group(context)
        self._refuse(context)
        self._count_treatments(context)
        self._write(context)
        context.written |= {"sales_order", "sales_orderline", "sales_product"}

    def _values(self, context: Context) -> dict[str, Any]:
        return {
            "prefix": context.plan.mapping.options.get("return_prefix", ""),
            "adjustments": [code.upper() for code in context.plan.mapping.adjustments],
            "home": context.currency,
        }

    def _run(self, context: Context, *statements: str) -> None:
        for statement in statements:
            context.execute(statement, self._values(context))

    def _currency(self, context: Context) -> None:
        """The home currency of a new workspace is the one that most lines of its first import have."""
        if context.currency or not context.plan.has("currency"):
            return
        first = context.rows(sql.MOST_USED_CURRENCY)
        if first:
            context.currency = home_currency(first_seen=first[0][0])

    def _whole_orders_only(self, context: Context) -> None:
        """An order with a line that does not fit waits as a whole: half an order would replace a whole one."""
        context.execute("ANALYZE import_stage")
        if context.value("SELECT EXISTS (SELECT 1 FROM import_out WHERE key IS NOT NULL)"):
            context.refuse("import_stage", sql.SPOILT, _("another line of the same order was rejected"))

    def _products(self, context: Context) -> None:
        if not context.plan.has("line.sku"):
            return
        self._run(context, sql.CODES)
        context.treatments["codes that differ only by case, one product"] += context.value(sql.CASE_CODES)
        noted = context.changed(PRODUCT, "created", "SELECT id FROM made")
        context.execute(f"WITH made AS ({sql.NEW_PRODUCTS}) {noted}", self._values(context))
        made = context.value(sql.PRODUCTS_MADE)
        context.treatments["products created"] += made
        if context.plan.mapping.adjustments:
            noted = context.changed(PRODUCT, "updated", "SELECT id FROM made")
            self._run(context, f"WITH made AS ({sql.MARK_ADJUSTMENTS}) {noted}")

    def _group(self, context: Context) -> None:
        self._run(context, *sql.GROUP, sql.CUSTOMER_OF_ORDER, "ANALYZE import_order")

    def _refuse(self, context: Context) -> None:
        """Orders that may not be written go with all their lines."""
        self._drop(context, "o.customer_key IS NOT NULL AND o.customer_id IS NULL",
                   _("customer.external_id names no customer of this source"))  # fmt: skip
        if context.mode == "create":
            self._drop(context, "o.target IS NOT NULL", _("is here already"), skipped=True)
        if context.mode == "update":
            self._drop(context, "o.target IS NULL", _("is not here yet"), skipped=True)
        user = context.reach.user
        seen, changed = context.reach.teams("customer", "view"), context.reach.teams("order", "change")
        if seen is not None and user is not None:
            self._drop(context, sql.CUSTOMER_OUT_OF_REACH.format(teams=_ids(seen), user=user.pk),
                       _("customer.external_id names no customer that you may write to"))  # fmt: skip
        if changed is not None:
            self._drop(context, sql.ORDER_OUT_OF_REACH.format(teams=_ids(changed)),
                       _("the record is not one that you may change"))  # fmt: skip

    def _drop(self, context: Context, condition: str, reason: str, *, skipped: bool = False) -> None:
        orders = context.execute(f"DELETE FROM import_order o WHERE {condition}")
        if orders:
            kept = "NOT EXISTS (SELECT 1 FROM import_order o WHERE o.key = import_line.key)"
            context.refuse("import_line", kept, reason, skipped=skipped)

    def _count_treatments(self, context: Context) -> None:
        for name, count in zip(sql.TREATMENTS, context.rows(sql.COUNT_TREATMENTS)[0], strict=True):
            context.treatments[name] += count
        context.treatments["identical lines of an order, all kept"] += context.value(sql.IDENTICAL_LINES)
        if context.plan.has("customer.country"):
            context.treatments["customers with several countries, the latest order's kept"] += context.value(
                sql.COUNTRIES
            )

    def _write(self, context: Context) -> None:
        self._run(context, sql.PRICE, "ANALYZE import_priced", sql.TOTALS, "ANALYZE import_final")
        matched = context.value("SELECT count(*) FROM import_final WHERE target IS NOT NULL")
        if matched:
            self._replace(context)
        team = links.team_sql(context, "order", owner=True, staged=False).replace(
            "%(team)s", "coalesce(f.team, %(team)s)"
        )
        self._run(context, sql.INSERT_ORDERS.format(team=team))
        self._run(context, context.changed(ORDER, "created", "SELECT id FROM import_final WHERE target IS NULL"))
        context.counts["created"] += context.execute(sql.INSERT_LINES)
        if matched:
            self._run(context, context.changed(LINE, "created", sql.ADDED_LINES))

    def _replace(self, context: Context) -> None:
        """Lines of orders that are here: compare by place, write what differs, remove what is no longer there."""
        self._run(context, sql.COMPARE, "ANALYZE import_verdict")
        updated, unchanged = context.rows(sql.COUNT_VERDICTS)[0]
        context.counts["updated"] += updated
        context.counts["unchanged"] += unchanged
        if not context.value(
            "SELECT EXISTS (SELECT 1 FROM import_verdict WHERE changed) OR EXISTS (" + sql.SHORTER + ")"
        ):
            return
        self._run(context, context.changed(ORDER, "updated", sql.CHANGED_ORDERS))
        self._run(context, context.changed(LINE, "deleted", sql.SURPLUS_LINES))
        self._run(context, context.changed(LINE, "updated", sql.CHANGED_LINES))
        context.treatments["lines removed from replaced orders"] += context.execute(sql.REMOVE_LINES)
        self._run(context, sql.UPDATE_LINES, sql.UPDATE_ORDERS)

    def shown_to(self, user: Any) -> Any:
        lines = OrderLine.objects.order_by("order_id", "position")
        if user is None:
            return lines
        from_orders = OrderLine.order.field.related_model.objects.visible_to(user)  # type: ignore[attr-defined]
        return lines.filter(order__in=from_orders)

    def exported(self) -> Mapping[str, str]:
        return {
            "external_id": "order__external_id", "number": "order__number", "ordered_at": "order__ordered_at",
            "kind": "order__kind", "status": "order__status", "currency": "order__currency", "team": "order__team__name",
            "customer.external_id": "order__customer__external_ids", "customer.name": "order__customer__name",
            "customer.country": "order__customer__country", "line.sku": "product__sku", "line.name": "name",
            "line.quantity": "quantity", "line.unit_price": "unit_price", "line.discount": "discount", "line.tax": "tax",
        }  # fmt: skip


def _ids(teams: list[int]) -> str:
    return f"ARRAY[{','.join(str(int(team)) for team in teams)}]::bigint[]"
