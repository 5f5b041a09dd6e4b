"""Tickets from files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports import links, pending
from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.pending import Link
from customers.imports.relations import LinkedKind, Relation
from customers.imports.words import CONTACT_ID, CUSTOMER_EMAIL, CUSTOMER_ID, CUSTOMER_NAME
from service.models import Queue, Ticket

STATUSES = choices({
    "open": ("new", "inprogress", "working", "escalated", "新建", "处理中", "打开"),
    "pending": ("waiting", "onhold", "waitingforcustomer", "等待"),
    "solved": ("resolved", "已解决"), "closed": ("done", "已关闭", "关闭"),
})  # fmt: skip
PRIORITIES = choices(
    {"low": ("低",), "normal": ("medium", "中", "普通"), "high": ("高",), "urgent": ("critical", "紧急")}
)


CONTACT = pending.register(
    Link(
        name="ticket.contact", table="service_ticket", column="contact_id", target="customers_contact", object="contact"
    )
)


@register
class Tickets(LinkedKind):
    """Tickets; the number names a row where there is no external id."""

    name = "tickets"
    object = "ticket"
    model = Ticket
    owned = False
    key = "number"
    customers_by_id = True
    relations = (Relation(field="contact.external_id", link=CONTACT),)
    identity = ("number", "customer.external_id", "customer.email", "subject", "created_at")
    fields = (
        Field(name="external_id", type="code", limit=200, words=("id", "caseid", "ticketid", "编号")),
        Field(name="number", type="code", limit=80, words=("casenumber", "ticketnumber", "ticketno", "工单号")),
        Field(name="customer.external_id", type="code", limit=200, words=CUSTOMER_ID),
        Field(name="customer.name", type="code", limit=200, words=CUSTOMER_NAME),
        Field(name="customer.email", limit=254, words=CUSTOMER_EMAIL),
        Field(name="contact.external_id", type="code", limit=200, words=CONTACT_ID),
        Field(name="subject", column="subject", words=("title", "summary", "主题", "标题")),
        Field(name="text", column="text", words=("description", "body", "message", "content", "描述", "内容")),
        Field(name="status", type="choice", column="status", choices=STATUSES, words=("state", "状态")),
        Field(name="priority", type="choice", column="priority", choices=PRIORITIES, words=("severity", "优先级")),
        Field(name="channel", type="code", column="channel", limit=40, words=("origin", "caseorigin", "source", "渠道")),
        Field(name="created_at", type="moment", column="opened_at", words=("openedat", "createddate", "opened", "created", "date", "创建时间")),
        Field(name="first_response_at", type="moment", column="first_response_at", words=("firstresponse", "首次响应")),
        Field(name="resolved_at", type="moment", column="resolved_at", words=("closedat", "closeddate", "resolved", "解决时间")),
        Field(name="rating", type="whole", column="rating", words=("score", "csat", "评分")),
        Field(name="owner", type="lookup", column="owner_id", words=("agent", "assignee", "负责人")),
        Field(name="queue", type="lookup", column="queue_id", words=("group", "department", "队列")),
    )  # fmt: skip

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        allowed = context.reach.teams(self.object, "add")
        queues = Queue.objects.values_list("name", "id", "team_id")
        reached = {name.casefold(): pk for name, pk, team in queues if allowed is None or team in allowed}
        return {"owner": super().lookups(context)["owner"], "queue": reached}

    def prepare(self, context: Context) -> None:
        super().prepare(context)
        self._default_queue(context)

    def _default_queue(self, context: Context) -> int:
        allowed = context.reach.teams(self.object, "add")
        queues = Queue.objects.order_by("-is_default", "id")
        if allowed is not None:
            queues = queues.filter(team__in=allowed)
        found = queues.values_list("id", flat=True).first()
        if found is not None:
            return int(found)
        if allowed is not None:
            raise Invalid(_("There is no queue that you may write to."))
        return int(Queue.objects.create(name=_("Support"), team_id=context.team_id, is_default=True).pk)

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        context.refuse(
            "import_chunk", "f_rating IS NOT NULL AND f_rating NOT BETWEEN 1 AND 5", _("rating is not from 1 to 5")
        )
        context.refuse(
            "import_chunk",
            "target IS NULL AND EXISTS (SELECT 1 FROM service_ticket u "
            "WHERE u.number = coalesce(import_chunk.f_number, import_chunk.external_id))",
            _("a ticket of another source has this number"),
        )
        context.refuse(
            "import_chunk",
            "row < (SELECT max(o.row) FROM import_chunk o WHERE coalesce(o.f_number, o.external_id) = "
            "coalesce(import_chunk.f_number, import_chunk.external_id))",
            _("the same number stands again in a later line, which counts"),
            skipped=True,
        )
        allowed = context.reach.teams(self.object, "change")
        if allowed is not None and context.reach.user is not None:
            context.refuse(
                "import_chunk",
                "target IS NOT NULL AND NOT EXISTS (SELECT 1 FROM service_ticket u JOIN service_queue q ON q.id = u.queue_id "
                f"WHERE u.id = import_chunk.target AND (q.team_id = ANY({links.ids(allowed)}) "
                f"OR u.owner_id = {context.reach.user.pk}))",
                _("the record is not one that you may change"),
            )

    def values(self, context: Context) -> dict[str, str]:
        found = super().values(context)
        found["number"] = "left(coalesce(c.f_number, c.external_id), 80)"
        found["subject"] = (
            "coalesce(c.f_subject, left(nullif(split_part(c.f_text, E'\\n', 1), ''), 300), c.external_id)"
        )
        found["opened_at"] = "coalesce(c.f_created_at, %(now)s)"
        found["queue_id"] = f"coalesce(c.f_queue, {self._default_queue(context)})"
        found["owner_id"] = "coalesce(c.f_owner, %(owner)s)"
        return found

    def exported(self) -> Mapping[str, str]:
        middle = ("subject", "text", "status", "priority", "channel")
        return (
            {"external_id": "external_id", "number": "number", "customer.external_id": "customer__external_ids"}
            | {name: name for name in middle}
            | {"created_at": "opened_at", "first_response_at": "first_response_at", "resolved_at": "resolved_at",
               "rating": "rating", "owner": "owner__username", "queue": "queue__name"}
        )  # fmt: skip
