"""The text search function that generated columns call; before every table that has one."""

from django.db import migrations

CREATE = r"""
CREATE FUNCTION crm_search_words(source text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    folded text := lower(source);
    digits text;
    words text[];
BEGIN
    IF folded IS NULL OR folded = '' THEN
        RETURN '{}';
    END IF;
    IF folded ~ '[^\x01-\x7f]' THEN
        folded := lower(regexp_replace(normalize(folded, NFKD), '[\u0300-\u036f]', '', 'g'));
    END IF;
    words := regexp_split_to_array(btrim(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g')), ' +');
    IF folded ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]' THEN
        words := words || (
            SELECT coalesce(array_agg(substr(folded, i, n)), '{}')
            FROM generate_series(1, length(folded)) i, generate_series(1, 2) n
            WHERE substr(folded, i, n) ~ ('^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{' || n || '}$'));
    END IF;
    IF folded ~ '^[-+() ./0-9]{5,}$' THEN
        digits := regexp_replace(folded, '[^0-9]', '', 'g');
        words := words || (
            SELECT coalesce(array_agg(substr(digits, i)), '{}') FROM generate_series(1, length(digits) - 3) i);
    END IF;
    IF folded LIKE '%@%' THEN
        words := words || folded;
    END IF;
    RETURN words;
END $$;

CREATE FUNCTION crm_search(VARIADIC parts text[]) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    words text[] := '{}';
    part text;
BEGIN
    FOREACH part IN ARRAY parts LOOP
        IF part <> '' THEN
            words := words || crm_search_words(part);
        END IF;
    END LOOP;
    RETURN array_to_tsvector(array_remove(array_remove(words, ''), NULL));
END $$;
"""

DROP = "DROP FUNCTION crm_search(text[]); DROP FUNCTION crm_search_words(text);"


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, DROP)]
