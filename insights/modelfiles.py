"""Model files: plain numbers as JSON, signed, written beside and renamed; refused when anything does not fit."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.crypto import salted_hmac

from crm.conf import CONF
from insights.refusals import ModelRefused, why

if TYPE_CHECKING:
    from insights.estimators.calibration import Platt
    from insights.estimators.flat import FlatModel

FORMAT = 1
SALT = "insights.modelfiles"
MAX_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class LoadedModel:
    """A model ready to score."""

    flat: FlatModel
    platt: Platt
    horizon: int
    algorithm: str
    features: list[str]


def folder() -> Path:
    """Where model files lie."""
    return CONF.data_dir / "models"


def path_of(name: str, version: int) -> Path:
    """The file of one version."""
    return folder() / f"{name}-v{version}.json"


def content(*, flat: FlatModel, platt: Platt, horizon: int, algorithm: str, features: list[str]) -> str:
    """The text that is signed: the same model gives the same text."""
    body = {
        "format": FORMAT,
        "algorithm": algorithm,
        "horizon": horizon,
        "features": features,
        "platt": [platt.slope, platt.shift],
        "flat": flat.to_json(),
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of a model's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _signature(text: str) -> str:
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()


def write(name: str, version: int, text: str) -> Path:
    """Write the signed file completely, then give it its name."""
    target = path_of(name, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(_signature(text) + "\n" + text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    return target


def read(name: str, version: int, *, expected_digest: str, features: list[str] | None = None) -> LoadedModel:
    """The model of a file whose signature, digest and feature list fit; ModelRefused says what does not."""
    path = path_of(name, version)
    label = f"{name}-v{version}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelRefused(why("model_too_large", model=label))
        signature, _newline, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelRefused(why("model_unreadable", model=label, error=type(error).__name__)) from error
    if not hmac.compare_digest(signature.encode(), _signature(text).encode()):
        raise ModelRefused(why("model_signature", model=label))
    if digest(text) != expected_digest:
        raise ModelRefused(why("model_other", model=label))
    return _loaded(label, text, features)


def _loaded(label: str, text: str, features: list[str] | None) -> LoadedModel:
    from insights.estimators.calibration import Platt  # heavy behind it: not for the web process
    from insights.estimators.flat import from_json

    try:
        body: dict[str, Any] = json.loads(text)
        if body["format"] != FORMAT:
            raise ModelRefused(why("model_format", model=label))
        flat = from_json(body["flat"])
        platt = Platt(float(body["platt"][0]), float(body["platt"][1]))
        loaded = LoadedModel(flat, platt, int(body["horizon"]), str(body["algorithm"]), list(body["features"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelRefused(why("model_broken", model=label, error=type(error).__name__)) from error
    missing = set(flat.columns) - set(features) if features is not None else set()
    if missing:
        raise ModelRefused(why("model_features", model=label, features=", ".join(sorted(missing))))
    return loaded


def forget_old(name: str, *, keep: set[int]) -> None:
    """Remove the files of versions that nobody needs."""
    wanted = {path_of(name, version).name for version in keep}
    for path in folder().glob(f"{name}-v*.json"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)
