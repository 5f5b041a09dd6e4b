"""A big file in two lanes: the same rows and the same report as in one, also after it was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from customers.imports import kinds, lanes
from customers.imports.undo import undo_import
from customers.models import Customer, ExternalId, ImportJob
from tests.imports.conftest import NOW, counted, rejected
from tests.imports.test_resume import Killed, attempt, die_after, waiting

FILE = "Customer ID,Name,City,Birth date\n" + "".join(
    f"{n % 50},Name {n},{'Rome' if n % 3 else 'Oslo'},{'never' if n % 40 == 39 else ''}\n" for n in range(120)
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kinds.get("customers"), "chunk", 10)
    made = tmp_path / "people.csv"
    made.write_text(FILE)
    return made


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is big."""
    monkeypatch.setattr(lanes, "BIG", 1)


def people(source: str) -> list[tuple[Any, ...]]:
    rows = ExternalId.objects.filter(source__name=source).order_by("external_id")
    return list(rows.values_list("external_id", "customer__name", "customer__city"))


def lanes_of(made: ImportJob) -> dict[str, Any]:
    return ImportJob.objects.get(pk=made.pk).lanes


def test_two_lanes_write_what_one_writes(transactional_db: None, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, apart = waiting("alone"), waiting("apart")
    expected = attempt(alone, path)
    monkeypatch.setattr(lanes, "BIG", 1)
    report = attempt(apart, path)
    assert not lanes_of(alone)
    assert set(lanes_of(apart)) == {"0", "1"}
    assert people("apart") == people("alone")
    assert counted(report) == counted(expected)
    assert sorted(rejected(report)) == sorted(rejected(expected))
    undone = undo_import(import_id=apart.pk, user=None, now=NOW)
    assert undone["deleted_count"] == expected["created"]
    assert not people("apart")


@pytest.mark.parametrize("spans", [1, 3])
def test_killed_lanes_go_on_from_where_each_of_them_was(
    transactional_db: None, path: Path, wide: None, monkeypatch: pytest.MonkeyPatch, spans: int
) -> None:
    whole = attempt(waiting("whole"), path)
    killed = waiting("killed")
    with monkeypatch.context() as patch:
        die_after(patch, spans)
        with pytest.raises(Killed):
            attempt(killed, path)
    held = Customer.objects.filter(external_ids__source__name="killed").count()
    assert 0 < held < whole["created"]
    monkeypatch.setattr(lanes, "BIG", 10**9)  # nothing that came in between makes one lane of two
    report = attempt(killed, path)
    assert counted(report) == counted(whole)
    assert sorted(rejected(report)) == sorted(rejected(whole))
    assert report["treatments"] == whole["treatments"]
    assert people("killed") == people("whole")


def test_a_lane_that_fails_ends_the_other_and_says_why(
    transactional_db: None, path: Path, wide: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = waiting("shop")
    real = kinds.get("customers").apply

    def apply(context: Any, low: int, high: int) -> None:
        if context.share.number == 1:
            raise ValueError("the disk is full")
        real(context, low, high)

    monkeypatch.setattr(kinds.get("customers"), "apply", apply)
    with pytest.raises(ValueError, match="the disk is full"):
        attempt(made, path)
    assert set(lanes_of(made)) <= {"0"}


def test_a_file_whose_ids_are_changed_on_the_way_goes_in_one_lane(
    transactional_db: None, path: Path, wide: None
) -> None:
    mapping = {"columns": {"Customer ID": "external_id", "Name": "name"}, "transforms": {"Customer ID": ["lower"]}}
    made = waiting("shop", mapping=mapping)
    attempt(made, path)
    assert not lanes_of(made)
