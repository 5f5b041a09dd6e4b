"""Embedded or production: the one place that knows which servers this installation uses."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from crm.conf import CONF, Conf
from crm.supervisor.embedded import Embedded
from crm.supervisor.places import make_data_dir
from crm.supervisor.postgres import APP, DATABASE, OWNER

CONNECTION: dict[str, Any] = {
    "CONN_MAX_AGE": 600,  # seconds
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "application_name": "vantage",
    "options": " ".join(
        [
            "-c statement_timeout=300000",
            "-c idle_in_transaction_session_timeout=600000",
            "-c lock_timeout=60000",  # milliseconds, all three
        ]
    ),
}


def embedded(conf: Conf = CONF) -> Embedded:
    """The servers to be run here: those that no URL names."""
    return Embedded(conf.data_dir, postgres=not conf.database_url, redis=not conf.redis_url)


def database(conf: Conf = CONF) -> dict[str, Any]:
    """Connection settings in Django's names, as the application's role or as the owner of the tables."""
    match conf.database_url:
        case "":
            found: dict[str, Any] = {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": str(embedded(conf).postgres.socket_dir),
                "NAME": DATABASE,
                "USER": OWNER if conf.owner_role else APP,
            }
        case app_url:
            found = dict(dj_database_url.parse(conf.database_owner_url if _wants_owner(conf) else app_url))
    found |= CONNECTION
    found["OPTIONS"] = OPTIONS | dict(found.get("OPTIONS") or {})
    return found


def _wants_owner(conf: Conf) -> bool:
    return conf.owner_role and bool(conf.database_owner_url)


def databases(conf: Conf = CONF) -> dict[str, dict[str, Any]]:
    """Django's DATABASES."""
    if not conf.database_url:
        make_data_dir(conf.data_dir)
    return {"default": database(conf)}


def owner_database(conf: Conf = CONF) -> dict[str, Any]:
    """Connection settings as the owner of the tables, for the few jobs that change their indexes."""
    return database(replace(conf, owner_role=True))


def app_role(conf: Conf = CONF) -> str | None:
    """The role that migrations grant the daily rights to; None when one role does everything."""
    if not conf.database_url:
        return APP
    if not conf.database_owner_url:
        return None
    app, owner = (urlsplit(url).username for url in (conf.database_url, conf.database_owner_url))
    return app if app != owner else None


def redis_url(conf: Conf = CONF) -> str:
    """The address for redis-py."""
    if not conf.redis_url:
        return embedded(conf).redis.url()
    return conf.redis_url.replace("redis+socket://", "unix://", 1)


def broker_url(conf: Conf = CONF) -> str:
    """The address for Celery, which names unix sockets otherwise."""
    url = redis_url(conf)
    if not url.startswith("unix://"):
        return url
    path, _, query = url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}" + (f"?virtual_host={query.removeprefix('db=')}" if query else "")


def secret_key(conf: Conf = CONF) -> str:
    """The configured key, else one that is made once and kept in the data folder."""
    if conf.secret_key:
        return conf.secret_key
    make_data_dir(conf.data_dir)
    path = conf.data_dir / "secret-key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii").strip()


def field_key_file(conf: Conf = CONF) -> str:
    """The file of the keys of sensitive fields, made once; empty where settings name the keys or a secret."""
    if conf.field_keys or conf.secret_key:
        return ""
    make_data_dir(conf.data_dir)
    path = conf.data_dir / "field-keys"
    if not path.exists():
        _write_once(path, f"k1:{secrets.token_urlsafe(32)}")
    return str(path)


def _write_once(path: Path, text: str) -> None:
    """Complete or absent: two first starts at once agree on one file."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass  # the other start was first; its key counts
    finally:
        unfinished.unlink()


def logging_config(conf: Conf = CONF) -> dict[str, Any]:
    """One line per event on standard error; standard output stays free for results."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "crm.kit.logs.Discreet",
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
                "datefmt": "%H:%M:%S",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "INFO" if conf.debug else "WARNING"},
        "loggers": {
            "crm": {"level": "INFO"},
            "django": {"handlers": [], "level": "INFO" if conf.debug else "WARNING", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
