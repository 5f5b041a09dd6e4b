"""What followers are told: one notification per change set, in the words of what each of them may see.

Apps above add sentences for events of their own::

    @telling.sentence("deal.moved")
    def moved(told: Told) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import notifications
from crm.accounts.models import User
from crm.kit import records
from crm.kit.models import Job
from crm.kit.subjects import Hit
from customers.following.models import Follow
from customers.following.services import record_of

FOLLOWED, MENTIONED = "follow", "mention"


@dataclass(frozen=True)
class Told:
    """One event for one reader: who did it, to which record, and what else it names, as the reader sees them."""

    reader: User
    who: str
    what: str
    object: str
    data: dict[str, Any]
    about: str = ""


Sentence = Callable[[Told], str]
_sentences: dict[str, Sentence] = {}


def sentence(event: str) -> Callable[[Sentence], Sentence]:
    """Register the words of an event; "" where the reader is told nothing."""

    def keep(write: Sentence) -> Sentence:
        _sentences[event] = write
        return write

    return keep


def run(job: Job, *, now: datetime) -> dict[str, Any]:
    """Tell those who follow and may see the record at this moment; a repeated run tells nobody again."""
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if row.args.get("told") is not None:
            return {"told": row.args["told"]}
        count = _tell(row.args, now)
        Job.objects.filter(pk=job.pk).update(args={**row.args, "told": count})
    return {"told": count}


def _tell(args: dict[str, Any], now: datetime) -> int:
    by = User.objects.filter(pk=args["by"]).first()
    rows = Follow.objects.filter(user__is_active=True, **record_of(args["object"], args["record"]))
    told = Follow.objects.filter(customer=args["data"].get("told_already", 0)).values("user")
    count = 0
    for one in rows.exclude(user=args["by"]).exclude(user__in=told).select_related("user").order_by("pk"):
        count += _tell_one(one.user, by.display_name if by else "", args, now)
    return count


def _tell_one(reader: User, who: str, args: dict[str, Any], now: datetime) -> int:
    obj, pk, data = args["object"], args["record"], args["data"]
    seen = records.hits(reader, [(obj, pk)])
    about = records.hits(reader, [tuple(data["about"])]) if data.get("about") else []
    if (
        not seen
        or (data.get("about") and not about)
        or (data.get("interaction") and not reader.access.can("interaction"))
    ):
        return 0
    is_mentioned = reader.pk in data.get("mentioned", ())
    write = _mentioned if is_mentioned else _sentences[args["event"]]
    told = Told(reader, who, _name(seen[0]), obj, data, _name(about[0]) if about else "")
    with notifications.spoken_to(reader):
        words = write(told)
    if not words:
        return 0
    href = about[0].href if about else seen[0].href
    kind = MENTIONED if is_mentioned else FOLLOWED
    notifications.notify(users=[reader], kind=kind, text=words, href=href, now=now)
    return 1


def _name(hit: Hit) -> str:
    return " ".join(hit.label.split())


def _mentioned(told: Told) -> str:
    return _("%(who)s mentioned you: %(what)s") % {"who": told.who, "what": told.what}


@sentence("changed")
def _changed(told: Told) -> str:
    levels = told.reader.access.restricted_fields(told.object)
    model = apps.get_model(told.data["model"])
    fields = [model._meta.get_field(name) for name in told.data["fields"] if levels.get(name) != "hidden"]
    labels = ", ".join(str(one.verbose_name) for one in fields if isinstance(one, Field))
    words = _("%(who)s changed %(what)s: %(fields)s") % {"who": told.who, "what": told.what, "fields": labels}
    return words if labels else ""


WRITTEN = {
    "note": gettext_lazy("%(who)s wrote a note: %(what)s"),
    "mail": gettext_lazy("%(who)s wrote an e-mail: %(what)s"),
    "call": gettext_lazy("%(who)s noted a call: %(what)s"),
    "meeting": gettext_lazy("%(who)s noted a meeting: %(what)s"),
}


@sentence("logged")
def _logged(told: Told) -> str:
    words = WRITTEN.get(told.data["kind"], gettext_lazy("%(who)s added an entry: %(what)s"))
    return str(words) % {"who": told.who, "what": told.what}


OPENED = {
    "deal": gettext_lazy("%(who)s opened the deal “%(about)s”: %(what)s"),
    "ticket": gettext_lazy("%(who)s opened the ticket “%(about)s”: %(what)s"),
}


@sentence("opened")
def _opened(told: Told) -> str:
    return str(OPENED[told.data["about"][0]]) % {"who": told.who, "about": told.about, "what": told.what}
