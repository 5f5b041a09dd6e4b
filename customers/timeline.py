"""The customer's timeline: what customers itself knows, interactions and changed fields."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.db.models import BigIntegerField, CharField, F, Field, OuterRef, QuerySet, Subquery, Value
from django.db.models.fields.json import KT, KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject, Left, NullIf, Trim
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts.models import User
from crm.kit import timeline
from crm.kit.masking import at_level
from crm.kit.tables import Scene
from crm.kit.ui import words
from customers.composer import mails
from customers.composer.forms import OUTCOMES
from customers.following import mentions
from customers.models import Customer, Interaction

SUBJECT = "customers.customer"
MESSAGES, ORDERS, SERVICE, DEALS, CAMPAIGNS, PREDICTIONS, CHANGES = (
    "messages", "orders", "service", "deals", "campaigns", "predictions", "changes",
)  # fmt: skip
LONGEST = 600  # characters of a text before "more"
WATCHED = (
    "name", "email", "phone", "lifecycle", "company", "title", "address", "city", "region", "postcode", "country",
    "language", "birth_date", "note", "tags",
)  # fmt: skip
ICONS = {
    "mail": ("mail", "info"), "call": ("phone", ""), "meeting": ("calendar", ""), "note": ("sticky-note", ""),
    "chat": ("message-square", "info"), "social": ("globe", "info"), "web": ("globe", ""), "form": ("list-checks", ""),
    "campaign": ("megaphone", "info"), "system": ("settings", ""),
}  # fmt: skip

CAMPAIGN_STEPS = {
    "sent": gettext_lazy("Campaign sent"),
    "opened": gettext_lazy("Campaign opened"),
    "clicked": gettext_lazy("Campaign clicked"),
}
MINUTES = re.compile(r"\d{1,4}(\.\d+)?")


def user_name(path: str) -> Coalesce:
    """The display name of a user at a path, worked out by the database."""
    whole = Trim(Concat(F(f"{path}first_name"), Value(" "), F(f"{path}last_name")))
    return Coalesce(NullIf(whole, Value("")), F(f"{path}username"), Value(""))


def interaction_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """What was said and noted, newest first by the customer's index."""
    return _interactions(customer, user).exclude(kind=Interaction.Kind.CAMPAIGN)


def campaign_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """Campaign messages that a source told as interactions."""
    return _interactions(customer, user).filter(kind=Interaction.Kind.CAMPAIGN)


INTERACTION_DATA = JSONObject(
    kind="kind", direction="direction", channel="channel", subject="subject", text=Left("text", LONGEST + 1),
    author=user_name("author__"), by="author_id", minutes=KT("payload__minutes"), step=KT("payload__event"),
    outcome=KT("payload__outcome"), mentions=KT("payload__mentions"), mail=Cast("outgoing__token", CharField()), mail_sent="outgoing__sent_at",
    mail_failed="outgoing__failed_at", mail_error="outgoing__error", mail_job="outgoing__job__state",
    mail_by="outgoing__sender_id",
)  # fmt: skip
"""What ``draw_interaction`` reads."""


def _interactions(customer: Customer, user: Any) -> QuerySet[Any]:
    rows = Interaction.objects.visible_to(user).filter(customer=customer)
    return rows.annotate(event_at=F("occurred_at"), event_ref=F("id"), event_data=INTERACTION_DATA)


def draw_interaction(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Call with Mei Chen``, ``E-mail: subject``."""
    icon, tone = ICONS.get(data["kind"], ("circle", ""))
    subject, who = data["subject"], data["author"]
    kind = str(Interaction.Kind(data["kind"]).label) if data["kind"] in Interaction.Kind.values else data["kind"]
    match data["kind"], data["direction"]:
        case "mail", "in":
            title = _("E-mail received")
        case "mail", _d:
            title = _("E-mail sent")
        case "call", "in":
            title = _("Incoming call")
        case "note", _d if who:
            title, who = _("Note by %(name)s") % {"name": who}, ""
        case "call" | "meeting", _d if who:
            title = (_("Call with %(name)s") if data["kind"] == "call" else _("Meeting with %(name)s")) % {"name": who}
            who = ""
        case "campaign", _d:
            title = str(CAMPAIGN_STEPS.get(data["step"], kind))
        case _kind:
            title = kind
    lasted = words.duration(60 * float(data["minutes"])) if MINUTES.fullmatch(data["minutes"] or "") else ""
    outcome = str(dict(OUTCOMES).get(data["outcome"] or "", ""))
    parts = (subject if subject not in (kind, title) else "", who, outcome, lasted)
    detail = " · ".join(part for part in parts if part)
    text = mentions.drawn(Truncator(data["text"] or "").chars(LONGEST), data["mentions"])
    drawn = timeline.Event(title, icon, tone, detail, text)
    return _with_state(drawn, data, scene) if data["mail"] else drawn


def _with_state(drawn: timeline.Event, data: dict[str, Any], scene: Scene) -> timeline.Event:
    """A mail of ours: waiting, sent, or failed with the reason and, for its sender, another try."""
    match mails.state_of(data):
        case mails.SENT:
            return replace(drawn, mark=_("Sent"), mark_tone="ok")
        case mails.WAITING:
            return replace(drawn, title=_("E-mail"), mark=_("Waiting to be sent"), mark_tone="warn")
    reason = data["mail_error"] or _("The work was given up.")
    again = reverse("mail-again", args=[data["mail"]]) if data["mail_by"] == scene.user.pk else ""
    return replace(
        drawn, title=_("E-mail not sent"), tone="bad", detail=" · ".join(filter(None, (drawn.detail, reason))),
        mark=_("Failed"), mark_tone="bad", action=again, action_label=_("Try again") if again else "",
    )  # fmt: skip


def change_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """Changed fields: the old row of each update beside the row that followed it."""
    model = Customer.pgh_event_model  # type: ignore[attr-defined] # set by the decorator of pghistory
    fields = {name: name for name in WATCHED} | {"owner": "owner_id"}
    later = model.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__gt=OuterRef("pgh_id")).order_by("pgh_id")
    now = Customer.objects.filter(pk=OuterRef("pgh_obj_id"))
    person = User.objects.filter(pk=OuterRef("by")).annotate(shown=user_name("")).values("shown")
    rows = model.objects.filter(pgh_obj_id=customer.pk).exclude(pgh_label__startswith="delete")
    return rows.annotate(
        by=Cast(KeyTextTransform("user", "pgh_context__metadata"), BigIntegerField()),
        event_at=F("pgh_created_at"),
        event_ref=F("pgh_id"),
        event_data=JSONObject(
            old=JSONObject(**fields),
            new=Coalesce(
                Subquery(later.annotate(row=JSONObject(**fields)).values("row")[:1]),
                Subquery(now.annotate(row=JSONObject(**fields)).values("row")[:1]),
            ),
            who=Subquery(person[:1]),
            by=F("by"),
        ),
    )


def draw_change(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``City changed · Berlin → Hamburg``, masked where the reader may not see the values."""
    old, new = data["old"] or {}, data["new"] or {}
    changed = [name for name in old if old[name] != new.get(name)]
    labels = [str(_field(name.removesuffix("_id")).verbose_name) for name in changed]
    who = data.get("who") or ""
    if not changed:
        return timeline.Event(_("Record changed"), "history", detail=who)
    if len(changed) > 1 or changed[0] in ("note", "owner"):
        return timeline.Event(_("Changed: %(fields)s") % {"fields": ", ".join(labels)}, "history", detail=who)
    level = scene.levels.get(changed[0], "")
    before, after = (_word(changed[0], at_level(row.get(changed[0]), level)) for row in (old, new))
    return timeline.Event(
        _("Changed: %(fields)s") % {"fields": labels[0]},
        "history",
        detail=" · ".join(part for part in (f"{before} → {after}", who) if part),
    )


def tell_interactions(rows: list[dict[str, Any]], scene: Scene) -> str:
    """What others said and noted."""
    n = sum(row["by"] != scene.user.pk for row in rows)
    return ngettext("%(n)s message or note", "%(n)s messages and notes", n) % {"n": n} if n else ""


def tell_campaigns(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Messages of campaigns."""
    return ngettext("%(n)s campaign message", "%(n)s campaign messages", len(rows)) % {"n": len(rows)}


def tell_changes(rows: list[dict[str, Any]], scene: Scene) -> str:
    """The fields that others changed."""
    changed = {
        name: str(_field(name.removesuffix("_id")).verbose_name)
        for row in rows
        if row["by"] != scene.user.pk
        for name, old in (row["old"] or {}).items()
        if old != (row["new"] or {}).get(name) and scene.levels.get(name) != "hidden"
    }
    return _("Changed: %(fields)s") % {"fields": ", ".join(changed.values())} if changed else ""


def _field(name: str) -> Field[Any, Any]:
    field = Customer._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _word(name: str, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(_field(name).flatchoices)
    return str(choices.get(value, value))


timeline.group(SUBJECT, MESSAGES, gettext_lazy("Messages"), icon="mail", order=10)
timeline.group(SUBJECT, ORDERS, gettext_lazy("Orders"), icon="shopping-bag", order=20)
timeline.group(SUBJECT, SERVICE, gettext_lazy("Service"), icon="life-buoy", order=30)
timeline.group(SUBJECT, DEALS, gettext_lazy("Deals"), icon="handshake", order=40, rare=True)
timeline.group(SUBJECT, CAMPAIGNS, gettext_lazy("Campaigns"), icon="megaphone", order=50, rare=True)
timeline.group(SUBJECT, PREDICTIONS, gettext_lazy("Predictions"), icon="sparkles", order=60)
timeline.group(SUBJECT, CHANGES, gettext_lazy("Changes"), icon="history", order=70, rare=True)
timeline.provider(
    SUBJECT,
    timeline.Provider(
        "interaction", MESSAGES, interaction_rows, draw_interaction, ("interaction", "view"), tell_interactions
    ),
)
timeline.provider(
    SUBJECT,
    timeline.Provider("campaign", CAMPAIGNS, campaign_rows, draw_interaction, ("interaction", "view"), tell_campaigns),
)
timeline.provider(
    SUBJECT, timeline.Provider("change", CHANGES, change_rows, draw_change, ("customer", "view"), tell_changes)
)
