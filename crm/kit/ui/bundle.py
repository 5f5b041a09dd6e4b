"""Joins the parts of ``static/css`` and ``static/js`` into one file each when static files are collected.

The finder shows ``css/app.css`` and ``js/app.js`` beside the ordinary files, so the same code serves
collectstatic (then hashed and compressed by the manifest storage), the development server and tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import AppDirectoriesFinder, BaseFinder, FileSystemFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

CSS = [
    "css/tokens.css", "css/base.css", "css/layout.css", "css/components.css", "css/forms.css",
    "css/tables.css", "css/charts.css", "css/pages.css", "css/print.css",
]  # fmt: skip
JS = [
    "django_htmx/htmx-2.min.js", "vendor/idiomorph/idiomorph-ext.min.js",
    "js/core.js", "js/requests.js", "js/toasts.js", "js/menus.js", "js/shortcuts.js", "js/rows.js", "js/cells.js",
    "js/palette.js", "js/appearance.js", "js/forms.js", "js/combobox.js", "js/inline.js", "js/live.js", "js/chart.js",
    "js/imports.js", "js/files.js", "js/composer.js",
]  # fmt: skip
BUNDLES: dict[str, list[str]] = {"css/app.css": CSS, "js/app.js": JS}


def join_css(texts: Iterable[str]) -> str:
    """Comments and spare blanks go; nothing else changes."""
    joined = re.sub(r"/\*.*?\*/", "", "\n".join(texts), flags=re.S)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", joined)).strip() + "\n"


def join_js(texts: Iterable[str]) -> str:
    """Each part ends with its own semicolon; source maps of vendored files are not shipped."""
    return "\n;\n".join(re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M) for text in texts) + "\n"


JOINERS: dict[str, Callable[[Iterable[str]], str]] = {".css": join_css, ".js": join_js}


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed names; plain names while nothing has been collected (tests, first page in debug)."""

    def stored_name(self, name: str) -> str:
        """Strict once there is a manifest: a missing file is then an error."""
        return str(super().stored_name(name)) if self.hashed_files else name


class FolderFinder(FileSystemFinder):
    """``static/`` without the parts that travel inside the joined files."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Files to collect."""
        return super().list([*(ignore_patterns or ()), "css/*.css", "js/*.js", "*.min.js", "*.md", "LICENSE"])


class AppFinder(AppDirectoriesFinder):
    """Files of installed packages, without those of pages that this product does not have."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Files to collect."""
        return super().list([*(ignore_patterns or ()), "rest_framework*", "account*", "django_htmx*"])


class BundleFinder(BaseFinder):
    """Offers the joined files; writes them anew when a part is newer."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = FileSystemStorage(location=Path(settings.STATIC_ROOT).parent / "static-joined")

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing to configure."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Path of the joined file."""
        if path not in BUNDLES:
            return []
        built = self._build(path)
        return [built] if find_all else built

    def list(self, ignore_patterns: Any) -> Iterable[Any]:
        """Every joined file with its storage."""
        for name in BUNDLES:
            self._build(name)
            yield name, self.storage

    def _build(self, name: str) -> str:
        parts = [_part(part) for part in BUNDLES[name]]
        target = Path(self.storage.location) / name
        newest = max(part.stat().st_mtime for part in [*parts, Path(__file__)])
        if not target.exists() or target.stat().st_mtime < newest:
            target.parent.mkdir(parents=True, exist_ok=True)
            joined = JOINERS[target.suffix](part.read_text(encoding="utf-8") for part in parts)
            fresh = target.with_suffix(f"{target.suffix}.new")
            fresh.write_text(joined, encoding="utf-8")
            fresh.replace(target)
        return str(target)


def _part(name: str) -> Path:
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(f"The part {name} of the joined files is missing.")
    return Path(str(found))
