"""The text search function that generated columns call; before every table that has one."""

from django.db import migrations

# Loops and one regular expression for all parts: a subquery per part made it four times slower, and
# every imported row pays for it.
CREATE = r"""
CREATE FUNCTION crm_search(VARIADIC parts text[]) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    words text[] := '{}';
    plain text := '';
    part text;
    here text;
    before text;
BEGIN
    FOREACH part IN ARRAY parts LOOP
        CONTINUE WHEN part IS NULL OR part = '';
        part := lower(part);
        IF octet_length(part) = length(part) THEN
            plain := plain || ' ' || part;
        ELSE
            part := lower(regexp_replace(normalize(part, NFKD), '[\u0300-\u036f]', '', 'g'));
            plain := plain || ' ' || regexp_replace(part, '[^[:alnum:]]+', ' ', 'g');
            IF part ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]' THEN
                before := '';
                FOR i IN 1..length(part) LOOP
                    here := substr(part, i, 1);
                    IF here ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]' THEN
                        words := array_append(words, here);
                        IF before <> '' THEN
                            words := array_append(words, before || here);
                        END IF;
                        before := here;
                    ELSE
                        before := '';
                    END IF;
                END LOOP;
            END IF;
        END IF;
        IF length(part) >= 5 AND ltrim(part, '-+() ./0123456789') = '' THEN
            part := translate(part, '-+() ./', '');
            FOR i IN 1..length(part) - 3 LOOP
                words := array_append(words, substr(part, i));
            END LOOP;
        ELSIF strpos(part, '@') > 0 THEN
            words := array_append(words, part);
        END IF;
    END LOOP;
    words := words || string_to_array(regexp_replace(plain, '[^a-z0-9\u0080-\U0010ffff]+', ' ', 'g'), ' ');
    RETURN array_to_tsvector(array_remove(words, ''));
END $$;
"""

DROP = "DROP FUNCTION crm_search(text[]);"


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, DROP)]
