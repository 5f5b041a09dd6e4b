"""Taking a whole import back: what it created goes, what it changed is as before, what people did since stays.

``scope`` knows the tables, ``restore`` and ``remove`` each take back one span of noted ids in one
transaction, ``run`` walks the spans and keeps the tally, so that one that is killed goes on where it was.
"""

from customers.imports.undo.run import undo_import

__all__ = ["undo_import"]
