"""The words of a row by field, with Chinese readings; the vocabulary that mistyped words are compared with."""

from django.db import migrations, models
from django.db.models.functions import Reverse, Substr

from crm.kit.han import tables

# The traditional characters of a text as simplified ones.
SIMPLE = r"""
CREATE FUNCTION crm_simple(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    made text := '';
    place int;
    code int;
BEGIN
    FOR i IN 1..length(given) LOOP
        place := 2 * (ascii(substr(given, i, 1)) - 19968);
        IF place BETWEEN 0 AND 41802 THEN
            code := 256 * get_byte(decode('%(simplified)s', 'base64'), place)
                  + get_byte(decode('%(simplified)s', 'base64'), place + 1);
        ELSE
            code := 0;
        END IF;
        made := made || CASE code WHEN 0 THEN substr(given, i, 1) ELSE chr(code) END;
    END LOOP;
    RETURN made;
END $$;
"""

# One reading of a character: 0 the usual one, 1 another one that names use, or NULL.
SOUND = r"""
CREATE FUNCTION crm_sound(here text, which int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    place int := 2 * (ascii(here) - 19968);
    code int;
BEGIN
    IF place NOT BETWEEN 0 AND 41802 THEN
        RETURN NULL;
    ELSIF which = 0 THEN
        code := 256 * get_byte(decode('%(readings)s', 'base64'), place)
              + get_byte(decode('%(readings)s', 'base64'), place + 1);
    ELSE
        code := 256 * get_byte(decode('%(others)s', 'base64'), place)
              + get_byte(decode('%(others)s', 'base64'), place + 1);
    END IF;
    RETURN (string_to_array('%(sounds)s', ','))[code];
END $$;
"""

# Every tail of a run of characters, spelt out and by first letters; where a character is read in two ways,
# with the other way for the first, and for all. The first also spelt out before the others' first letters.
SOUNDS = r"""
CREATE FUNCTION crm_sounds(mark text, run text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text[] := '{}';
    one text;
    other text;
    spelt text := '';
    letters text := '';
    spelt2 text := '';
    letters2 text := '';
    twofold boolean := false;
BEGIN
    mark := mark || '~';
    FOR i IN REVERSE length(run)..1 LOOP
        one := coalesce(crm_sound(substr(run, i, 1), 0), '');
        other := crm_sound(substr(run, i, 1), 1);
        IF other IS NOT NULL THEN
            words := words || ARRAY[mark || other || spelt, mark || left(other, 1) || letters];
            IF i = 1 THEN
                words := array_append(words, mark || other || letters);
            END IF;
            twofold := true;
        END IF;
        IF twofold THEN
            spelt2 := coalesce(other, one) || spelt2;
            letters2 := left(coalesce(other, one), 1) || letters2;
            words := words || ARRAY[mark || spelt2, mark || letters2];
        ELSE
            spelt2 := one || spelt2;
            letters2 := left(one, 1) || letters2;
        END IF;
        IF i = 1 THEN
            words := array_append(words, mark || one || letters);
        END IF;
        spelt := one || spelt;
        letters := left(one, 1) || letters;
        words := words || ARRAY[mark || spelt, mark || letters];
    END LOOP;
    RETURN words;
END $$;
"""

# Characters and pairs of characters, and their readings where a field has them.
HAN = r"""
CREATE FUNCTION crm_han(mark text, part text, sounds boolean) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text[] := '{}';
    here text;
    before text := '';
    run text := '';
    code int;
BEGIN
    FOR i IN 1..length(part) LOOP
        here := substr(part, i, 1);
        code := ascii(here);
        IF code BETWEEN 12352 AND 12543 OR code BETWEEN 13312 AND 40959 OR code BETWEEN 44032 AND 55215 THEN
            words := array_append(words, mark || here);
            IF before <> '' THEN
                words := array_append(words, mark || before || here);
            END IF;
            before := here;
        ELSE
            before := '';
        END IF;
        CONTINUE WHEN NOT sounds;
        IF run <> '' AND (length(run) = 16 OR code NOT BETWEEN 19968 AND 40869) THEN
            words := words || crm_sounds(mark, run);
            run := '';
        END IF;
        IF code BETWEEN 19968 AND 40869 THEN
            run := run || here;
        END IF;
    END LOOP;
    RETURN CASE run WHEN '' THEN words ELSE words || crm_sounds(mark, run) END;
END $$;
"""

# ``kinds`` has a letter per part. Words of each kind carry its mark, so that a reader who may not see a
# field is answered without its words: n a name, t a text (no mark), c other words (:), i a number (/),
# e an e-mail (@), p a phone (#). Every imported row pays for this: no regular expression for plain letters.
WORDS = r"""
CREATE FUNCTION crm_words(kinds text, VARIADIC parts text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    words text[] := '{}';
    plain text := '';
    part text;
    kind text;
    mark text;
    digits text;
BEGIN
    FOR n IN 1..array_length(parts, 1) LOOP
        part := lower(parts[n]);
        CONTINUE WHEN part IS NULL OR part = '';
        kind := substr(kinds, n, 1);
        mark := CASE kind WHEN 'c' THEN ':' WHEN 'i' THEN '/' WHEN 'e' THEN '@' WHEN 'p' THEN '#' ELSE '' END;
        IF octet_length(part) <> length(part) THEN
            part := lower(regexp_replace(normalize(part, NFKD), '[\u0300-\u036f]', '', 'g'));
            IF part ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]' THEN
                part := crm_simple(part);
                words := words || crm_han(mark, part, kind IN ('n', 'c'));
            END IF;
        END IF;
        IF kind = 'p' THEN
            digits := translate(part, '-+() ./', '');
            IF ltrim(digits, '0123456789') <> '' THEN
                digits := regexp_replace(digits, '[^0-9]+', '', 'g');
            ELSIF length(digits) >= 4 THEN
                part := '';
            END IF;
            FOR i IN 1..length(digits) - 3 LOOP
                words := array_append(words, '#' || substr(digits, i));
            END LOOP;
        ELSIF kind = 'e' THEN
            words := array_append(words, '@' || part);
        END IF;
        CONTINUE WHEN part = '';
        IF octet_length(part) = length(part) THEN
            part := regexp_replace(btrim(part, $p$ !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$p$), '[^a-z0-9]+', ' ' || mark, 'g');
        ELSE
            part := btrim(regexp_replace(part, '[^[:alnum:]]+', ' ', 'g'));
            part := replace(part, ' ', ' ' || mark);
        END IF;
        plain := plain || ' ' || mark || part;
    END LOOP;
    RETURN array_to_tsvector(array_remove(words || string_to_array(plain, ' '), ''));
END $$;
"""

# New words of names join the vocabulary, once each but for races: there is no unique index, so that two
# imports never wait for each other. It stops growing at a size that searches still read quickly.
LEARN = r"""
    INSERT INTO kit_searchword (word)
    SELECT word FROM (
        SELECT DISTINCT ltrim(lexeme, ':') AS word
        FROM ({rows}) row, unnest(tsvector_to_array(row.search)) lexeme
        WHERE (lexeme COLLATE "C" >= 'a' AND lexeme COLLATE "C" < '~') OR lexeme COLLATE "C" > U&'\007f' OR lexeme LIKE ':%'
        OFFSET 0
    ) seen
    WHERE word ~ '^[[:alpha:]]{{4,24}}$' AND word !~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]'
      AND NOT EXISTS (SELECT FROM kit_searchword known WHERE known.word = seen.word COLLATE "C")
      AND (SELECT reltuples FROM pg_class WHERE oid = 'kit_searchword'::regclass) < 500000
"""
TRIGGER = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {learn};
    RETURN NULL;
END $$;
"""
NEW = TRIGGER.format(name="crm_keep_words", learn=LEARN.format(rows="SELECT search FROM fresh"))
CHANGED = TRIGGER.format(
    name="crm_keep_changed_words", learn=LEARN.format(rows="SELECT search FROM fresh EXCEPT SELECT search FROM stale")
)
OLD = """
CREATE FUNCTION crm_learn_words(source regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE replace($sql$ {learn} $sql$, '[source]', source::text);
END $$;
""".format(learn=LEARN.format(rows="SELECT search FROM [source]"))

# How many rows of a table the planner expects to match.
EXPECTED = """
CREATE FUNCTION crm_expected(source regclass, wanted tsquery) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %s WHERE search @@ %L::tsquery', source, wanted) INTO plan;
    RETURN (plan->0->'Plan'->>'Plan Rows')::double precision;
END $$;
"""

FUNCTIONS = [
    (SIMPLE, "DROP FUNCTION crm_simple(text);"),
    (SOUND, "DROP FUNCTION crm_sound(text, int);"),
    (SOUNDS, "DROP FUNCTION crm_sounds(text, text);"),
    (HAN, "DROP FUNCTION crm_han(text, text, boolean);"),
    (WORDS, "DROP FUNCTION crm_words(text, text[]);"),
    (NEW, "DROP FUNCTION crm_keep_words();"),
    (CHANGED, "DROP FUNCTION crm_keep_changed_words();"),
    (EXPECTED, "DROP FUNCTION crm_expected(regclass, tsquery);"),
    (OLD, "DROP FUNCTION crm_learn_words(regclass);"),
]


def make(apps, schema_editor):
    constants = tables()
    for sql, _drop in FUNCTIONS:
        schema_editor.execute(sql % constants if "%(" in sql else sql, params=None)


def drop(apps, schema_editor):
    for _sql, undo in reversed(FUNCTIONS):
        schema_editor.execute(undo, params=None)


class Migration(migrations.Migration):
    dependencies = [("kit", "0003_cache")]
    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(db_collation="C", max_length=24)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["word"], name="kit_searchword_start"),
                    models.Index(Reverse("word"), name="kit_searchword_end"),
                    models.Index(Substr("word", 4, 2), name="kit_searchword_middle"),
                ],
            },
        ),
        migrations.RunPython(make, drop),
    ]
