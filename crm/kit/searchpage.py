"""``/search?q=``: everything that matches, by type with counts, with the rights of the reader."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from crm.kit import finding, palette
from crm.kit.ranked import SPAN, Place
from crm.kit.views import Page

FEW, MANY = 5, 50


class SearchPage(Page):
    """All types with their best hits, or one type with many, page by page."""

    policy = ("self", "view")
    template_name = "search/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, asked = self.request.user, self.request.GET
        text = asked.get("q", "").replace("\0", "").strip()[: palette.LONGEST]
        chosen, after = asked.get("type", ""), Place.read(asked.get("after", ""))
        if not text:
            return super().get_context_data(q="", groups=[], **kwargs)
        found = finding.find(user, text, FEW, chosen=chosen, many=MANY, after=after, most=finding.MOST_COUNTED + 1)
        groups = [self._group(one, text, chosen) for one in found.groups]
        return super().get_context_data(
            q=text,
            everything=f"?{urlencode({'q': text})}",
            direct=[] if chosen else finding.direct(user, text),
            facets=groups,
            groups=[one for one in groups if chosen in ("", one["key"])],
            failed=found.failed,
            chosen=chosen if any(one["key"] == chosen for one in groups) else "",
            began=after is None,
            create=palette.missing(user, text),
            **kwargs,
        )

    @staticmethod
    def _group(one: finding.Group, text: str, chosen: str) -> dict[str, Any]:
        key, here = one.subject.key, one.subject.key == chosen
        address = f"?{urlencode({'q': text, 'type': key})}"
        listed = f"{reverse(one.subject.listed)}?{urlencode({'search': text})}" if one.subject.listed else ""
        return {
            "key": key,
            "title": one.subject.title,
            "hits": one.hits,
            "count": one.count(),
            "href": address,
            "more": address if one.following and not here else "",
            "following": f"{address}&after={one.following}" if one.following and here else "",
            "listed": listed if not one.ranking.corrected_only else "",
            "ranked": 0 if one.ranking.is_whole else SPAN,
        }
