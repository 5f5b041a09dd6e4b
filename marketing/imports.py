"""Campaigns and their touches (campaign members) from files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.tables import TableKind, later_again
from customers.imports.words import CUSTOMER_ID
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

    def exported(self) -> Mapping[str, str]:
        same = ("external_id", "name", "channel", "state", "starts_at", "ends_at", "budget", "currency")
        return {name: name for name in same} | {"owner": "owner__username", "team": "team__name"}


@register
class Touches(TableKind):
    """A customer's part in a campaign; one per campaign and customer."""

    name = "touches"
    object = "campaign"
    model = Touch
    owned = False
    customers_by_id = True
    identity = ("campaign.external_id", "customer.external_id")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "memberid", "编号")),
        Field(name="campaign.external_id", type="lookup", column="campaign_id", required=True,
              words=("campaign", "campaignid", "campaignname", "活动", "活动编号")),
        Field(name="customer.external_id", type="code", limit=200, required=True, words=(*CUSTOMER_ID, "contactid", "leadid", "member")),
        Field(name="sent_at", type="moment", column="sent_at", words=("sent", "date", "发送时间")),
        Field(name="opened_at", type="moment", column="opened_at", words=("opened", "打开时间")),
        Field(name="clicked_at", type="moment", column="clicked_at", words=("clicked", "点击时间")),
        Field(name="converted_at", type="moment", column="converted_at", words=("converted", "responded", "转化时间")),
        Field(name="unsubscribed_at", type="moment", column="unsubscribed_at", words=("unsubscribed", "退订时间")),
        Field(name="status", type="code", column="status", limit=30, words=("state", "状态")),
    )  # fmt: skip

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        """Campaigns by name, and by their id in this source, which wins."""
        campaigns = Campaign.objects.order_by("-id")
        if context.reach.user is not None:
            campaigns = campaigns.visible_to(context.reach.user)
        found = {name.casefold(): pk for name, pk in campaigns.values_list("name", "id")}
        ours = campaigns.filter(source=context.source_id).exclude(external_id="")
        return {
            "campaign.external_id": found | {key.casefold(): pk for key, pk in ours.values_list("external_id", "id")}
        }

    def target(self) -> str:
        return (
            "LEFT JOIN LATERAL (SELECT x.id FROM marketing_touch x WHERE x.campaign_id = s.f_campaign_external_id "
            "AND x.customer_id = e.customer_id LIMIT 1) t ON true"
        )

    def work(self, context: Context, low: int, high: int) -> None:
        super().work(context, low, high)
        context.refuse(
            "import_chunk",
            later_again("f_campaign_external_id, customer_id"),
            _("the same customer of this campaign stands again in a later line, which counts"),
            skipped=True,
        )

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        found.pop("campaign_id", None)
        found.pop("customer_id", None)
        return found

    def exported(self) -> Mapping[str, str]:
        times = ("sent_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "status")
        return {
            "external_id": "external_id", "campaign.external_id": "campaign__name",
            "customer.external_id": "customer__external_ids",
        } | {name: name for name in times}  # fmt: skip
