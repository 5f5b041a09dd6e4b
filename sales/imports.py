"""Orders, products and deals from files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import PARTS, Part, register
from customers.imports.tables import TableKind, later_again
from customers.imports.words import CUSTOMER_ID, CUSTOMER_NAME
from sales.models import Deal, Product
from sales.orders_import import Orders
from sales.stages_import import STAGE_CHANGE, STAGE_JOIN, add_stages, note_stages

__all__ = ["Deals", "Orders", "Products"]

PRODUCT_KINDS = choices({
    "goods": ("product", "item", "商品", "产品"), "service": ("services", "服务"),
    "adjustment": ("fee", "postage", "discount", "调整"),
})  # fmt: skip


@register
class Products(TableKind):
    """Products; codes that differ only by case are one."""

    name = "products"
    object = "product"
    model = Product
    owned = False
    key = "sku"
    identity = ("sku", "name")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "productid", "编号")),
        Field(name="sku", type="code", column="sku", limit=80, required=True,
              words=("code", "stockcode", "productcode", "itemcode", "article", "articleno", "product", "货号", "商品编码", "产品编号")),
        Field(name="name", column="name", words=("productname", "title", "description", "itemname", "名称", "商品名称", "产品名称")),
        Field(name="category", column="category", words=("series", "group", "family", "productfamily", "类别", "分类")),
        Field(name="kind", type="choice", column="kind", choices=PRODUCT_KINDS, words=("type", "类型")),
    )  # fmt: skip

    def target(self) -> str:
        return "LEFT JOIN sales_product t ON upper(t.sku) = upper(s.f_sku)"

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        found.pop("sku", None)  # the spelling that came first stays
        return found

    def work(self, context: Context, low: int, high: int) -> None:
        super().work(context, low, high)
        context.refuse(
            "import_chunk",
            later_again("upper(f_sku)"),
            _("the same code stands again in a later line, which counts"),
            skipped=True,
        )

    def exported(self) -> Mapping[str, str]:
        return {name: name for name in ("external_id", "sku", "name", "category", "kind")}


@register
class Deals(TableKind):
    """Deals; stages that a pipeline does not have yet are added to it."""

    name = "deals"
    object = "deal"
    model = Deal
    customers_by_id = True
    parts = {**PARTS, STAGE_CHANGE: Part({"sales.deal": "deal_id"})}
    identity = ("title", "customer.external_id", "created_at")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "dealid", "opportunityid", "编号")),
        Field(name="title", column="title", limit=200, words=("name", "dealname", "opportunity", "opportunityname", "subject", "名称", "商机")),
        Field(name="customer.external_id", type="code", limit=200, words=CUSTOMER_ID),
        Field(name="customer.name", type="code", limit=200, words=CUSTOMER_NAME),
        Field(name="pipeline", type="code", limit=80, words=("管道",)),
        Field(name="stage", type="code", limit=80, words=("dealstage", "stagename", "status", "阶段")),
        Field(name="amount", type="number", column="amount", words=("value", "closevalue", "dealvalue", "金额")),
        Field(name="currency", type="code", column="currency", limit=3, words=("currencyisocode", "币种")),
        Field(name="owner", type="lookup", column="owner_id", words=("salesagent", "ownername", "负责人")),
        Field(name="team", type="lookup", column="team_id", words=("salesteam", "团队")),
        Field(name="created_at", type="moment", column="opened_at", words=("openedat", "createddate", "engagedate", "opened", "created", "创建时间")),
        Field(name="expected_on", type="date", column="expected_on", words=("expectedclose", "closedate", "预计成交")),
        Field(name="closed_at", type="moment", column="closed_at", words=("closed", "closedate", "成交时间")),
        Field(name="lost_reason", column="lost_reason", words=("lostbecause", "reason", "丢单原因")),
        Field(name="product", type="lookup", column="product_id", words=("productname", "sku", "产品")),
    )  # fmt: skip

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        products: dict[str, int] = {}
        for sku, name, pk in Product.objects.order_by("-id").values_list("sku", "name", "id")[:200_000]:
            products[name.casefold()] = pk
            products[sku.casefold()] = pk
        return {**super().lookups(context), "product": products}

    def prepare(self, context: Context) -> None:
        super().prepare(context)
        add_stages(context)

    def joins(self, context: Context) -> str:
        return f"{super().joins(context)} {STAGE_JOIN}"

    def extras(self) -> dict[str, str]:
        return super().extras() | {"stage_id": "st.id", "stage_state": "st.state"}

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        context.refuse("import_chunk", "stage_id IS NULL", _("the pipeline has no such stage"))

    def values(self, context: Context) -> dict[str, str]:
        found = super().values(context)
        found["title"] = "coalesce(c.f_title, c.f_customer_external_id, c.external_id)"
        found["stage_id"] = "c.stage_id"
        found["opened_at"] = "coalesce(c.f_created_at, c.f_closed_at, %(now)s)"
        found["currency"] = "coalesce(upper(c.f_currency), %(home)s)"
        found["home_amount"] = _home("c.f_amount", found["currency"], found["opened_at"])
        return found

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        if context.plan.has("stage") or context.plan.has("pipeline"):
            found["stage_id"] = "coalesce(CASE WHEN c.f_stage IS NOT NULL THEN c.stage_id END, t.stage_id)"
        if "amount" in found:
            currency = found.get("currency", "t.currency")
            found["home_amount"] = _home(found["amount"], currency, found.get("opened_at", "t.opened_at"))
        return found

    def insert(self, context: Context) -> int:
        made = super().insert(context)
        note_stages(context)
        return made

    def exported(self) -> Mapping[str, str]:
        same = ("external_id", "title")
        tail = ("amount", "currency")
        return (
            {name: name for name in same}
            | {"customer.external_id": "customer__external_ids", "pipeline": "stage__pipeline__name", "stage": "stage__name"}
            | {name: name for name in tail}
            | {"owner": "owner__username", "team": "team__name", "created_at": "opened_at", "expected_on": "expected_on",
               "closed_at": "closed_at", "lost_reason": "lost_reason", "product": "product__sku"}
        )  # fmt: skip


def _home(amount: str, currency: str, at: str) -> str:
    """SQL: an amount in the home currency at the dated rate; NULL where there is no rate."""
    rate = (
        f"(SELECT x.rate FROM kit_exchangerate x WHERE x.currency = {currency} AND x.day <= ({at})::date "
        "ORDER BY x.day DESC LIMIT 1)"
    )
    same = f"{currency} IN ('', %(home)s)"
    return f"round({amount} * CASE WHEN {same} THEN 1 ELSE {rate} END, 4)"
