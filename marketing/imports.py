"""Campaigns and their touches (campaign members) from files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from customers.imports import pending
from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.pending import Link
from customers.imports.relations import LinkedKind, Relation
from customers.imports.tables import TableKind, later_again
from customers.imports.words import CONTACT_ID, CUSTOMER_EMAIL, CUSTOMER_ID, CUSTOMER_NAME
from marketing.models import Campaign, Touch

STATES = choices({
    "draft": ("planned", "草稿"), "scheduled": ("计划",), "running": ("inprogress", "active", "进行中"),
    "ended": ("completed", "aborted", "done", "已结束"),
})  # fmt: skip


@register
class Campaigns(TableKind):
    """Campaigns."""

    name = "campaigns"
    object = "campaign"
    model = Campaign
    identity = ("name", "starts_at")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "campaignid", "编号")),
        Field(name="name", column="name", required=True, words=("campaign", "campaignname", "title", "名称", "活动名称")),
        Field(name="channel", type="code", column="channel", limit=40, words=("type", "campaigntype", "渠道")),
        Field(name="state", type="choice", column="state", choices=STATES, words=("status", "状态")),
        Field(name="starts_at", type="moment", column="starts_at", words=("startdate", "start", "开始时间", "开始日期")),
        Field(name="ends_at", type="moment", column="ends_at", words=("enddate", "end", "结束时间", "结束日期")),
        Field(name="budget", type="number", column="budget", words=("budgetedcost", "cost", "预算")),
        Field(name="currency", type="code", column="currency", limit=3, words=("currencyisocode", "币种")),
        Field(name="owner", type="lookup", column="owner_id", words=("ownername", "负责人")),
        Field(name="team", type="lookup", column="team_id", words=("团队",)),
    )  # fmt: skip

    def finish(self, context: Context) -> None:
        """What waited for these campaigns has them now."""
        super().finish(context)
        context.resolved += pending.resolve(self.object, now=context.now)

    def exported(self) -> Mapping[str, str]:
        same = ("external_id", "name", "channel", "state", "starts_at", "ends_at", "budget", "currency")
        return {name: name for name in same} | {"owner": "owner__username", "team": "team__name"}


FOLLOW = """
UPDATE marketing_touch h SET customer_id = f.customer_id
FROM (SELECT w.id, r.customer_id FROM marketing_touch w
      JOIN LATERAL (SELECT x.customer_id FROM customers_contactrole x WHERE x.contact_id = w.contact_id
                    ORDER BY x.primary DESC, x.id LIMIT 1) r ON true
      WHERE w.customer_id IS NULL AND w.contact_id IS NOT NULL) f
WHERE h.id = f.id
"""
"""A member's customer is the one that the contact belongs to."""
CAMPAIGN = pending.register(
    Link(name="touch.campaign", table="marketing_touch", column="campaign_id", target="marketing_campaign",
         object="campaign", named=True)
)  # fmt: skip
CONTACT = pending.register(
    Link(name="touch.contact", table="marketing_touch", column="contact_id", target="customers_contact",
         object="contact", then=FOLLOW)
)  # fmt: skip


@register
class Touches(LinkedKind):
    """A customer's part in a campaign: one per campaign and customer, or per member where contacts are named."""

    name = "touches"
    object = "campaign"
    model = Touch
    owned = False
    customers_by_id = True
    relations = (
        Relation(field="campaign.external_id", link=CAMPAIGN), Relation(field="contact.external_id", link=CONTACT),
    )  # fmt: skip
    identity = ("campaign.external_id", "customer.external_id", "customer.email", "contact.external_id")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "memberid", "编号")),
        Field(name="campaign.external_id", type="code", limit=200, required=True,
              words=("campaign", "campaignid", "campaignname", "活动", "活动编号")),
        Field(name="customer.external_id", type="code", limit=200, words=(*CUSTOMER_ID, "leadid", "member")),
        Field(name="customer.name", type="code", limit=200, words=CUSTOMER_NAME),
        Field(name="customer.email", limit=254, words=CUSTOMER_EMAIL),
        Field(name="contact.external_id", type="code", limit=200, words=CONTACT_ID),
        Field(name="sent_at", type="moment", column="sent_at", words=("sent", "date", "createddate", "发送时间")),
        Field(name="opened_at", type="moment", column="opened_at", words=("opened", "打开时间")),
        Field(name="clicked_at", type="moment", column="clicked_at", words=("clicked", "点击时间")),
        Field(name="converted_at", type="moment", column="converted_at", words=("converted", "responded", "转化时间")),
        Field(name="unsubscribed_at", type="moment", column="unsubscribed_at", words=("unsubscribed", "退订时间")),
        Field(name="status", type="code", column="status", limit=30, words=("state", "状态")),
    )  # fmt: skip

    def joins(self, context: Context) -> str:
        return (
            f"{super().joins(context)} LEFT JOIN LATERAL (SELECT x.customer_id FROM customers_contactrole x "
            "WHERE x.contact_id = r_contact.id ORDER BY x.primary DESC, x.id LIMIT 1) role ON true"
        )

    def extras(self) -> dict[str, str]:
        return super().extras() | {"customer_id": "coalesce(e.customer_id, role.customer_id)"}

    def target(self) -> str:
        return (
            "LEFT JOIN LATERAL (SELECT y.id FROM (SELECT x.id, 1 AS place FROM marketing_touch x "
            "WHERE x.source_id = %(source)s AND x.external_id = s.external_id AND NOT (x.external_id = '') "
            "UNION ALL SELECT x.id, 2 FROM marketing_touch x WHERE x.campaign_id = r_campaign.id "
            "AND x.customer_id = e.customer_id AND x.contact_id IS NULL AND s.f_contact_external_id IS NULL) y "
            "ORDER BY y.place LIMIT 1) t ON true"
        )

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        context.refuse(
            "import_chunk",
            "f_customer_external_id IS NULL AND f_customer_email IS NULL AND f_contact_external_id IS NULL",
            _("the row names neither a customer nor a contact"),
        )

    def work(self, context: Context, low: int, high: int) -> None:
        super().work(context, low, high)
        context.refuse(
            "import_chunk",
            f"contact_id IS NULL AND f_contact_external_id IS NULL AND {later_again('campaign_id, customer_id')}",
            _("the same customer of this campaign stands again in a later line, which counts"),
            skipped=True,
        )

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        found["customer_id"] = "coalesce(t.customer_id, c.customer_id)"
        return found

    def exported(self) -> Mapping[str, str]:
        times = ("sent_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "status")
        return {
            "external_id": "external_id", "campaign.external_id": "campaign__name",
            "customer.external_id": "customer__external_ids",
            "contact.external_id": "contact__external_id",
        } | {name: name for name in times}  # fmt: skip
