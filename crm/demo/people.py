"""Who the customers are: visible fields, and hidden habits that the other parts act on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from crm.demo import names
from crm.demo.names import PLACES, Place
from crm.demo.world import Floats, Ints, World

TRYERS, STANDARD, LOYAL = 0, 1, 2
BAD_MAILS = ("{}@@post.example", "{}(at)mail.example", "{}@mail", "{} @inbox.example", "@{}.example")


@dataclass
class People:
    """One chunk of customers as columns. Times are in days since the world's first midnight."""

    company: np.ndarray
    place: Ints
    start: Floats  # first order
    death: Floats  # after it nothing is bought any more
    decay: Floats  # days before the death in which interest fades
    interval: Floats  # usual days between orders
    regularity: Floats
    buyer: np.ndarray
    opens: Floats  # share of campaign mails opened
    unhappy: np.ndarray  # leaves with complaints
    spend: Floats  # multiplier of quantities
    taste: np.ndarray  # weight per category
    chinese: np.ndarray
    plan: Ints
    burst: np.ndarray  # planted: sudden spending in the last days
    twin: Ints  # planted: index of the customer this one repeats, else -1
    text: list[Fields] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.place)


@dataclass
class Fields:
    """What a person typed in."""

    name: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""


def make_people(world: World, chunk: int, size: int) -> People:
    """One chunk of customers."""
    rng = world.rng("people", chunk)
    company = rng.random(size) < 0.22
    weights = np.array([place.weight for place in PLACES])
    place = rng.choice(len(PLACES), size=size, p=weights / weights.sum())
    people = _habits(world, rng, company, place)
    _plant(rng, people)
    people.text = [_fields(rng, people, number) for number in range(size)]
    _spoil(rng, people)
    return people


def _habits(world: World, rng: np.random.Generator, company: np.ndarray, place: Ints) -> People:
    size = len(company)
    kind = rng.choice(3, size=size, p=[0.12, 0.45, 0.43])
    kind = np.where(company & (kind == TRYERS), STANDARD, kind)
    arrival = rng.random(size)
    start = np.where(rng.random(size) < 0.3, rng.exponential(40, size), 20 + arrival**0.85 * (world.days - 20))
    life = np.choose(
        kind, [rng.exponential(35, size), 150 + rng.exponential(560, size), 500 + rng.exponential(2200, size)]
    )
    interval = np.where(company, rng.lognormal(3.75, 0.6, size), rng.lognormal(4.15, 0.7, size)).clip(8, 320)
    opens = rng.beta(3.2, 4.2, size)
    chinese_country = np.array([spot.country == "China" for spot in PLACES])[place]
    taste = rng.dirichlet([1.1, 0.7, 0.45, 0.12, 0.2, 0.3], size)
    at_work = rng.dirichlet([1.4, 0.4, 0.25, 0.2, 1.3, 0.2], size)
    return People(
        company=company,
        place=place,
        start=np.minimum(start, world.days - 1.0),
        death=start + life,
        decay=np.minimum(110.0, life * 0.5),
        interval=interval,
        regularity=rng.gamma(5, 0.5, size).clip(0.9, 5.0),
        buyer=rng.random(size) > 0.08,
        opens=opens,
        unhappy=rng.random(size) < 0.5,
        spend=np.where(company, rng.lognormal(1.1, 0.6, size), rng.lognormal(0.1, 0.35, size)),
        taste=np.where(company[:, None], at_work, taste),
        chinese=chinese_country & (rng.random(size) < 0.55),
        plan=rng.choice(3, size=size, p=[0.62, 0.27, 0.11]),
        burst=np.zeros(size, dtype=bool),
        twin=np.full(size, -1),
    )


def _plant(rng: np.random.Generator, people: People) -> None:
    """Twins among the last rows, and a few customers whose spending jumps."""
    size = len(people)
    twins = max(size // 70, 1) if size > 20 else 0
    for offset in range(twins):
        people.twin[size - 1 - offset] = int(rng.integers(0, size - twins))
    people.burst[rng.choice(size - twins, max(size // 400, 1), replace=False)] = True
    late = people.burst & (people.death < 1e9)
    people.death[late] = 1e9
    people.buyer[late] = True


def _fields(rng: np.random.Generator, people: People, number: int) -> Fields:
    place = PLACES[people.place[number]]
    chinese = bool(people.chinese[number])
    if people.company[number]:
        row, handle = _firm(rng, place, chinese)
    else:
        row, handle = _person(rng, place, chinese)
    row.phone = digits(rng, place.phone)
    row.postcode = digits(rng, place.postcode)
    row.address = digits(rng, place.street)
    if not row.email:
        row.email = f"{handle}{rng.integers(1, 999)}@{('mail', 'post', 'inbox')[rng.integers(3)]}.example"
    return row


def _person(rng: np.random.Generator, place: Place, chinese: bool) -> tuple[Fields, str]:
    if place.country == "China" or (place.country == "Singapore" and rng.random() < 0.6):
        surname, latin = names.SURNAMES_ZH[rng.integers(len(names.SURNAMES_ZH))]
        given, given_latin = names.GIVEN_ZH[rng.integers(len(names.GIVEN_ZH))]
        handle = ascii_handle(f"{latin}.{given_latin}")
        if chinese:
            return Fields(surname + given, given, surname), handle
        return Fields(f"{latin} {given_latin}", given_latin, latin), handle
    given = names.GIVEN[place.language][rng.integers(len(names.GIVEN[place.language]))]
    surname = names.SURNAMES[place.language][rng.integers(len(names.SURNAMES[place.language]))]
    return Fields(f"{given} {surname}", given, surname), ascii_handle(f"{given}.{surname}")


def _firm(rng: np.random.Generator, place: Place, chinese: bool) -> tuple[Fields, str]:
    if chinese:
        word = names.FIRM_ZH[rng.integers(len(names.FIRM_ZH))]
        trade = names.FIRM_ZH_TRADE[rng.integers(len(names.FIRM_ZH_TRADE))]
        title = f"{place.city_zh}{word}{trade}{names.FIRM_ZH_END[rng.integers(len(names.FIRM_ZH_END))]}"
        domain = f"firm{rng.integers(10_000, 99_999)}"
    else:
        word = names.FIRM[rng.integers(len(names.FIRM))]
        trade = names.FIRM_TRADE[rng.integers(len(names.FIRM_TRADE))]
        title = f"{word} {trade}{names.FIRM_END.get(place.language, '')}"
        if rng.random() < 0.5:
            title = f"{place.city} {title}"
        domain = f"{ascii_handle(word + trade)}{rng.integers(10, 999)}"
    return Fields(title, company=title, email=f"office@{domain}.example"), domain


def ascii_handle(text: str) -> str:
    """Lower-case letters and dots."""
    plain = text.lower().translate(_PLAIN)
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter == "."))


_PLAIN = str.maketrans("äöüåéèêëñíóáúïôç", "aouaeeeeniouaioc"[:16])


def digits(rng: np.random.Generator, pattern: str) -> str:
    """The pattern with a digit for each #; a number that starts something never starts with 0."""
    out: list[str] = []
    for letter in pattern:
        out.append(str(rng.integers(1 if not out else 0, 10)) if letter == "#" else letter)
    return "".join(out)


def _spoil(rng: np.random.Generator, people: People) -> None:
    """Bad e-mail addresses, and twins that look like their other half with a slip."""
    size = len(people)
    for number in rng.choice(size, max(size // 90, 1), replace=False):
        row = people.text[number]
        row.email = BAD_MAILS[rng.integers(len(BAD_MAILS))].format(row.email.partition("@")[0])
    for number in np.flatnonzero(people.twin >= 0):
        other = people.twin[number]
        first = people.text[other]
        people.place[number], people.company[number] = people.place[other], people.company[other]
        people.chinese[number], people.buyer[number] = people.chinese[other], rng.random() < 0.6
        people.start[number] = max(people.start[number], people.start[other])
        people.death[number] = min(people.death[number], people.start[number] + 90)
        people.text[number] = _slip(rng, first)


def _slip(rng: np.random.Generator, row: Fields) -> Fields:
    match rng.integers(5):
        case 0:
            return Fields(**{**vars(row), "phone": row.phone.replace(" ", "").replace("+86", "0086")})
        case 1:
            return Fields(**{**vars(row), "email": row.email.upper(), "phone": ""})
        case 2 if row.first_name and row.name.isascii():
            return Fields(**{**vars(row), "name": f"{row.last_name} {row.first_name}", "email": ""})
        case 3 if len(row.name) > 5:
            cut = int(rng.integers(2, len(row.name) - 2))
            return Fields(
                **{**vars(row), "name": row.name[:cut] + row.name[cut + 1] + row.name[cut] + row.name[cut + 2 :]}
            )
        case _:
            return Fields(**{**vars(row), "phone": "", "address": "", "postcode": ""})
