"""How two profiles agree, field by field, as named levels. Pure and quick: a scan asks millions of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from customers.duplicates.normal import Profile

SAME, NEAR, LIKE, PART, LOOSE, OTHER = "same", "near", "like", "part", "loose", "other"
RANK = {SAME: 5, NEAR: 4, LIKE: 3, PART: 2, LOOSE: 1, OTHER: 0}
COVER = {SAME: 1.0, NEAR: 0.95, LIKE: 0.75, PART: 0.3, LOOSE: 0.3, OTHER: 0.0}
"""How much of a word of a longer name a word of the other one stands for."""
ROLES = frozenset(
    [
        "office",
        "info",
        "sales",
        "contact",
        "admin",
        "support",
        "hello",
        "mail",
        "service",
        "kontakt",
        "team",
        "accounts",
        "billing",
        "hr",
    ]
)
"""Names of addresses that every firm has."""
Levels = list[tuple[str, str, tuple[str, ...]]]
"""(field, level, the values that agree or differ): the rarer the value, the more an agreement says."""
Rarity = Callable[[str], float]


@lru_cache(maxsize=1 << 18)
def word_level(one: str, two: str) -> str:
    """Level of two words: a letter apart is near, a few are like, and so is the start of the other (Rob, Robert)."""
    if one == two:
        return SAME
    short, long = (one, two) if len(one) <= len(two) else (two, one)
    if len(short) == 1:
        return LOOSE if long[0] == short else OTHER
    distance = OSA.distance(one, two, score_cutoff=4)
    size = len(long)
    if (distance == 1 and size > 3) or (distance == 2 and size > 6):
        return NEAR
    likeness = JaroWinkler.similarity(one, two)
    if (distance == 2 and size > 5) or likeness >= 0.92 or (len(short) >= 3 and long.startswith(short)):
        return LIKE
    return LOOSE if distance <= size * 0.4 or likeness >= 0.82 else OTHER


@lru_cache(maxsize=1 << 17)
def text_level(one: str, two: str) -> str:
    """Level of two squeezed texts (city, street, region) by the share of letters that differ."""
    if one == two:
        return SAME
    size = max(len(one), len(two))
    distance = OSA.distance(one, two, score_cutoff=size // 2 + 1)
    if (distance == 1 and size > 3) or distance <= size * 0.15:
        return NEAR
    if distance <= size * 0.32:
        return LIKE
    return LOOSE if distance <= size * 0.5 else OTHER


def digits_level(one: str, two: str) -> str:
    """Level of two runs of digits."""
    if one == two:
        return SAME
    distance = OSA.distance(one, two, score_cutoff=3)
    return NEAR if distance == 1 else LIKE if distance == 2 and max(len(one), len(two)) > 5 else OTHER


def email_level(one: str, two: str) -> str:
    """Level of two e-mail addresses: the same name at another host is like the same address."""
    if one == two:
        return SAME
    size = max(len(one), len(two))
    distance = OSA.distance(one, two, score_cutoff=size // 4 + 1)
    name_one, _at, host_one = one.partition("@")
    name_two, _at, host_two = two.partition("@")
    if name_one in ROLES or name_two in ROLES:
        return NEAR if distance <= 2 else OTHER
    if distance <= 2 or (name_one == name_two and text_level(host_one, host_two) in (NEAR, LIKE)):
        return NEAR if word_level(name_one, name_two) != OTHER and not _numbered(name_one, name_two) else LOOSE
    if _numbered(name_one, name_two):
        return OTHER
    return LIKE if distance <= size * 0.25 or (name_one == name_two and len(name_one) > 5) else OTHER


def _numbered(one: str, two: str) -> bool:
    """Whether both end in a number, and in quite another one: the next free address of a common name."""
    tails = [name[len(name.rstrip("0123456789")) :] for name in (one, two)]
    return bool(tails[0] and tails[1]) and OSA.distance(*tails) > 1


def birth_level(one: str, two: str) -> str:
    """Level of two birth dates: a part or a digit apart, day and month swapped."""
    if one == two:
        return SAME
    parts = (one[:4] == two[:4]) + (one[4:6] == two[4:6]) + (one[6:] == two[6:])
    swapped = one[:4] == two[:4] and one[4:6] == two[6:] and one[6:] == two[4:6]
    distance = OSA.distance(one, two, score_cutoff=4)
    if distance == 1 or parts == 2 or swapped:
        return NEAR
    if distance == 2 or (parts == 1 and distance <= 3):
        return LIKE
    return LOOSE if parts or distance <= 3 else OTHER


def han_level(one: str, two: str) -> str:
    """Level of two words in pinyin whose characters are known: other sounds are another name."""
    if one == two:
        return SAME
    short, long = (one, two) if len(one) <= len(two) else (two, one)
    return LIKE if len(short) > 2 and (long.startswith(short) or long.endswith(short)) else OTHER


def best(levels: Iterable[str]) -> str:
    """The closest of several levels."""
    return max(levels, key=RANK.__getitem__)


def name_levels(a: Profile, b: Profile, rarity: Rarity) -> Levels:
    """Levels of the names, given and family name whichever way round fits better."""
    one, two = a.names, b.names
    if not (a.parts and b.parts):
        return [("name", bag_level(one, two, rarity), ("".join(sorted(one)),))]
    level = han_level if a.han or b.han else word_level
    if len(one) < 2 or len(two) < 2:
        found, word = max(((level(x, y), x) for x in one for y in two), key=lambda pair: RANK[pair[0]])
        return [("part", found, (word,))]
    given, family = level(one[0], two[0]), level(one[1], two[1])
    crossed = level(one[0], two[1]), level(one[1], two[0])
    if RANK[crossed[0]] + RANK[crossed[1]] > RANK[given] + RANK[family] + 1:
        return [("given", crossed[0], (one[0],)), ("family", crossed[1], (one[1],)), ("swapped", SAME, ())]
    if given == family == SAME and a.han and b.han and a.han != b.han:
        given = NEAR  # other characters of the same sound
    return [("given", given, (one[0],)), ("family", family, (one[1],))]


def bag_level(one: tuple[str, ...], two: tuple[str, ...], rarity: Rarity) -> str:
    """Level of two names of any number of words, where rare words count more."""
    if sorted(one) == sorted(two) or "".join(one) == "".join(two):
        return SAME
    covers = _cover(one, two, rarity), _cover(two, one, rarity)
    low, high = min(covers), max(covers)
    likeness = text_level("".join(sorted(one)), "".join(sorted(two)))
    if low > 0.9 or likeness == NEAR:
        return NEAR
    if low > 0.7 or (likeness == LIKE and low > 0.4):
        return LIKE
    return PART if high > 0.9 else LOOSE if low > 0.45 else OTHER


def _cover(one: tuple[str, ...], two: tuple[str, ...], rarity: Rarity) -> float:
    """The share of one name that the other holds."""
    got = whole = 0.0
    for word in dict.fromkeys(one):
        weight = rarity(word)
        whole += weight
        got += weight * max(COVER[word_level(word, other)] for other in two)
    return got / whole


def street_level(one: tuple[str, ...], two: tuple[str, ...]) -> str:
    """Level of two streets: as a whole, or word by word where words are missing."""
    whole = text_level("".join(one), "".join(two))
    if RANK[whole] >= RANK[NEAR]:
        return whole
    short, long = sorted(([word for word in words if len(word) > 3] for words in (one, two)), key=len)
    if not short:
        return whole
    mean = sum(STREET[max((word_level(word, other) for other in long), key=RANK.__getitem__)] for word in short)
    share = mean / len(short)
    return best((whole, NEAR if share >= 3.5 else LIKE if share >= 2.4 else LOOSE if share >= 1.6 else OTHER))


STREET = {SAME: 4, NEAR: 3, LIKE: 2, PART: 1, LOOSE: 1, OTHER: 0}


def number_level(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Level of the numbers of two addresses."""
    for number in one:
        if number in two:
            return SAME, (number,)
    near = any(x in y or y in x or OSA.distance(x, y, score_cutoff=1) <= 1 for x in one for y in two)
    return (NEAR if near else OTHER), ()


def reach_levels(a: Profile, b: Profile) -> Levels:
    """Levels of the ways to reach them, and of the birth date."""
    found: Levels = []
    if a.phones and b.phones:
        found.append(("phone", best(digits_level(x, y) for x in a.phones for y in b.phones), ()))
    if a.emails and b.emails:
        found.append(("email", best(email_level(x, y) for x in a.emails for y in b.emails), ()))
    if a.birth and b.birth:
        found.append(("birth", birth_level(a.birth, b.birth), ()))
    return found


def place_levels(a: Profile, b: Profile) -> Levels:
    """Levels of the parts of the address."""
    found: Levels = []
    if a.street and b.street:
        found.append(("street", street_level(a.street, b.street), ("".join(a.street), "".join(b.street))))
    if a.numbers and b.numbers:
        found.append(("number", *number_level(a.numbers, b.numbers)))
    if a.city and b.city:
        found.append(("city", text_level(a.city, b.city), (a.city, b.city)))
    if a.region and b.region:
        found.append(("region", text_level(a.region, b.region), (a.region, b.region)))
    if a.postcode and b.postcode:
        found.append(("postcode", digits_level(a.postcode, b.postcode), (a.postcode, b.postcode)))
    return found
