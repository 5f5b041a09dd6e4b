"""Fields that a workspace adds to its records: their definitions, values, columns, filters, sorts and indexes.

``create_field`` makes one, ``guess_type`` proposes its type from a column of a file, ``merged`` writes values
into a row, ``searchable_values`` gives what a search may find.
"""

from crm.kit.customfields.naming import guess_type
from crm.kit.customfields.searching import searchable_values
from crm.kit.customfields.services import create_field
from crm.kit.customfields.writing import merged

__all__ = ["create_field", "guess_type", "merged", "searchable_values"]
