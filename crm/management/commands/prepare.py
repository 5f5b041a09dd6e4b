"""``prepare``: what ``up`` does before it opens the doors: tables, static files, sample data once."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from crm import backup
from crm.conf import CONF
from crm.kit.workspace import load_workspace
from customers.quality.run import check_all

DEMO_CUSTOMERS = 5000
LOOK_BACK = [60, 30]  # days before now for which the sample is scored too, so that trends can be seen


class Command(BaseCommand):
    help = "Migrates, collects changed static files, and loads the sample data into an empty workspace."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave an empty workspace empty")

    def handle(self, *_args: Any, **options: Any) -> None:
        backup.finish(now=timezone.now())
        self._migrate()
        self._collect_static()
        if not options["no_demo"] and self._empty() and "demo" in get_commands():
            self.stdout.write(f"Loading sample data: {DEMO_CUSTOMERS:,} customers, three years …")
            call_command("demo", customers=DEMO_CUSTOMERS, stdout=self.stdout, stderr=self.stderr)
            self.stdout.write("Segmenting the customers, training the churn model, looking for anomalies …")
            call_command("insights", "run", look_back=LOOK_BACK, stdout=io.StringIO(), stderr=io.StringIO())
            check_all(now=timezone.now())
        state = {
            "sample": load_workspace().has_sample_data,
            "people": get_user_model()._default_manager.count(),
        }
        (CONF.run_dir / "prepared.json").write_text(json.dumps(state), encoding="utf-8")

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.stdout.write(f"Bringing the tables up to date ({len(plan)} steps) …")
            call_command("migrate", verbosity=0, stdout=self.stdout)

    def _empty(self) -> bool:
        return not get_user_model()._default_manager.exists() and not load_workspace().has_sample_data

    def _collect_static(self) -> None:
        """Only when a source file changed: compressing takes seconds."""
        stamp = CONF.data_dir / "static.stamp"
        digest = _static_digest()
        if stamp.exists() and stamp.read_text(encoding="ascii") == digest and Path(settings.STATIC_ROOT).exists():
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(digest, encoding="ascii")


def _static_digest() -> str:
    seen = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            info = os.stat(storage.path(name))
            seen.update(f"{name}:{info.st_size}:{info.st_mtime_ns}\n".encode())
    return seen.hexdigest()
