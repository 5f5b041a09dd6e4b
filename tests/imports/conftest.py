"""Builders for import tests: a file from text, one import of it, its report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from customers.imports import services
from customers.imports.run import folder
from customers.models import ImportJob

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RETAIL = DATA / "online_retail" / "online_retail.csv.gz"
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "online_retail.json"
Run = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Files of imports go where the test ends them."""
    from customers.imports import run

    monkeypatch.setattr(run, "folder", lambda job: tmp_path / "imports" / str(job.token))
    monkeypatch.setattr(services, "folder", run.folder)


@pytest.fixture
def bring(db, tmp_path) -> Run:
    """``bring("customers", "Name,Email\\nAda,…")`` → report; bytes and paths are files as they are."""

    def run(kind: str, content: str | bytes | Path, **options: Any) -> dict[str, Any]:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / "anything"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        values = {"mapping": None, "source": "shop", "mode": "upsert", "user": None, "now": NOW} | options
        job = services.new_import(kind=kind, file_name=path.name, **values)
        return services.run(job, path, now=values["now"])

    return run


def counted(report: dict[str, Any]) -> tuple[int, ...]:
    """rows, created, updated, unchanged, skipped, rejected; the parts make the whole."""
    parts = tuple(report[name] for name in ("created", "updated", "unchanged", "skipped", "rejected"))
    assert sum(parts) == report["rows"], report
    return (report["rows"], *parts)


def rejected(report: dict[str, Any]) -> str:
    """Text of the rejects file."""
    return Path(report["rejects_file"]).read_text(encoding="utf-8")


def example_mapping() -> dict[str, Any]:
    """The mapping that ships with the product."""
    found: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    return found


__all__ = ["ImportJob", "folder"]
