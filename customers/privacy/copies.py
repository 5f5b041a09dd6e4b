"""A copy of everything about a person: data for programs, pages for people in both languages, and the files."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import zipfile
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.encoding import force_str
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.progress import Progress
from crm.kit.workspace import workspace
from customers.models import Customer, PersonExport
from customers.privacy.erasing import find
from customers.privacy.files import export_path, exports_dir
from customers.privacy.reach import Model, Subject, histories, name_of, subject_of, walk

JOB = "privacy.export"
KEPT_FOR = dt.timedelta(days=7)
WORKINGS = frozenset({"search", "sort_name", "pgh_context", "pgh_obj", "normalised"})
CHUNK = 500
STYLE = SafeString("""<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; max-width: 80rem } h1 { font-size: 1.5rem }
h2 { font-size: 1.1rem; margin-top: 2rem } small { color: #666 } .wide { overflow-x: auto } table { border-collapse: collapse }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; white-space: pre-wrap }
</style>""")
"""The page leaves this house as a file: no policy of ours reaches it, and it must look right alone."""


@transaction.atomic
def ask_copy(*, user: User, customer_id: int, now: dt.datetime) -> PersonExport:
    """Queue a copy of what is held of a customer; it can be fetched by its token for seven days."""
    row = find(user, "customer", customer_id, "run")
    made = PersonExport.objects.create(
        customer_id=row.pk, user=user, language=translation.get_language() or settings.LANGUAGE_CODE, created_at=now,
        expires_at=now + KEPT_FOR,
    )  # fmt: skip
    made.job = jobs.enqueue(JOB, {"export": made.pk}, user=user)
    made.save(update_fields=["job"])
    audit.record(
        action="export.person", obj=f"customer {row.pk}", user_id=user.pk, detail={"token": str(made.token)},
        address=None, at=now,
    )  # fmt: skip
    return made


def fetch(*, user: User, token: Any, now: dt.datetime) -> PersonExport:
    """A copy that is ready, for the person who asked for it and still may; Refused (404) otherwise, and once expired."""
    made = PersonExport.objects.filter(token=token, user=user, expires_at__gt=now).exclude(ready_at=None).first()
    if made is None or not export_path(made).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    find(user, "customer", made.customer_id, "run")
    return made


def run_copy(*, export_id: int, now: dt.datetime, progress: Progress | None = None) -> dict[str, Any]:
    """Write the archive; complete or absent, and once only."""
    made = PersonExport.objects.select_related("user").filter(pk=export_id).first()
    if made is None:
        raise Refused(_("The person was erased meanwhile; there is nothing to copy."))
    if made.ready_at is not None:
        return {"size": made.size}
    find(made.user, "customer", made.customer_id, "run")
    exports_dir().mkdir(mode=0o700, exist_ok=True)
    target = export_path(made)
    unfinished = target.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as pack:
        rows = _write(pack, subject_of("customer", made.customer_id), now, progress)
    unfinished.chmod(0o600)
    os.replace(unfinished, target)
    size = target.stat().st_size
    PersonExport.objects.filter(pk=made.pk).update(ready_at=now, size=size)
    return {"rows": rows, "size": size}


def _write(pack: zipfile.ZipFile, subject: Subject, now: dt.datetime, progress: Progress | None) -> int:
    tables = tables_of(subject)
    rows = 0
    with pack.open("data.json", "w") as sink:
        sink.write(b"{")
        for number, (model, found) in enumerate(tables):
            sink.write(("," if number else "").encode() + json.dumps(_key(model)).encode() + b": [")
            for place, row in enumerate(found.iterator(chunk_size=CHUNK)):
                text = json.dumps(values_of(row), cls=DjangoJSONEncoder, ensure_ascii=False)
                sink.write(((",\n" if place else "\n") + text).encode())
                rows += 1
            sink.write(b"]\n")
            if progress is not None:
                progress(done=number, total=3 * len(tables))
        sink.write(b"}\n")
    for code, _name in settings.LANGUAGES:
        with translation.override(code), pack.open(f"person.{code}.html", "w") as sink:
            _write_page(sink, tables, subject, now)
    for model, found in tables:
        _add_files(pack, model, found)
    return rows


def tables_of(subject: Subject) -> list[tuple[Model, models.QuerySet[Any]]]:
    """Every table with rows about the person, and their older states."""
    reached = walk(subject)
    keys = {**reached.remove, **{model: reached.kept_keys(model) for model in reached.keep}}
    found = [
        (model, model._base_manager.filter(pk__in=ids).order_by("pk"))
        for model, ids in keys.items()
        if ids and not getattr(model, "private", False)
    ]
    for events in histories():
        tracked: Model = events.pgh_tracked_model  # type: ignore[attr-defined]
        old = events._base_manager.filter(pgh_obj_id__in=keys.get(tracked, ())).order_by("pgh_id")
        if keys.get(tracked) and old.exists():
            found.append((events, old))
    return found


def _key(model: Model) -> str:
    return str(model._meta.label)


def _shown(model: Model) -> list[Any]:
    return [one for one in model._meta.concrete_fields if one.name not in WORKINGS]


def values_of(row: models.Model) -> dict[str, Any]:
    """A row as plain values; keys as they are stored, files by name."""
    found = {}
    for one in _shown(type(row)):
        value = getattr(row, one.attname)
        found[one.name] = str(value) if isinstance(one, models.FileField) else value
    return found


def _write_page(sink: IO[bytes], tables: list[Any], subject: Subject, now: dt.datetime) -> None:
    """A page that opens without us: one table per kind of record, empty columns left out."""
    name = Customer._base_manager.values_list("name", flat=True).get(pk=subject.pk)
    context = {"style": STYLE, "name": name, "workspace": workspace().name, "now": now}
    start, end = render_to_string("privacy/copy.html", context).split("<!-- records -->")
    sink.write(start.encode())
    for model, found in tables:
        sink.write(_section(model, found).encode())
    sink.write(end.encode())


def _section(model: Model, found: models.QuerySet[Any]) -> str:
    columns = _shown(model)
    rows = [[_word(row, one) for one in columns] for row in found.iterator(chunk_size=CHUNK)]
    filled = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    head = "".join(format_html("<th>{}</th>", columns[place].verbose_name) for place in filled)
    body = "".join(
        "<tr>" + "".join(format_html("<td>{}</td>", row[place]) for place in filled) + "</tr>\n" for row in rows
    )
    heading = format_html("<h2>{} <small>{}</small></h2>", _title(model), len(rows))
    return f'{heading}<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n'


def _title(model: Model) -> str:
    tracked = getattr(model, "pgh_tracked_model", None)
    if tracked is None:
        return name_of(model)
    return _("Earlier states: %(what)s") % {"what": name_of(tracked)}


def _word(row: models.Model, column: Any) -> str:
    value = getattr(row, column.attname)
    if value in (None, "", [], {}):
        return ""
    if getattr(column, "flatchoices", None):
        return force_str(dict(column.flatchoices).get(value, value))
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return str(value)


def _add_files(pack: zipfile.ZipFile, model: Model, found: models.QuerySet[Any]) -> None:
    for column in model._meta.concrete_fields:
        if isinstance(column, models.FileField):
            for row in found.exclude(**{column.name: ""}).iterator(chunk_size=CHUNK):
                held = getattr(row, column.name)
                called = getattr(row, "name", "") or held.name.split("/")[-1]
                with held.open("rb") as source, pack.open(f"files/{row.pk}-{called}", "w") as sink:
                    shutil.copyfileobj(source, sink)


def expire(*, now: dt.datetime) -> int:
    """Remove copies whose time is over, with their files."""
    gone = 0
    for one in PersonExport.objects.filter(expires_at__lte=now).iterator(chunk_size=CHUNK):
        export_path(one).unlink(missing_ok=True)
        one.delete()
        gone += 1
    return gone
