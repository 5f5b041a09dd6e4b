"""Parts of the shell that are drawn once: never another's menu, language or theme."""

from __future__ import annotations

import re

from tests.cast import Cast
from tests.pages.test_bulk import SignIn


def shell(sign_in: SignIn, actor: str, path: str = "/customers/") -> dict[str, list[str]]:
    page = sign_in(actor).get(path).content.decode()
    return {
        "side": re.findall(r'class="nav-item" href="([^"]+)"', page),
        "here": re.findall(r'class="nav-item" href="([^"]+)" aria-current', page),
        "new": re.findall(r'role="menuitem"[^>]* href="([^"]+/new/[^"]*)"', page),
        "theme": re.findall(r'<button[^>]*name="theme"(?: value="(\w*)")?[^>]*aria-current', page),
        "words": re.findall(r'<div class="nav-group">([^<]+)<', page),
    }


def test_everyone_gets_the_own_menu_whoever_asked_before(cast: Cast, sign_in: SignIn) -> None:
    before = {actor: shell(sign_in, actor) for actor in ("admin", "integrator", "agent", "rep")}
    after = {actor: shell(sign_in, actor) for actor in reversed(before)}
    assert after == before
    assert set(before["rep"]["side"]) < set(before["admin"]["side"])
    assert before["integrator"]["side"] != before["agent"]["side"]


def test_the_place_the_theme_and_the_language_are_those_of_the_page(cast: Cast, sign_in: SignIn) -> None:
    rep = cast.users["rep"]
    assert shell(sign_in, "rep")["here"] == ["/customers/"]
    assert shell(sign_in, "rep", "/sales/deals/")["here"] == ["/sales/deals/"]
    for theme in ("dark", "light", ""):
        type(rep).objects.filter(pk=rep.pk).update(theme=theme)
        assert shell(sign_in, "rep")["theme"] == [theme]
    english = shell(sign_in, "rep")["words"]
    type(rep).objects.filter(pk=rep.pk).update(language="zh-hans")
    chinese = shell(sign_in, "rep")["words"]
    assert len(chinese) == len(english)
    assert set(chinese).isdisjoint(english)
