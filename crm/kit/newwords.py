"""The triggers by which new words of names join the vocabulary; for migrations."""

from django.db import migrations

KEEP = """
CREATE TRIGGER search_words_new AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION crm_keep_words();
CREATE TRIGGER search_words_changed AFTER UPDATE ON {table} REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION crm_keep_changed_words();
SELECT crm_learn_words('{table}');
"""
LET_GO = """
DROP TRIGGER search_words_new ON {table};
DROP TRIGGER search_words_changed ON {table};
"""


def keep_words(table: str) -> migrations.RunSQL:
    """Keep the vocabulary of a table that has a ``search`` column, and take in the words it has."""
    return migrations.RunSQL(KEEP.format(table=table), LET_GO.format(table=table))
