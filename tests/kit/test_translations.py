"""The catalogue: every sentence of the product stands in it, in 简体中文, and is compiled."""

import os
import shutil
import subprocess
import sys

import polib
import pytest

from crm.conf import BASE_DIR

CATALOGUE = BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def test_every_sentence_of_the_catalogue_is_translated() -> None:
    catalogue = polib.pofile(str(CATALOGUE))
    open_ones = [
        e.msgid for e in catalogue if e.fuzzy or not (e.msgstr or e.msgstr_plural) or not all(e.msgstr_plural.values())
    ]
    assert open_ones == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    written = {key(e): e.msgstr or e.msgstr_plural for e in polib.pofile(str(CATALOGUE))}
    compiled = {key(e): e.msgstr or e.msgstr_plural for e in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    assert compiled == written


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="Needs xgettext (package gettext) to read the code.")
def test_no_marked_sentence_is_missing_from_the_catalogue(tmp_path) -> None:
    copy = tmp_path / "vantage"
    ignore = shutil.ignore_patterns(".*", "var", "tests", "node_modules", "__pycache__", "vendor")
    shutil.copytree(BASE_DIR, copy, ignore=ignore)
    shutil.copytree(BASE_DIR / "locale", copy / "locale", dirs_exist_ok=True)
    arguments = ["-m", "django", "makemessages", "-l", "zh_Hans", "--no-obsolete", "--no-location"]
    alone = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run([sys.executable, *arguments], cwd=copy, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    known = {key(e) for e in polib.pofile(str(CATALOGUE))}
    fresh = {key(e) for e in polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))}
    assert sorted(map(str, fresh - known)) == []
