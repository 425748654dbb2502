"""Where a file relies on a symbol that another file defines. Pure; what it cannot tell for certain, it leaves out."""

import posixpath
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from .imports import Import
from .modules import is_meant, may_hand_on
from .symbols import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The first place where a file relies on a symbol; ``line`` from 1."""

    line: int
    how: Literal["imports", "uses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A file that may rely on others."""

    path: str
    language: str
    source: Source
    paths: Collection[str]
    """All files of its tree."""

    def use_of(self, symbol: str, target: str) -> Use | None:
        """The use of a symbol, such as ``load`` or ``Store.put``, of the file at ``target``.

        A member counts where something of that file is imported: whose member it is otherwise, nobody can say.
        """
        head, _, member = symbol.partition(".")
        top, reached = self._top(head, target)
        if not member:
            return top
        line = self.source.members.get(("", member))
        return Use(line=line, how="uses") if line is not None and (reached or top is not None) else None

    def use_of_file(self, target: str) -> Use | None:
        """The first import of the file itself, or of something in it; in Go only folders are imported."""
        if self.language == "go":
            return None
        lines = [each.line for each in self.source.imports if self._means(each.module, target)]
        lines += [each.line for each in self.source.imports if each.name and self._means(self._inner(each), target)]
        return Use(line=min(lines), how="imports") if lines else None

    def _top(self, head: str, target: str) -> tuple[Use | None, bool]:
        """The use of a name of the file's top, and whether anything of the file is within reach."""
        found, reached = list[Use](), False
        for each in self.source.imports:
            inside = self._means(each.module, target)
            itself = (inside and not each.name) or (bool(each.name) and self._means(self._inner(each), target))
            reached = reached or inside or itself
            if each.name == head and (inside or self._hands_on(each.module, target)):
                found.append(Use(line=each.line, how="imports"))
                reached = True
            elif inside and each.name == "*" and head in self.source.names:
                found.append(Use(line=self.source.names[head], how="uses"))
            elif itself and (each.local or each.name) and (each.local, head) in self.source.members:
                found.append(Use(line=self.source.members[each.local, head], how="uses"))
        if self.language == "go" and posixpath.dirname(self.path) == posixpath.dirname(target):
            reached = True
            if head in self.source.names and head not in self.source.bound:
                found.append(Use(line=self.source.names[head], how="uses"))
        return min(found, key=lambda use: use.line, default=None), reached

    def _inner(self, each: Import) -> str:
        """The module that an imported name may be: ``from . import store`` imports a file."""
        if self.language == "python":
            return each.module + each.name if each.module.endswith(".") else f"{each.module}.{each.name}"
        return f"{each.module}::{each.name}" if self.language == "rust" else ""

    def _means(self, module: str, target: str) -> bool:
        return bool(module) and is_meant(self.language, module, importer=self.path, target=target, paths=self.paths)

    def _hands_on(self, module: str, target: str) -> bool:
        return may_hand_on(self.language, module, importer=self.path, target=target, paths=self.paths)
