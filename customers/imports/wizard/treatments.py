"""What reports say was done with odd rows, for people: the engine counts under English names, which are translated here."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.imports.kinds import Kind
from customers.imports.wizard.labels import field_label

KNOWN = (
    gettext_noop("return lines"),
    gettext_noop("orders of negative quantities without a return mark, taken as returns"),
    gettext_noop("of these without a price, marked as stock corrections"),
    gettext_noop("orders with several times, the earliest taken"),
    gettext_noop("orders that name several customers, the first by id taken"),
    gettext_noop("orders without a customer, kept"),
    gettext_noop("lines with a negative price, kept"),
    gettext_noop("lines without a price, kept"),
    gettext_noop("lines of returns given as positive, turned negative"),
    gettext_noop("identical lines of an order, all kept"),
    gettext_noop("codes that differ only by case, one product"),
    gettext_noop("products created"),
    gettext_noop("customers with several countries, the latest order's kept"),
    gettext_noop("lines removed from replaced orders"),
    gettext_noop("stages added to a pipeline"),
    gettext_noop("customers known by id only, created under it"),
    gettext_noop("three or four decimals, kept exactly"),
    gettext_noop("more than four decimals, rounded"),
)


def in_words(name: str, kind: Kind) -> str:
    """A treatment in the reader's language; a field's name before a colon is put in words by itself."""
    field, colon, rest = name.partition(": ")
    if colon and field in kind.by_name:
        return f"{field_label(kind, field)}: {_(rest)}"
    return _(name)
