"""The quick look before the verdict: in a big workspace it drops pairs without a chance, and keeps slips of the hand."""

from __future__ import annotations

import random
from array import array

import numpy as np
import pytest

from customers.duplicates import keys, likely, records
from customers.duplicates.normal import Profile, profile
from customers.duplicates.weights import Model, judge, review

GIVEN = ["Anna", "Bernard", "Clara", "Dorothea", "Emma", "Felix", "Gregor", "Hannah"]
FAMILY = ["Andersson", "Brinkmann", "Castellano", "Dubois", "Eriksen", "Fernandes"]


def person(pk: int, **values: str) -> Profile:
    return profile(
        {**dict.fromkeys(records.COLUMNS), "kind": "person", "emails": None, "phones": None, "pk": pk, **values}
    )


def crowd(size: int) -> list[dict[str, str]]:
    """People of few names, each with a reach of their own."""
    draw = random.Random(11)
    return [
        {
            "first_name": (given := draw.choice(GIVEN)),
            "last_name": (family := draw.choice(FAMILY)),
            "name": f"{given} {family}",
            "email": f"{given}{draw.randrange(10**6)}@{draw.choice('abcdefgh')}{draw.randrange(500)}.example".lower(),
            "phone": f"+4930{draw.randrange(10**7, 10**8)}",
        }
        for _ in range(size)
    ]


def looked_at(people: list[Profile]) -> likely.Likely:
    table = array("I")
    for one in people:
        table.extend(keys.row(one))
    return likely.Likely(np.frombuffer(table, dtype=np.uint32).reshape(-1, len(keys.KINDS)).copy())


def slipped(text: str) -> str:
    """The text with two neighbouring letters swapped."""
    return text[:3] + text[4] + text[3] + text[5:]


@pytest.mark.parametrize("field", ["email", "phone", "name", "last_name"])
def test_a_slip_in_one_field_leaves_the_pair_likely(field):
    rows = crowd(1_000)
    people = [person(pk, **row) for pk, row in enumerate(rows)]
    people += [person(pk + 1_000, **{**row, field: slipped(row[field])}) for pk, row in enumerate(rows[:200])]
    model = Model(len(people), {})
    one, two = np.arange(200), np.arange(1_000, 1_200)
    taken = np.array([judge(people[a], people[b], model) is not None for a, b in zip(one, two, strict=True)])
    assert taken.sum() > 150
    kept = looked_at(people)(one, two)
    assert kept[taken].mean() > 0.98


def test_namesakes_without_anything_else_in_common_are_not_judged():
    people = [person(pk, **row) for pk, row in enumerate(crowd(2_000))]
    alike = [(a, b) for a in range(300) for b in range(a + 1, 300) if people[a].names == people[b].names]
    one, two = (np.array(side) for side in zip(*alike, strict=True))
    assert len(alike) > 500
    assert looked_at(people)(one, two).mean() < 0.02


def test_the_floor_rises_with_the_workspace():
    assert review(10_000) == review(10) == 11.0
    assert review(1_000_000) == pytest.approx(17.64, abs=0.01)
