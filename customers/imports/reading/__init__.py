"""Files in: what a file is (by its content, never its name) and its rows, streamed."""

from customers.imports.reading.open import Table, open_table

__all__ = ["Table", "open_table"]
