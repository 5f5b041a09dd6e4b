"""Every page the resolver knows: axe, content policy, reflow; both themes, both languages, 390 and 1440 px."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from crm.accounts.models import User
from tests.browser.conftest import cookies_of
from tests.cast import Cast
from tests.pages.addresses import PARTS, address, every_route
from tests.pages.test_cost import grow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = ("en", "zh-hans")
WIDTHS = (1440, 390)
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""The rules that look at colours: all that the other theme can change."""
NARROW = 320
FILES = {"import-template", "import-sample", "import-rejects", "import-rejected", "person-copy"}
"""Addresses that answer with a file."""
SIDEWAYS = """() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
  if (!wide) return [];
  const limit = document.documentElement.clientWidth + 1, found = [];
  for (const one of document.querySelectorAll('body *')) {
    const box = one.getBoundingClientRect();
    if (box.right > limit && box.width > 0 && !one.closest('.table-wrap, .board, pre, [popover], dialog, .stages, .tabs, .chart'))
      found.push(one.tagName.toLowerCase() + '.' + String(one.className.baseVal ?? one.className).slice(0, 40) + ' ' + Math.round(box.right));
  }
  return found.slice(0, 4);
}"""


def pages_of(cast: Cast) -> list[str]:
    """Every whole page that an administrator opens, and the sign-in page's siblings."""
    found = []
    for route in every_route():
        if not route.takes_get or route.name in PARTS | FILES or route.route == "live/":
            continue
        where = address(route, cast, "rep")
        if where is not None:
            found.append(where)
    record = f"/customers/{cast.rows['rep']['customer'].pk}/"
    tabs = [f"{record}?tab={name}" for name in ("orders", "deals", "tickets", "campaigns", "notes", "files")]
    lists = [f"/customers/?{query}" for query in ("part=where&where=city.is:a;(name.is:b|owner.is:me)", "part=display", "group=lifecycle&totals=filled")]  # fmt: skip
    return [
        *found,
        *tabs,
        *lists,
        "/customers/?part=filters",
        "/customers/?search=nobody-has-this-name",
        "/nothing-here/",
    ]


@pytest.fixture(scope="session")
def axe_script() -> str:
    """The axe-core that the package brings."""
    from importlib.resources import files

    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


DRESS = """(theme) => {
  document.documentElement.dataset.theme = theme;
  document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).forEach((one) => one.finish());
}"""
"""The other theme at once, without its colours on their way."""


def look(page: Any, where: str, script: str, told: list[str]) -> None:
    """Open one page, look at it at both widths and in both themes, and note what is wrong with it."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    answer = page.goto(where, wait_until="load")
    page.wait_for_function("() => !document.querySelector('[hx-trigger^=load].htmx-request')", timeout=10_000)
    if answer.status >= 500:
        told.append(f"{where}: {answer.status}")
    page.evaluate(script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme, rules in (("dark", COLOURS), ("light", AXE)):
            page.evaluate(DRESS, theme)
            result = page.evaluate("(options) => axe.run(document, options)", rules)
            told += [f"{where} ({width}, {theme}): {said}" for said in map(fault_text, result["violations"])]


def fault_text(fault: Any) -> str:
    """A violation in one line."""
    nodes = "; ".join(node["html"][:120] for node in fault["nodes"][:2])
    return f"{fault['id']} ({len(fault['nodes'])}) {nodes}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_and_keeps_the_content_policy(
    live_server: Any, browser: Any, cast: Cast, axe_script: str, language: str
) -> None:
    """0 axe violations, 0 reports of the content policy, 0 errors on the console."""
    User.objects.filter(pk=cast.users["admin"].pk).update(theme="light", language=language)
    context = browser.new_context(base_url=live_server.url, bypass_csp=False)
    context.add_cookies(cookies_of(cast, "admin", live_server.url))
    page = context.new_page()
    told: list[str] = []
    here = [""]
    page.on("console", lambda said: told.append(f"{here[0]}: console {said.text[:200]}") if _counts(said) else None)
    page.on("pageerror", lambda error: told.append(f"{here[0]}: script {error}"[:300]))
    for where in pages_of(cast):
        here[0] = where
        look(page, where, axe_script, told)
    context.close()
    assert not told, "\n".join(told)


def _counts(said: Any) -> bool:
    """Console lines that are faults; a page that is not there is one of the pages looked at.

    Pages opened one after the other use up the streams of one process; then ``/live/`` answers 503 and the page polls.
    """
    return said.type == "error" and "404" not in said.text and "/live/" not in said.location.get("url", "")


def test_nothing_but_tables_scrolls_sideways_at_320_pixels(live_server: Any, browser: Any, cast: Cast) -> None:
    """U23, in the language with the longest words."""
    context = browser.new_context(viewport={"width": NARROW, "height": 800}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "admin", live_server.url))
    page = context.new_page()
    told = []
    for where in pages_of(cast):
        page.goto(where, wait_until="load")
        found = page.evaluate(SIDEWAYS)
        if found:
            told.append(f"{where}: {found}")
    context.close()
    assert not told, "\n".join(told)


def weight(answer: Any) -> int:
    """Bytes on the wire of an answer that is compressed as the product serves it; fonts are compressed already."""
    body = answer.body()
    return len(body) if answer.url.endswith(".woff2") else len(gzip.compress(body, 6))


def test_the_first_load_is_light(live_server: Any, browser: Any, cast: Cast) -> None:
    """At most twelve requests and 120 KB for a full list and a long record, pages compressed, no other host."""
    record = grow(cast, 60)
    for path in ("/customers/", f"/customers/{record.pk}/"):
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies(cookies_of(cast, "admin", live_server.url))
        page = context.new_page()
        answers: list[Any] = []
        page.on("response", lambda answer, kept=answers: kept.append(answer) if "/live/" not in answer.url else None)
        opened = page.goto(path, wait_until="load")
        page.wait_for_timeout(400)
        assert all(answer.url.startswith((live_server.url, "data:")) for answer in answers)
        assert len(answers) <= 12, "\n".join(answer.url for answer in answers)
        assert opened.headers["content-encoding"] == "gzip"
        size = sum(weight(answer) for answer in answers if answer.ok)
        context.close()
        assert size <= 120 * 1024, f"{path}: {size} bytes"
