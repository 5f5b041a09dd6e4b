"""First migrations applied in one go: the final tables are made, not every step on the way to them.

Django renders all related models again after each AddIndex, AddConstraint, AddField and AddTrigger;
on an empty database that was nine tenths of the time of ``migrate``. A first migration's own tables
have no earlier shape, so its final state can be created directly. Later migrations run as written.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

IN_THE_TABLE = (migrations.AddField, migrations.AddIndex, migrations.AddConstraint)


class CreateTogether(Operation):
    """Several operations of a first migration: their state at once, each new table as it ends up."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.created = {op.name_lower for op in operations if isinstance(op, migrations.CreateModel)}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # rendered once, when the first table is made
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            if not isinstance(operation, IN_THE_TABLE):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {', '.join(sorted(self.created))}"


def together(migration: migrations.Migration) -> migrations.Migration:
    """The migration with its operations joined, when it only builds its own tables; else as it is."""
    joined = CreateTogether(migration.operations)
    if not migration.initial or not all(_about(operation, joined.created) for operation in migration.operations):
        return migration
    quick = copy.copy(migration)
    quick.operations = [joined]  # type: ignore[misc] # Migration gives every instance its own list
    return quick


def _about(operation: Any, created: set[str]) -> bool:
    if isinstance(operation, migrations.CreateModel):
        return True
    return isinstance(operation, (*IN_THE_TABLE, AddTrigger)) and operation.model_name_lower in created


class Executor(MigrationExecutor):
    """Django's executor, quick with first migrations."""

    def apply_migration(
        self, state: ProjectState, migration: migrations.Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        if not fake and not fake_initial:
            migration = together(migration)
        return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
