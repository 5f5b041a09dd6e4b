"""How ``manage.py`` runs a command: with servers when it needs them, and as the right role."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

from crm.supervisor.places import CannotStart

WITHOUT_SERVERS = frozenset(
    [
        "help",
        "version",
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "makemessages",
        "makemigrations",
        "spectacular",
        "startapp",
        "--help",
        "-h",
        "--version",
    ]
)
AS_OWNER = frozenset(
    ["migrate", "flush", "sqlflush", "createcachetable", "backup", "restore", "prepare", "dbshell", "demo"]
)
MIGRATES_ITSELF = frozenset(
    ["migrate", "showmigrations", "sqlmigrate", "prepare", "restore", "flush", "test", "dbshell"]
)


def run(argv: list[str]) -> int:
    """The exit code of the command."""
    name = argv[1] if len(argv) > 1 else "help"
    try:
        if name == "up" and not {"-h", "--help"} & set(argv[2:]):
            return _up(argv[2:])
        if name in AS_OWNER:
            os.environ["CRM_DATABASE_ROLE"] = "owner"
        if name in WITHOUT_SERVERS or {"-h", "--help"} & set(argv[2:]):
            return _execute(argv)
        return _with_servers(argv, name)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(arguments: list[str]) -> int:
    # The supervisor stays small: Django is only in its children.
    from crm.supervisor.up import main

    return main(arguments)


def _execute(argv: list[str]) -> int:
    from django.core.management import execute_from_command_line

    name = argv[1] if len(argv) > 1 else "help"
    if name in WITHOUT_SERVERS | MIGRATES_ITSELF:
        execute_from_command_line(argv)
        return 0
    import django

    django.setup()
    import pghistory

    with pghistory.context(via="command", command=name):  # the history says by which command a row changed
        execute_from_command_line(argv)
    return 0


def _with_servers(argv: list[str], name: str) -> int:
    from crm import backends

    servers = backends.embedded()
    if not servers.servers():
        return _execute(argv)
    signal.signal(signal.SIGTERM, _leave)
    started = servers.start()
    try:
        if started and name not in MIGRATES_ITSELF:
            with servers.starting():
                _migrate(argv[0])
        return _execute(argv)
    finally:
        servers.release()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _migrate(program: str) -> None:
    """Bring the tables up to date before a command that runs alone, in a process of their owner."""
    import django
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if not pending:
        return
    # Not through manage.py: it would wait for the servers that this process is just starting.
    environ = os.environ | {"CRM_DATABASE_ROLE": "owner", "PYTHONPATH": os.path.dirname(os.path.abspath(program))}
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, env=environ, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise CannotStart("The tables could not be brought up to date; the reason stands above.")
