"""Sensitive values at rest: AES-256-GCM with a key id, associated data, and a blind index for exact look-up.

The first key of the ring seals; every key of it opens. Keys come from ``CRM_FIELD_KEYS``, else from the file
that an embedded installation made at its first start; the key derived from the installation's secret is always
the last one, so that values which it sealed stay readable after real keys were set.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

NONCE = 12
SEALED = frozenset({"sealed", "key", "index"})


class Unreadable(Exception):
    """No key of this installation opens a value; the value itself stays as it is."""


@dataclass(frozen=True)
class Key:
    """One key of the ring, with a second one for the blind index derived from it."""

    id: str
    secret: bytes

    @property
    def index_secret(self) -> bytes:
        """What the blind index is keyed with."""
        return hmac.digest(self.secret, b"vantage blind index", "sha256")


def ring() -> tuple[Key, ...]:
    """Every key, the one that seals first."""
    file = settings.FIELD_KEY_FILE
    stamp = os.stat(file).st_mtime_ns if file else 0
    return _ring(settings.FIELD_KEYS, file, stamp, settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _ring(named: str, file: str, _stamp: int, secret: str) -> tuple[Key, ...]:
    text = named or (Path(file).read_text(encoding="ascii") if file else "")
    found = []
    for part in text.replace("\n", ",").split(","):
        name, _sep, key = part.strip().partition(":")
        if key:
            found.append(Key(name, base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))))
    derived = hmac.digest(secret.encode(), b"vantage sensitive fields", "sha256")
    return (*found, Key(f"s-{hashlib.sha256(derived).hexdigest()[:8]}", derived))


def seal(text: str, *, about: str) -> dict[str, str]:
    """A text as it is stored; ``about`` (object and field) is bound to it, so it opens nowhere else."""
    key = ring()[0]
    nonce = secrets.token_bytes(NONCE)
    body = AESGCM(key.secret).encrypt(nonce, text.encode(), about.encode())
    return {
        "sealed": base64.b64encode(nonce + body).decode(), "key": key.id, "index": _index(text, about=about, key=key),
    }  # fmt: skip


def unseal(stored: Any, *, about: str) -> str:
    """The text; raises Unreadable where no key fits or the value was moved or changed."""
    if not is_sealed(stored):
        raise Unreadable(_("This value is not sealed."))
    raw = base64.b64decode(stored["sealed"])
    for key in ring():
        if key.id == stored["key"]:
            try:
                return AESGCM(key.secret).decrypt(raw[:NONCE], raw[NONCE:], about.encode()).decode()
            except InvalidTag:
                break
    raise Unreadable(_("No key of this installation opens this value (key “%(key)s”).") % {"key": stored["key"]})


def is_sealed(stored: Any) -> bool:
    """Whether a stored value has the shape of a sealed one."""
    return isinstance(stored, dict) and stored.keys() == SEALED


def indexes(text: str, *, about: str) -> list[str]:
    """The blind index of a text under every key: what an exact look-up compares with."""
    return [_index(text, about=about, key=key) for key in ring()]


def _index(text: str, *, about: str, key: Key) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hmac.new(key.index_secret, f"{about}\0{folded}".encode(), hashlib.sha256).hexdigest()[:32]


def new_key() -> str:
    """Put a new key before the others of the embedded installation's file; returns its id.

    Raises Unreadable where the keys are named by settings: only their owner can add one there.
    """
    file = settings.FIELD_KEY_FILE
    if not file:
        raise Unreadable(_("The keys are named by CRM_FIELD_KEYS: put the new one first there, then start again."))
    path = Path(file)
    known = path.read_text(encoding="ascii").strip()
    name = f"k{len(known.replace(chr(10), ',').split(',')) + 1}"
    unfinished = path.with_name(f"{path.name}.new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as written:
        written.write(f"{name}:{secrets.token_urlsafe(32)},{known}")
        written.flush()
        os.fsync(written.fileno())
    unfinished.replace(path)
    return name
