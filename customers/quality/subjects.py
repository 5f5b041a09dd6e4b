"""What rules can be asked about: kinds of records with their fields and their list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from crm.kit.models import CustomField


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A kind of record: its policy object, model, the address of its list, and the path to its sources."""

    object: str
    label: str
    title: str | Promise
    url: str
    source: str
    """Lookup path of the source's name."""
    present: Mapping[str, Any] = field(default_factory=dict)
    """Which rows count, e.g. those that are not in the trash."""
    left_out: frozenset[str] = frozenset()

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def rows(self) -> models.QuerySet[models.Model]:
        """All rows that count."""
        return self.model._default_manager.filter(**self.present)

    def fields(self) -> dict[str, str]:
        """Field name → label, of what a rule may ask about; custom fields as ``custom.<name>``."""
        found = {
            column.name: str(column.verbose_name)
            for column in self.model._meta.concrete_fields
            if column.editable and not column.primary_key and column.name not in self.left_out
        }
        found |= {
            name: str(label) for name, label in STAMPS.items() if any(f.name == name for f in self.model._meta.fields)
        }
        added = CustomField.objects.filter(object=self.object).values_list("name", "label")
        return found | {f"custom.{name}": label for name, label in added}


STAMPS = {"created_at": gettext_lazy("created"), "updated_at": gettext_lazy("last change")}
_subjects: dict[str, Subject] = {}
LEFT_OUT = frozenset({"custom", "version", "deleted_at", "tags", "source", "external_id", "search"})


def subject(new: Subject) -> Subject:
    """Enter a kind of record; one that is taken stops the start."""
    if _subjects.get(new.object, new) != new:
        raise ValueError(f"Two subjects of quality are called {new.object!r}.")
    _subjects[new.object] = new
    return new


def subjects() -> dict[str, Subject]:
    """All kinds of records by object; the ``quality`` module of every app is loaded first."""
    autodiscover_modules("quality")
    return dict(_subjects)


def get(name: str) -> Subject:
    """The kind of record of that name; raises Invalid."""
    found = subjects().get(name)
    if found is None:
        raise Invalid(_("There are no quality rules for “%(name)s”.") % {"name": name[:60]})
    return found


subject(
    Subject(
        object="customer", label="customers.customer", title=gettext_lazy("Customers"), url="customers",
        source="external_ids__source__name", present={"deleted_at": None}, left_out=LEFT_OUT,
    )
)  # fmt: skip
subject(
    Subject(
        object="contact", label="customers.contact", title=gettext_lazy("Contacts"), url="contacts",
        source="source__name", present={"deleted_at": None}, left_out=LEFT_OUT,
    )
)  # fmt: skip
