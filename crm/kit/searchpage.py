"""``/search?q=``: everything that matches, by type, with the rights of the reader."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from crm.kit import palette
from crm.kit.views import Page

FEW, MANY = 8, 50


class SearchPage(Page):
    """All types with their first hits, or one type with many."""

    policy = ("self", "view")
    template_name = "search/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").replace("\0", "").strip()[: palette.LONGEST]
        chosen = self.request.GET.get("type", "")
        found = palette.found(self.request.user, text, FEW + 1, MANY + 1, chosen) if text else []
        groups = [self._group(provider, hits, text, chosen) for provider, hits in found]
        return super().get_context_data(q=text, groups=groups, chosen=chosen, **kwargs)

    @staticmethod
    def _group(provider: palette.Provider, hits: list[palette.Hit], text: str, chosen: str) -> dict[str, Any]:
        most = MANY if chosen else FEW
        return {
            "title": provider.title,
            "hits": hits[:most],
            "more": len(hits) > most,
            "href": "?" + urlencode({"q": text, "type": provider.key}),
            "key": provider.key,
        }
