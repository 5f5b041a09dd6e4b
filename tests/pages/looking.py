"""What tests ask of a page's HTML."""

from __future__ import annotations

from html.parser import HTMLParser


class Seen(HTMLParser):
    """Counts elements and keeps what the rules of the house forbid."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.nodes = 0
        self.tags: dict[str, int] = {}
        self.primary = 0
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.outside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count, and check the attributes."""
        given = dict(attrs)
        self.nodes += 1
        self.tags[tag] = self.tags.get(tag, 0) + 1
        classes = (given.get("class") or "").split()
        if "btn" in classes and "primary" in classes:
            self.primary += 1
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.faults += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.faults.append(f"inline <{tag}>")
        source = given.get("src") or (given.get("href") if tag == "link" else "") or ""
        if "//" in source:
            self.outside.append(source)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """``<use/>`` counts as well."""
        self.handle_starttag(tag, attrs)

    @property
    def twice(self) -> set[str]:
        """Ids given to more than one element."""
        return {one for one in self.ids if self.ids.count(one) > 1}
