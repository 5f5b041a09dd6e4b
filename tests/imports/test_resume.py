"""An import that was killed goes on where it stopped, and its report is that of an import in one go."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm.kit import jobs
from crm.kit.models import Job
from crm.kit.progress import LeaseLost
from customers.imports import kinds, run, services
from customers.imports import tidy as tidying
from customers.models import Customer, ImportJob
from tests.imports.conftest import NOW, counted, rejected

FILE = """Customer ID,Name,City,Birth date
1,Ada,Rome,1990-01-31
2,Ben,Rome,never
,,Oslo,1990-02-01
4,Cleo,Bern,
5,Dan,Bern,
,,Paris,1990-03-01
1,Ada Lovelace,Rome,
8,Eve,Kyiv,
,,Lima,1990-04-01
10,Fay,Lima,
"""


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


@pytest.fixture
def small_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds.get("customers"), "chunk", 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "people.csv"
    made.write_text(FILE)
    return made


def waiting(source: str, **options: Any) -> ImportJob:
    """An import as a worker finds it."""
    values = {"mapping": None, "mode": "upsert", "user": None, "now": NOW} | options
    made = services.new_import(kind="customers", file_name="people.csv", source=source, **values)
    made.job = jobs.enqueue("import", {"import": made.pk})
    made.save()
    return made


def attempt(made: ImportJob, path: Path, **how: Any) -> dict[str, Any]:
    return services.run(ImportJob.objects.get(pk=made.pk), path, now=NOW, **how)


def die_after(monkeypatch: pytest.MonkeyPatch, spans: int) -> None:
    """The process is gone when it begins the span after so many."""
    kind, seen, real = kinds.get("customers"), [], kinds.get("customers").apply

    def apply(*args: Any) -> None:
        if len(seen) == spans:
            raise Killed
        seen.append(args)
        real(*args)

    monkeypatch.setattr(kind, "apply", apply)


@pytest.mark.parametrize("spans", [1, 2, 3])
def test_a_killed_import_goes_on_and_reports_as_if_nothing_had_happened(
    db: None, small_spans: None, path: Path, monkeypatch: pytest.MonkeyPatch, spans: int
) -> None:
    whole = attempt(waiting("in one go"), path)
    killed = waiting("killed")
    with monkeypatch.context() as patch:
        die_after(patch, spans)
        with pytest.raises(Killed):
            attempt(killed, path)
    assert 0 < ImportJob.objects.get(pk=killed.pk).reached < 10
    report = attempt(killed, path)
    assert counted(report) == counted(whole) == (10, 5, 0, 0, 1, 4)
    assert rejected(report) == rejected(whole)
    assert report["treatments"] == whole["treatments"]
    assert Customer.objects.filter(external_ids__source__name="killed").count() == 5


def test_the_progress_of_an_import_that_goes_on_begins_where_it_stopped(
    db: None, small_spans: None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, told = waiting("killed"), []
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            attempt(killed, path)
    attempt(killed, path, progress=lambda **values: told.append(values.get("done")))
    places = [done for done in told if done is not None]
    assert places[0] > 0
    assert places == sorted(places)
    assert places[-1] == 10


def test_an_import_killed_after_its_last_span_still_reports_everything(
    db: None, small_spans: None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = attempt(waiting("in one go"), path)
    killed = waiting("killed")

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(run, "_report", die)
        with pytest.raises(Killed):
            attempt(killed, path)
    report = attempt(killed, path)
    assert counted(report) == counted(whole)
    assert rejected(report) == rejected(whole)


def test_a_strict_import_killed_after_it_wrote_counts_once(
    db: None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("Customer ID,Name\n1,Ada\n2,Ben\n")
    killed = waiting("killed", strict=True)

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(run, "_report", die)
        with pytest.raises(Killed):
            attempt(killed, path)
    assert counted(attempt(killed, path)) == (2, 2, 0, 0, 0, 0)


def test_a_worker_that_lost_its_job_writes_no_span(db: None, small_spans: None, path: Path) -> None:
    made = waiting("shop")

    class Lost:
        def __call__(self, **_values: Any) -> None:
            pass

        def fence(self) -> None:
            raise LeaseLost

    with pytest.raises(LeaseLost):
        attempt(made, path, progress=Lost())
    assert not Customer.objects.exists()
    assert ImportJob.objects.get(pk=made.pk).reached == 0


def test_a_job_killed_between_its_end_and_its_tidying_leaves_no_file(db: None, path: Path) -> None:
    made = waiting("shop")
    attempt(made, path)
    left = services.folder(made) / "file"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text(FILE)
    report = services.run_accepted(import_id=made.pk, now=NOW, progress=run.silent)
    assert report["rows"] == 10
    assert not left.exists()
    assert run.rejects_path(made).exists()


class TestTidy:
    """What is left when processes die, and what must stay."""

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = tmp_path / "imports"
        monkeypatch.setattr(tidying, "CONF", type("Conf", (), {"data_dir": tmp_path}))
        self.now = datetime.now(UTC)

    def folder(self, name: str, *, days: float) -> Path:
        made = self.root / name
        made.mkdir(parents=True)
        (made / "file").write_text("x")
        then = time.time() - days * 86_400
        os.utime(made, (then, then))
        return made

    def test_folders_of_no_import_go_after_a_day(self, db: None) -> None:
        old = self.folder("0b1f9a52-6f7e-4a53-9a65-3b7f3f1a0001", days=2)
        arriving = self.folder("0b1f9a52-6f7e-4a53-9a65-3b7f3f1a0002", days=0.1)
        strange = self.folder("some-thing-of-some-body", days=9)
        known = self.folder(str(waiting("shop").token), days=9)
        assert tidying.tidy(now=self.now)["folders"] == 1
        assert not old.exists()
        assert arriving.exists()
        assert strange.exists()
        assert (known / "file").exists()

    def test_an_import_whose_job_is_over_or_whose_command_was_killed_is_failed(self, db: None) -> None:
        given_up, going_on, alone = waiting("a"), waiting("b"), waiting("c")
        Job.objects.filter(pk=given_up.job_id).update(state=Job.State.DEAD)
        old = self.now - timedelta(days=2)
        ImportJob.objects.filter(pk=alone.pk).update(job=None, state="running", created_at=old)
        tidying.tidy(now=self.now)
        states = {one.source_name: (one.state, bool(one.error)) for one in ImportJob.objects.all()}
        assert states == {"a": ("failed", True), "b": ("waiting", False), "c": ("failed", True)}
        assert going_on.pk

    def test_files_of_finished_imports_go_and_rejects_stay(self, db: None) -> None:
        made = waiting("shop")
        folder = self.folder(str(made.token), days=0)
        (folder / "rejects.csv").write_text("x")
        ImportJob.objects.filter(pk=made.pk).update(state="done")
        tidying.tidy(now=self.now)
        assert [one.name for one in folder.iterdir()] == ["rejects.csv"]
