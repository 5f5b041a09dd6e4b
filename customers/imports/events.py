"""Interactions from files: append-only, so a row that is here already stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.tables import TableKind
from customers.imports.words import CUSTOMER_EMAIL, CUSTOMER_ID, CUSTOMER_NAME
from customers.models import Interaction
from customers.services.interactions import MOVE_FORWARD, TALK

KINDS = choices({
    "mail": ("email", "e-mail", "邮件"), "call": ("phone", "phonecall", "电话"), "meeting": ("visit", "会议", "拜访"),
    "note": ("memo", "备注"), "chat": ("im", "聊天"), "social": ("社交",), "web": ("website", "网站"), "form": ("表单",),
    "campaign": ("活动",), "system": ("系统",),
})  # fmt: skip
LATEST_TALKS = """
SELECT customer_id, max(f_occurred_at) FROM import_chunk
WHERE target IS NULL AND f_kind = ANY(%(talk)s) AND f_occurred_at <= %(now)s GROUP BY 1 ORDER BY 1
"""
DIRECTIONS = choices({"in": ("incoming", "inbound", "received", "来"), "out": ("outgoing", "outbound", "sent", "去")})


@register
class Interactions(TableKind):
    """What happened with customers."""

    name = "interactions"
    object = "interaction"
    model = Interaction
    append_only = True
    owned = False
    repeats = True
    customers_by_id = True
    identity = (
        "customer.external_id",
        "customer.email",
        "kind",
        "direction",
        "channel",
        "occurred_at",
        "subject",
        "text",
    )
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "interactionid", "activityid", "编号")),
        Field(name="customer.external_id", type="code", limit=200, words=CUSTOMER_ID),
        Field(name="customer.name", type="code", limit=200, words=CUSTOMER_NAME),
        Field(name="customer.email", limit=254, words=CUSTOMER_EMAIL),
        Field(name="kind", type="choice", column="kind", required=True, choices=KINDS, words=("type", "activitytype", "类型")),
        Field(name="direction", type="choice", column="direction", choices=DIRECTIONS, words=("方向",)),
        Field(name="channel", type="code", column="channel", limit=40, words=("渠道",)),
        Field(name="occurred_at", type="moment", column="occurred_at", required=True,
              words=("date", "datetime", "time", "timestamp", "when", "createdat", "时间", "日期")),
        Field(name="subject", column="subject", words=("title", "topic", "主题", "标题")),
        Field(name="text", column="text", words=("body", "content", "message", "note", "notes", "description", "内容", "正文")),
        Field(name="author", type="lookup", column="author_id", words=("user", "agent", "作者")),
        Field(name="thread", type="code", column="thread", limit=200),
        Field(name="topic", type="code", column="topic", limit=80),
    )  # fmt: skip

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        return {"author": super().lookups(context)["owner"]}

    def insert(self, context: Context) -> int:
        """New rows; the last contact of their customers moves along."""
        made = super().insert(context)
        context.execute(MOVE_FORWARD.format(latest=LATEST_TALKS), {"talk": list(TALK)})
        return made

    def exported(self) -> Mapping[str, str]:
        names = ("kind", "direction", "channel", "occurred_at", "subject", "text", "thread", "topic")
        return (
            {"external_id": "external_id", "customer.external_id": "customer__external_ids"}
            | {name: name for name in names}
            | {"author": "author__username"}
        )
