"""Plug-ins in one file each: every module of a package, then every entry point of the same name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named plug-in classes of one kind; a name that is taken stops the start."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._found: dict[str, type[T]] = {}
        self._loaded = False

    def register(self, plugin: type[T]) -> type[T]:
        """Class decorator: enter the plug-in under its ``name``."""
        name = plugin.name  # type: ignore[attr-defined]
        if self._found.get(name, plugin) is not plugin:
            raise ValueError(f"{self.package}: two plug-ins are called {name!r}")
        self._found[name] = plugin
        return plugin

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        for entry in entry_points(group=self.package):
            self.register(entry.load())

    def get(self, name: str) -> type[T]:
        """The plug-in of that name; KeyError lists the known ones."""
        self._load()
        if name not in self._found:
            raise KeyError(f"{self.package} has no plug-in {name!r}; known: {', '.join(sorted(self._found))}")
        return self._found[name]

    def __iter__(self) -> Iterator[type[T]]:
        self._load()
        return iter(self._found[name] for name in sorted(self._found))

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._found
