"""Reasons of a pair in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import pgettext_lazy as p

WORDS = {
    ("given", "same"): gettext_lazy("same first name"),
    ("given", "near"): gettext_lazy("first name differs by a letter or two"),
    ("given", "like"): gettext_lazy("first name is similar"),
    ("given", "loose"): gettext_lazy("first name is faintly similar"),
    ("given", "other"): gettext_lazy("first name differs"),
    ("family", "same"): gettext_lazy("same last name"),
    ("family", "near"): gettext_lazy("last name differs by a letter or two"),
    ("family", "like"): gettext_lazy("last name is similar"),
    ("family", "loose"): gettext_lazy("last name is faintly similar"),
    ("family", "other"): gettext_lazy("last name differs"),
    ("part", "same"): gettext_lazy("same part of the name"),
    ("part", "near"): gettext_lazy("part of the name differs by a letter or two"),
    ("part", "like"): gettext_lazy("part of the name is similar"),
    ("part", "loose"): gettext_lazy("part of the name is faintly similar"),
    ("part", "other"): gettext_lazy("the known parts of the name differ"),
    ("name", "same"): gettext_lazy("same name"),
    ("name", "near"): gettext_lazy("name differs by a letter or two"),
    ("name", "like"): gettext_lazy("name is similar"),
    ("name", "part"): gettext_lazy("one name holds the other"),
    ("name", "loose"): gettext_lazy("name is faintly similar"),
    ("name", "other"): gettext_lazy("name differs"),
    ("swapped", "same"): gettext_lazy("first and last name are swapped"),
    ("phone", "same"): gettext_lazy("same phone"),
    ("phone", "near"): gettext_lazy("phone differs by one digit"),
    ("phone", "like"): gettext_lazy("phone differs by two digits"),
    ("phone", "other"): gettext_lazy("phone differs"),
    ("email", "same"): gettext_lazy("same e-mail"),
    ("email", "near"): gettext_lazy("e-mail differs slightly"),
    ("email", "like"): gettext_lazy("e-mail is similar"),
    ("email", "loose"): gettext_lazy("e-mail is faintly similar"),
    ("email", "other"): gettext_lazy("e-mail differs"),
    ("birth", "same"): gettext_lazy("same birth date"),
    ("birth", "near"): gettext_lazy("birth date differs in one part"),
    ("birth", "like"): gettext_lazy("birth date is similar"),
    ("birth", "loose"): gettext_lazy("birth date agrees in one part"),
    ("birth", "other"): gettext_lazy("birth date differs"),
    ("street", "same"): gettext_lazy("same street"),
    ("street", "near"): gettext_lazy("street differs slightly"),
    ("street", "like"): gettext_lazy("street is similar"),
    ("street", "loose"): gettext_lazy("street is faintly similar"),
    ("street", "other"): gettext_lazy("street differs"),
    ("number", "same"): gettext_lazy("same house number"),
    ("number", "near"): gettext_lazy("house number is similar"),
    ("number", "other"): gettext_lazy("house number differs"),
    ("city", "same"): gettext_lazy("same city"),
    ("city", "near"): gettext_lazy("city differs slightly"),
    ("city", "like"): gettext_lazy("city is similar"),
    ("city", "loose"): gettext_lazy("city is faintly similar"),
    ("city", "other"): gettext_lazy("city differs"),
    ("region", "same"): gettext_lazy("same region"),
    ("region", "near"): gettext_lazy("region differs slightly"),
    ("region", "like"): gettext_lazy("region is similar"),
    ("region", "loose"): gettext_lazy("region is faintly similar"),
    ("region", "other"): gettext_lazy("region differs"),
    ("postcode", "same"): gettext_lazy("same postcode"),
    ("postcode", "near"): gettext_lazy("postcode differs by one digit"),
    ("postcode", "like"): gettext_lazy("postcode differs by two digits"),
    ("postcode", "other"): gettext_lazy("postcode differs"),
    ("household", "other"): gettext_lazy("a shared address counts less where names differ"),
}
"""(field, level) → words."""
COMMA = p("between reasons", ", ")
RULED_BY = {
    "given": "first_name", "family": "last_name", "part": "name", "swapped": "name", "birth": "birth_date", "street": "address",
    "number": "address",
}  # fmt: skip
"""The customer's field whose field rule a reason falls under, where it has another name."""
MOST = 4


@dataclass(frozen=True)
class Reason:
    """One reason as a reader may see it."""

    label: str
    points: float


def told(parts: Iterable[Sequence[object]], levels: Mapping[str, str]) -> list[Reason]:
    """Reasons, weightiest first; what concerns a field that the reader may not see whole stands in one line."""
    seen: list[Reason] = []
    secret = 0.0
    for field, level, points in parts:
        number = float(str(points))
        if _secret(str(field), levels):
            secret += number
        else:
            seen.append(Reason(str(WORDS.get((str(field), str(level)), field)), number))
    seen.sort(key=lambda one: -abs(one.points))
    if secret:
        seen.append(Reason(_("fields that your role does not see"), round(secret, 1)))
    return seen


def _secret(field: str, levels: Mapping[str, str]) -> bool:
    if RULED_BY.get(field, field) in levels:
        return True
    return field in ("given", "family", "part", "swapped") and "name" in levels


def sentence(parts: Iterable[Sequence[object]], levels: Mapping[str, str], *, most: int = MOST) -> str:
    """The weightiest reasons in one line."""
    return str(COMMA).join(one.label for one in told(parts, levels)[:most] if one.points)
