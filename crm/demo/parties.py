"""Customers, their outside ids, contact points and the contacts of companies, as rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crm.demo import names
from crm.demo.names import PLACES
from crm.demo.people import Fields, People, ascii_handle
from crm.demo.stage import FIELDS, Stagehands
from crm.demo.world import DAY, Ints, World, times
from crm.demo.write import NULL, Writer, line, text
from customers.models import Contact, ContactPoint, ContactRole, Customer, ExternalId, LastContact

PARTY = ["id", "name", "first_name", "last_name", "company", "title", "email", "phone", "address", "city", "region",
         "postcode", "country", "language", "owner_id", "team_id", "created_at"]  # fmt: skip
TAGS = ["wechat", "price-sensitive", "newsletter", "wholesale", "tea lover", "gift buyer", "trade fair"]


def write_customers(
    world: World, writer: Writer, hands: Stagehands, chunk: int, people: People, bought: Ints, talked: Ints
) -> int:
    """Write one chunk of customers; returns the id of the first. ``bought`` and ``talked`` are newest times."""
    rng = world.rng("parties", chunk)
    first = writer.reserve(Customer, len(people))
    owners, teams = _owners(rng, hands, people)
    rows = list(_customers(world, rng, people, first, owners, teams, bought))
    writer.copy(
        Customer,
        [*PARTY, "kind", "lifecycle", "time_zone", "tags", "custom", "birth_date", "gender"],
        rows,
    )
    spoken = np.flatnonzero(talked)
    writer.copy(
        LastContact,
        ["customer_id", "at"],
        (f"{first + number}\t{at}" for number, at in zip(spoken.tolist(), times(talked[spoken]), strict=True)),
    )
    writer.copy(
        ExternalId, ["source_id", "external_id", "customer_id"], _outside(world, rng, hands, chunk, people, first)
    )
    writer.copy(ContactPoint, POINT, _points(people.text, first, "customer_id"))
    _contacts(world, writer, hands, chunk, people, first, owners, teams)
    return first


def _owners(rng: np.random.Generator, hands: Stagehands, people: People) -> tuple[list[str], list[int]]:
    """Owner (as COPY reads it) and team of each customer; some are nobody's yet."""
    free = rng.random(len(people)) < 0.06
    owners, teams = [], []
    for place, nobody in zip(people.place.tolist(), free.tolist(), strict=True):
        north = PLACES[place].team == "north"
        owners.append(NULL if nobody else str(hands.users["rep" if north else "rep2"]))
        teams.append(hands.root if nobody else hands.north if north else hands.south)
    return owners, teams


def _customers(
    world: World, rng: np.random.Generator, people: People, first: int, owners: list[str], teams: list[int],
    bought: Ints,
) -> Iterator[str]:  # fmt: skip
    size = len(people)
    made = times(np.minimum(world.start + (people.start * DAY).astype(np.int64) - 2 * DAY, world.end - DAY))
    age = np.where(bought > 0, (world.end - bought) / DAY, -1)
    spending = people.spend > np.quantile(people.spend, 0.93)
    born = rng.integers(-7000, 12_000, size)
    asked = (rng.random(size) < 0.4) & ~people.company
    gender = rng.choice(["", "female", "male", "other"], size, p=[0.5, 0.27, 0.22, 0.01])
    came = rng.integers(0, len(FIELDS[0][2]), size)
    tag = rng.integers(0, len(TAGS) * 2, (size, 2))
    days = (np.datetime64("1980-01-01") + born).astype(str).tolist()
    for number, row in enumerate(people.text):
        place = PLACES[people.place[number]]
        custom = {"acquired_by": FIELDS[0][2][came[number]], "plan": FIELDS[1][2][people.plan[number]]}
        labels = sorted({TAGS[one] for one in tag[number] if one < len(TAGS)})
        if spending[number] and age[number] >= 0:
            labels.insert(0, "vip")
        yield "\t".join([
            _party(row, place, bool(people.chinese[number]), str(first + number), "", owners[number], teams[number], made[number]),
            "company" if people.company[number] else "person", _lifecycle(age[number], came[number]), place.zone,
            text(labels), text(custom), days[number] if asked[number] else NULL,
            "" if people.company[number] else gender[number],
        ])  # fmt: skip


def _party(
    row: Fields, place: names.Place, chinese: bool, pk: str, title: str, owner: str, team: int, made: str
) -> str:
    return "\t".join([
        pk, row.name, row.first_name, row.last_name, row.company, title, row.email, row.phone, row.address,
        place.city_zh if chinese else place.city, place.region, row.postcode, place.country,
        "zh-hans" if chinese else place.language, owner, str(team), made,
    ])  # fmt: skip


def _lifecycle(age: float, came: int) -> str:
    if age < 0:
        return "prospect" if came % 2 else "lead"
    return "active" if age < 100 else "at_risk" if age < 260 else "lost"


def _outside(
    world: World, rng: np.random.Generator, hands: Stagehands, chunk: int, people: People, first: int
) -> Iterator[str]:
    """The sample's own id for everyone; the old till knew some of the Chinese shops' customers."""
    base = sum(world.chunks[:chunk])
    till = rng.random(len(people)) < 0.2
    for number in range(len(people)):
        yield f"{hands.source.pk}\tC{base + number + 1:06d}\t{first + number}"
        if till[number] and PLACES[people.place[number]].country == "China":
            yield f"{hands.till.pk}\tT{base + number + 700_001}\t{first + number}"


POINT = ["customer_id", "contact_id", "kind", "label", "value", "normalised", "primary", "valid"]


def _points(rows: list[Fields], first: int, holder: str) -> Iterator[str]:
    """E-mail and phone of each, normalised: lower case, E.164; a bad address is known to be bad."""
    for number, row in enumerate(rows):
        who = f"{first + number}\t{NULL}" if holder == "customer_id" else f"{NULL}\t{first + number}"
        if row.email:
            good = (
                row.email.count("@") == 1
                and not row.email.startswith("@")
                and "." in row.email.partition("@")[2]
                and " " not in row.email
            )
            normalised = row.email.lower() if good else ""
            yield f"{who}\temail\twork\t{row.email}\t{normalised}\tt\t{'t' if good else 'f'}"
        if row.phone:
            number_only = row.phone.replace(" ", "").replace("0086", "+86", 1)
            yield f"{who}\tphone\tmobile\t{row.phone}\t{number_only}\tt\tt"


def _contacts(
    world: World, writer: Writer, hands: Stagehands, chunk: int, people: People, first: int, owners: list[str],
    teams: list[int],
) -> None:  # fmt: skip
    """One to three people at each company; the first is the one to call."""
    rng = world.rng("contacts", chunk)
    firms = np.flatnonzero(people.company & (people.twin < 0))
    firm = np.repeat(firms, rng.integers(1, 4, len(firms)))
    start = writer.reserve(Contact, len(firm))
    made = times(world.start + (people.start[firm] * DAY).astype(np.int64))
    fields, rows, roles = [], [], []
    base, seen = sum(world.chunks[:chunk]), -1
    for number, company in enumerate(firm.tolist()):
        place, chinese = PLACES[people.place[company]], bool(people.chinese[company])
        row = _employee(rng, people.text[company], place, chinese)
        fields.append(row)
        titles = names.TITLES_ZH if chinese else names.TITLES
        title = titles[rng.integers(len(titles))]
        rows.append(
            _party(row, place, chinese, str(start + number), title, owners[company], teams[company], made[number])
            + f"\t{hands.source.pk}\tP{base + company + 1:06d}-{number}"
        )
        roles.append(line(start + number, first + company, title, company != seen, made[number][:10]))
        seen = company
    writer.copy(Contact, [*PARTY, "source_id", "external_id"], rows)
    writer.copy(ContactRole, ["contact_id", "customer_id", "role", "primary", "since"], roles)
    writer.copy(ContactPoint, POINT, _points(fields, start, "contact_id"))


def _employee(rng: np.random.Generator, firm: Fields, place: names.Place, chinese: bool) -> Fields:
    domain = firm.email.partition("@")[2] or "firm.example"
    if "." not in domain or firm.email.count("@") != 1:
        domain = "firm.example"
    if place.country == "China":
        surname, latin = names.SURNAMES_ZH[rng.integers(len(names.SURNAMES_ZH))]
        given, given_latin = names.GIVEN_ZH[rng.integers(len(names.GIVEN_ZH))]
        name = surname + given if chinese else f"{latin} {given_latin}"
        first, last = (given, surname) if chinese else (given_latin, latin)
        handle = ascii_handle(f"{given_latin}.{latin}")
    else:
        first = names.GIVEN[place.language][rng.integers(len(names.GIVEN[place.language]))]
        last = names.SURNAMES[place.language][rng.integers(len(names.SURNAMES[place.language]))]
        name, handle = f"{first} {last}", ascii_handle(f"{first}.{last}")
    return Fields(name, first, last, firm.company, f"{handle}@{domain.lower()}")
