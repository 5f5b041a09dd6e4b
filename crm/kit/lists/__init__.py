"""A list page is a declaration: model, filterset, table, default order. The base does the rest.

One address gives the full page, its part for htmx, or the CSV stream (``?format=csv``). All of a list's
state stands in its address: filters, ``search``, ``ordering``, ``columns``, ``cursor``.
"""

from crm.kit.extensions import Extension, extend
from crm.kit.lists.declared import Action, Input, Preset
from crm.kit.lists.reading import one_of, read_day, text_of
from crm.kit.lists.setting import Setting
from crm.kit.lists.view import ListView
from crm.kit.tables import Column, Table

__all__ = [
    "Action", "Column", "Extension", "Input", "ListView", "Preset", "Setting", "Table", "extend", "one_of", "read_day",
    "text_of",
]  # fmt: skip
