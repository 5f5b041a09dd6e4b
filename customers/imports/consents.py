"""Consents from files: lines of the ledger, each with the import as its proof.

The ledger only grows: a line that is there already stays, none is changed, and taking an import back leaves its
lines (a withdrawal is a new line). Which words somebody agreed to is not known from a file and is left empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from crm.accounts.models import User
from customers.imports.context import Context
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.tables import TableKind
from customers.imports.words import CUSTOMER_EMAIL, CUSTOMER_ID
from customers.models import Consent, ConsentPurpose

CHANNELS = choices({
    "email": ("e-mail", "mail", "newsletter", "邮件", "电子邮件"), "phone": ("call", "telephone", "电话"),
    "sms": ("text", "textmessage", "短信"), "post": ("letter", "mailing", "邮寄"), "chat": ("whatsapp", "wechat", "聊天", "微信"),
})  # fmt: skip
STATES = choices({
    "given": ("yes", "true", "1", "subscribed", "optin", "granted", "agreed", "同意", "是"),
    "withdrawn": ("no", "false", "0", "unsubscribed", "optout", "revoked", "denied", "撤回", "否"),
    "unknown": ("pending", "未知"),
})  # fmt: skip
INSERT = """
WITH made AS (
    INSERT INTO customers_consent
        (customer_id, contact_id, purpose_id, channel, state, text_id, how, place, url, ip, note, by_id, at, recorded_at)
    SELECT c.customer_id, NULL, c.f_purpose, c.f_channel, c.f_state, NULL, 'import', coalesce(c.f_place, ''),
           coalesce(c.f_url, ''), NULL, %(proof)s, %(by)s::bigint, c.f_at, %(now)s
    FROM import_chunk c ORDER BY c.row RETURNING id)
SELECT count(*) FROM made
"""


@register
class Consents(TableKind):
    """What customers agreed to."""

    name = "consents"
    object = "customer"
    model = Consent
    append_only = True
    owned = False
    undoable = False
    customers_by_id = True
    identity = ("customer.external_id", "customer.email", "purpose", "channel", "state", "at")
    fields = (
        Field(name="customer.external_id", type="code", limit=200, words=CUSTOMER_ID),
        Field(name="customer.email", limit=254, words=CUSTOMER_EMAIL),
        Field(name="purpose", type="lookup", column="purpose_id", required=True, words=("consentpurpose", "topic", "list", "用途", "目的")),
        Field(name="channel", type="choice", column="channel", required=True, choices=CHANNELS, words=("consentchannel", "渠道")),
        Field(name="state", type="choice", column="state", required=True, choices=STATES,
              words=("consent", "status", "optin", "subscribed", "consentstate", "同意", "状态")),
        Field(name="at", type="moment", column="at", required=True,
              words=("date", "when", "timestamp", "consentdate", "consentedat", "optindate", "日期", "时间")),
        Field(name="place", column="place", words=("where", "consentsource", "form", "来源")),
        Field(name="url", column="url", words=("link", "page", "网址")),
    )  # fmt: skip

    def prepare(self, context: Context) -> None:
        """Nobody is made up for the sake of a consent."""

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        """Purposes by key and by each of their names."""
        words: dict[str, int] = {}
        for one in ConsentPurpose.objects.filter(active=True).order_by("-id"):
            words |= {str(word).casefold(): one.pk for word in (*one.names.values(), one.key)}
        return {"purpose": words}

    def _needs_customer(self) -> bool:
        return True

    def target(self) -> str:
        """The same line of the ledger, if it is there."""
        return (
            "LEFT JOIN LATERAL (SELECT x.id FROM customers_consent x WHERE x.customer_id = e.customer_id "
            "AND x.purpose_id = s.f_purpose AND x.channel = s.f_channel AND x.state = s.f_state AND x.at = s.f_at LIMIT 1) "
            "t ON true"
        )

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        context.refuse("import_chunk", "f_at > %(now)s", _("consent cannot be dated after today"))
        allowed = context.reach.teams("customer", "change")
        if allowed is not None and context.reach.user is not None:
            context.refuse(
                "import_chunk",
                "NOT EXISTS (SELECT 1 FROM customers_customer u WHERE u.id = import_chunk.customer_id AND "
                f"(u.team_id = ANY(ARRAY{[int(one) for one in allowed]}::bigint[]) OR u.owner_id = {context.reach.user.pk}))",
                _("the record is not one that you may change"),
            )

    def insert(self, context: Context) -> int:
        """New lines, the import as their proof; not noted for the undo, which the ledger would refuse."""
        by = context.reach.user.pk if context.reach.user else None
        return int(context.value(INSERT, {"proof": _("import #%(id)s") % {"id": context.job.pk}, "by": by}))

    def shown_to(self, user: User | None) -> models.QuerySet[Any]:
        rows = Consent.objects.filter(customer__isnull=False, customer__deleted_at=None)
        return rows if user is None else rows.visible_to(user)

    def exported(self) -> Mapping[str, str]:
        return {
            "customer.external_id": "customer__external_ids", "purpose": "purpose__key", "channel": "channel",
            "state": "state", "at": "at", "place": "place", "url": "url",
        }  # fmt: skip
