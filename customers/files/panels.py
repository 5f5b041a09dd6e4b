"""Files on the pages of customers: a tab, and entries of the timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kit import timeline
from crm.kit.slots import panel
from crm.kit.tables import Scene
from customers import holders
from customers.files.models import Attachment
from customers.files.views import shown
from customers.models import Contact, Customer
from customers.timeline import MESSAGES, SUBJECT, user_name

holders.holder("customer", Customer, page="customer")
holders.holder("contact", Contact, page="contact")


@panel(
    "customer.detail.tabs", title=gettext_lazy("Files"), order=65, policy=("customer", "view"), framed=False, tab=True,
    template="files/list.html", name="files",
)  # fmt: skip
def files(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What hangs on a customer."""
    kind, row = holders.seen(request.user, "customer", record.pk)  # type: ignore[arg-type]
    return shown(request, kind, row)


def file_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """Files that people added, newest first by the customer's index."""
    rows = Attachment.objects.filter(customer=customer, object="customer", removed_at=None)
    return rows.annotate(
        event_at=F("created_at"),
        event_ref=F("id"),
        event_data=JSONObject(
            name="name", size="size", token=Cast("token", CharField()), author=user_name("author__"), by="author_id"
        ),
    )


def draw_file(data: dict[str, Any], _scene: Scene) -> timeline.Event:
    """``File added · offer.pdf · 1.2 MB · Ada``."""
    detail = " · ".join(part for part in (data["name"], filesizeformat(data["size"]), data["author"]) if part)
    return timeline.Event(_("File added"), "paperclip", detail=detail, href=f"/files/{data['token']}/")


def tell_files(rows: list[dict[str, Any]], scene: Scene) -> str:
    """How many others added."""
    n = sum(row["by"] != scene.user.pk for row in rows)
    return ngettext("%(n)s file", "%(n)s files", n) % {"n": n} if n else ""


timeline.provider(SUBJECT, timeline.Provider("file", MESSAGES, file_rows, draw_file, ("customer", "view"), tell_files))
