"""The published sets of the acceptance, as files under other header words and shuffled."""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from customers.models import DuplicatePair, ExternalId

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
Row = dict[str, str]


def _febrl(row: Row) -> Row:
    street = " ".join(part for part in (row["street_number"], row["address_1"], row["address_2"]) if part)
    return {
        "Vorname": row["given_name"], "Familienname": row["surname"], "Anschrift": street, "Ort": row["suburb"],
        "PLZ": row["postcode"], "Land": row["state"], "Ruf": row["phone_number"],
    }  # fmt: skip


SETS: dict[str, tuple[str, Callable[[Row], Row], Callable[[Row], str]]] = {
    "A": ("febrl/dataset_A_10000.csv", _febrl, lambda row: row["rec_id"][:-1]),
    "C": ("febrl/dataset_C_5000.csv", _febrl, lambda row: row["rec_id"][:-1]),
    "restaurant": (
        "restaurant/restaurant.csv",
        lambda row: {"Name": row["name"], "Anschrift": row["addr"], "Ort": row["city"], "Ruf": row["phone"]},
        lambda row: row["class"].strip(),
    ),
    "splink": (
        "splink_fake1000/fake_1000.csv",
        lambda row: {
            "Vorname": row["first_name"], "Familienname": row["surname"], "Geboren": row["dob"], "Ort": row["city"],
            "Post": row["email"],
        },
        lambda row: row["cluster"],
    ),
}  # fmt: skip
FIELDS = {
    "Nr": "external_id", "Name": "name", "Vorname": "first_name", "Familienname": "last_name", "Anschrift": "address",
    "Ort": "city", "PLZ": "postcode", "Land": "region", "Ruf": "phone", "Geboren": "birth_date", "Post": "email",
}  # fmt: skip
"""No social security number, no age, no blocking number."""

Pairs = set[frozenset[str]]


def prepared(name: str, folder: Path) -> tuple[Path, Path, Pairs]:
    """The set as a shuffled file with words of its own, the mapping for it, and the true pairs of outside ids."""
    path, shape, entity = SETS[name]
    if not (DATA / path).exists():
        pytest.skip(f"shared/data/{path} is not here")
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    lines = [({"Nr": f"n{number}", **shape(row)}, entity(row)) for number, row in enumerate(rows)]
    random.Random(5).shuffle(lines)
    header = list(lines[0][0])
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(line for line, _ in lines)
    mapping = {"columns": {word: FIELDS[word] for word in header}, "options": {"date_order": "ymd"}}
    (folder / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    return folder / "people.csv", folder / "mapping.json", _true_pairs(lines)


def _true_pairs(lines: list[tuple[Row, str]]) -> Pairs:
    alike = defaultdict(list)
    for line, entity in lines:
        alike[entity].append(line["Nr"])
    return {frozenset((a, b)) for ids in alike.values() for place, a in enumerate(ids) for b in ids[place + 1 :]}


def measured(found: Pairs, true: Pairs) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    hit = len(found & true)
    precision, recall = hit / max(1, len(found)), hit / len(true)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def found_by(decision: str = "") -> Pairs:
    """The open pairs as outside ids."""
    outside = dict(ExternalId.objects.values_list("customer", "external_id"))
    pairs = DuplicatePair.objects.open()
    if decision:
        pairs = pairs.filter(decision=decision)
    return {frozenset((outside[a], outside[b])) for a, b in pairs.values_list("a_id", "b_id")}
