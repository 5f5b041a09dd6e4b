"""Settings of one installation: read once from the environment, checked together, never changed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

BASE_DIR = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh-hans")
SECRETS = ("CRM_SECRET_KEY", "CRM_FIELD_KEYS", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CRM_EMAIL_URL")
FIELD_KEY = re.compile(r"\s*[a-z0-9-]{1,20}:[A-Za-z0-9_-]{43}=?\s*")


class BadSettings(Exception):
    """All problems of the environment, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Settings need attention:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Conf:
    """Typed settings; an empty text means "not set"."""

    data_dir: Path
    database_url: str
    database_owner_url: str
    redis_url: str
    secret_key: str
    field_keys: str  # "id:key,id:key": of sensitive fields, the first one seals
    allowed_hosts: tuple[str, ...]
    site_url: str
    email_url: str
    language: str
    time_zone: str
    currency: str
    port: int
    file_mb: int  # the largest file that people may hang on a record
    debug: bool
    owner_role: bool  # this process migrates: it connects as the owner of the tables

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "log"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def secure(self) -> bool:
        """Whether people reach the site by https."""
        return self.site_url.startswith("https://")


class _Reader:
    """Reads typed values and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        value = self.environ.get(name, "").strip()
        file = self.environ.get(f"{name}_FILE", "").strip() if name in SECRETS else ""
        if value and file:
            self.problems.append(f"{name} and {name}_FILE are both set; keep one.")
        if file and not value:
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.problems.append(f"{name}_FILE cannot be read: {error}.")
        return value or default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if raw.isascii() and raw.isdigit() and low <= int(raw) <= high:
            return int(raw)
        self.problems.append(f"{name} must be a whole number from {low} to {high}, not “{raw}”.")
        return default

    def flag(self, name: str) -> bool:
        raw = self.text(name).lower()
        if raw not in ("", "0", "1", "false", "true", "no", "yes"):
            self.problems.append(f"{name} must be 1 or 0, not “{raw}”.")
        return raw in ("1", "true", "yes")

    def url(self, name: str, schemes: tuple[str, ...], default: str = "") -> str:
        raw = self.text(name, default)
        try:
            fits = not raw or urlsplit(raw).scheme in schemes
        except ValueError:
            fits = False
        if not fits:
            wanted = ", ".join(f"{scheme}://" for scheme in schemes)
            self.problems.append(f"{name} must start with {wanted}.")
        return raw

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        raw = self.text(name, default)
        if raw not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}, not “{raw}”.")
        return raw

    def zone(self, name: str, default: str) -> str:
        raw = self.text(name, default)
        try:
            ZoneInfo(raw)
        except (KeyError, ValueError, OSError):
            self.problems.append(f"{name} is not a time zone that this machine knows: “{raw}”.")
            return default
        return raw


def load(environ: Mapping[str, str]) -> Conf:
    """Read every setting; raises BadSettings with all problems at once."""
    read = _Reader(environ)
    port = read.number("PORT", 8000, 1, 65535)
    site_url = read.url("CRM_SITE_URL", ("http", "https"), f"http://127.0.0.1:{port}").rstrip("/")
    conf = Conf(
        data_dir=Path(os.path.abspath(Path(read.text("CRM_DATA_DIR") or BASE_DIR / "var").expanduser())),
        database_url=read.url("DATABASE_URL", ("postgres", "postgresql")),
        database_owner_url=read.url("DATABASE_OWNER_URL", ("postgres", "postgresql")),
        redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix", "redis+socket")),
        secret_key=read.text("CRM_SECRET_KEY"),
        field_keys=read.text("CRM_FIELD_KEYS"),
        allowed_hosts=_hosts(read.text("CRM_ALLOWED_HOSTS"), site_url),
        site_url=site_url,
        email_url=read.url("CRM_EMAIL_URL", ("smtp", "smtps", "smtp+tls", "console", "file")),
        language=read.choice("CRM_LANGUAGE", LANGUAGES, "en"),
        time_zone=read.zone("CRM_TIME_ZONE", "UTC"),
        currency=read.text("CRM_CURRENCY").upper(),
        port=port,
        file_mb=read.number("CRM_FILE_MB", 25, 1, 2048),
        debug=read.flag("CRM_DEBUG"),
        owner_role=read.choice("CRM_DATABASE_ROLE", ("app", "owner"), "app") == "owner",
    )
    problems = read.problems + _together(conf)
    if problems:
        raise BadSettings(problems)
    return conf


def _hosts(raw: str, site_url: str) -> tuple[str, ...]:
    given = tuple(host.strip() for host in raw.split(",") if host.strip())
    if given:
        return given
    host = urlsplit(site_url).hostname if "//" in site_url else None
    return tuple(dict.fromkeys([*([host] if host else []), "localhost", "127.0.0.1", "[::1]"]))


def _together(conf: Conf) -> list[str]:
    """Rules that one value alone cannot show."""
    problems = []
    if conf.database_owner_url and not conf.database_url:
        problems.append("DATABASE_OWNER_URL needs DATABASE_URL beside it.")
    if conf.currency and not re.fullmatch(r"[A-Z]{3}", conf.currency):
        problems.append(f"CRM_CURRENCY must be a three-letter code such as EUR, not “{conf.currency}”.")
    if conf.secret_key and len(conf.secret_key) < 32:
        problems.append("CRM_SECRET_KEY is too short: use at least 32 characters.")
    if conf.field_keys and not all(map(FIELD_KEY.fullmatch, conf.field_keys.split(","))):
        problems.append(
            "CRM_FIELD_KEYS is a list of id:key, separated by commas; each key is 32 bytes in URL-safe base64."
        )
    if "\0" in str(conf.data_dir):
        problems.append("CRM_DATA_DIR is not a path.")
    return problems


def email_settings(url: str) -> dict[str, object]:
    """The Django names behind CRM_EMAIL_URL; mail is printed to the log when it is empty.

    ``?from=`` names who the mail is from.
    """
    parts = urlsplit(url or "console://")
    sender = parse_qs(parts.query).get("from", [""])[0]
    known: dict[str, object] = {"DEFAULT_FROM_EMAIL": sender} if sender else {}
    if parts.scheme == "console":
        return known | {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return known | {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path,
        }
    return known | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp+tls": 587}.get(parts.scheme, 25),
        "EMAIL_HOST_USER": parts.username or "",
        "EMAIL_HOST_PASSWORD": parts.password or "",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 10,
    }


def _load_or_exit() -> Conf:
    try:
        return load(os.environ)
    except BadSettings as problem:
        sys.exit(str(problem))


CONF = _load_or_exit()
