"""Mentions: ``@sign-in-name`` in what people write, kept as the key of a colleague who may see the record."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db.models import QuerySet
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, Offer
from crm.accounts.selectors import people_who_reach
from crm.kit import han

MOST_OFFERED = 8
MOST_MENTIONED = 20
MOST_LOOKED_AT = 500
BEFORE, AFTER = r"(?<![A-Za-z0-9._%+-])@", r"(?![A-Za-z0-9_]|[.+@-][A-Za-z0-9_])"
NAME = re.compile(BEFORE + r"([\w.+@-]{1,150})")
ENDS = re.compile(AFTER)
Mentions = dict[str, tuple[int, str]]


def colleagues(user: User, row: Any, obj: str) -> QuerySet[User]:
    """Who else may see a record: nobody else is a name to the writer here."""
    return people_who_reach(obj, team=row.team, owner_id=row.owner_id).exclude(pk=user.pk)


def offers(*, user: User, row: Any, obj: str, typed: str) -> list[Offer]:
    """Colleagues by name, sign-in name or pinyin who may see the record; no others, and no count of them."""
    reached = colleagues(user, row, obj)
    found = list(PEOPLE.found(reached, typed)[:MOST_OFFERED])
    if typed and len(found) < MOST_OFFERED:
        known = {one.pk for one in found}
        others = reached.exclude(pk__in=known).order_by("first_name", "last_name", "username")[:MOST_LOOKED_AT]
        found += [one for one in others if _sounds(one, typed)]
    return [
        Offer(
            one.username, f"@{one.username}", one.display_name,
            one.username if one.display_name != one.username else "", avatar=True,
        )
        for one in found[:MOST_OFFERED]
    ]  # fmt: skip


def _sounds(person: User, typed: str) -> bool:
    """Whether a Chinese name is read as typed, whole or by its first letters, family name first or last."""
    wanted = "".join(typed.lower().split())
    for name in (f"{person.last_name}{person.first_name}", f"{person.first_name}{person.last_name}"):
        read = [han.readings().get(sign, sign.lower()) for sign in name if not sign.isspace()]
        if not name.isascii() and any(
            spoken.startswith(wanted) for spoken in ("".join(read), "".join(one[:1] for one in read))
        ):
            return True
    return False


def mentioned(*, user: User, row: Any, obj: str, text: str) -> list[User]:
    """The colleagues that a text names and who may see the record."""
    candidates: set[str] = set()
    for hit in NAME.finditer(text):
        token = hit.group(1)
        candidates |= {token[:end] for end in range(1, len(token) + 1) if ENDS.match(token, end)}
    if not candidates:
        return []
    return list(colleagues(user, row, obj).filter(username__in=candidates).order_by("pk")[:MOST_MENTIONED])


def kept(people: list[User]) -> dict[str, list[Any]]:
    """As an interaction keeps them: sign-in name → key, and the name of that day."""
    return {one.username: [one.pk, one.display_name] for one in people}


def drawn(text: str, raw: str | None) -> str:
    """The text with a chip for each mention that it keeps; plain text where there is none."""
    names = json.loads(raw) if raw else {}
    if not names:
        return text
    every = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    parts: list[SafeString | str] = []
    last = 0
    for hit in re.finditer(f"{BEFORE}({every}){AFTER}", text):
        chip = format_html('<span class="mention">@{}</span>', names[hit.group(1)][1])
        parts += [conditional_escape(text[last : hit.start()]), chip]
        last = hit.end()
    return mark_safe("".join([*parts, conditional_escape(text[last:])]))  # noqa: S308 - each part is escaped
