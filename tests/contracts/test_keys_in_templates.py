"""Numbers are written with the reader's grouping; a key of a row in an address or a form never is."""

import re
from pathlib import Path

KEY = re.compile(r"\{\{ *((?:[a-z_]+\.)*(?:pk|(?!auto_)[a-z]+_id)) *\}\}")
TEXTS = {"error_id"}


def test_every_key_is_written_as_it_is() -> None:
    bare = [
        f"{path.relative_to('templates')}: {name}"
        for path in sorted(Path("templates").rglob("*.html"))
        for name in KEY.findall(path.read_text(encoding="utf-8"))
        if name not in TEXTS
    ]
    assert not bare, "say |unlocalize: " + ", ".join(bare)
