"""Which tests a change concerns: those that import what changed, near or far. Pure; it follows Python and JavaScript.

What it misses costs time and nothing else, because whoever asks runs all tests after these.
"""

import functools
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from ...specs.grammars import language_of, parse
from .imports import Import, imports_of
from .languages import is_test_file
from .modules import is_meant

_FOLLOWED = frozenset({"python", "javascript", "typescript", "tsx"})
_FRONTS = frozenset({"__init__", "index"})
"""Files that are imported by the name of their folder."""


def affected(files: Mapping[str, bytes], changed: Iterable[str], tests: Collection[str]) -> tuple[str, ...]:
    """The files of ``tests``, and new ones, that changed or reach what changed by imports; the nearest first.

    Args:
        files: all files of the tree, by path.
        changed: paths; what is not in the tree any more counts too.
        tests: the files whose tests are known.
    """
    importers = _Importers(files)
    found, reached, level = list[str](), set[str](), sorted({*changed})
    while level:
        reached.update(level)
        found += [path for path in level if path in files and (path in tests or is_test_file(path))]
        level = sorted({each for path in level for each in importers.of(path)} - reached)
    return tuple(found)


class _Importers:
    """Who imports what, found by the last word of an import, so that not everything is held against everything."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._paths = files.keys()
        self._by_word: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for path, content in files.items():
            for module in _modules(_language(path), content):
                self._by_word[_word(module)].append((path, module))

    def of(self, target: str) -> Iterator[str]:
        """The files that import this one, and those that pytest has it read for."""
        folder, name = posixpath.split(target)
        stem = name.partition(".")[0]
        words = {stem, posixpath.basename(folder), ""} if stem in _FRONTS else {stem}
        for word in words:
            for path, module in self._by_word.get(word, ()):
                if is_meant(_language(path), module, importer=path, target=target, paths=self._paths):
                    yield path
        if name == "conftest.py":
            yield from (each for each in self._paths if is_test_file(each) and _below(each, folder))


def _modules(language: str, content: bytes) -> frozenset[str]:
    return _read(language, content) if language else frozenset()


@functools.lru_cache(maxsize=20_000)
def _read(language: str, content: bytes) -> frozenset[str]:
    """The modules that a file imports; each imported name of Python can be one too."""
    found = list(imports_of(language, parse(language, content)))
    names = [_inner(each) for each in found if each.name not in {"", "*"}] if language == "python" else []
    return frozenset(filter(None, (*(each.module for each in found), *names)))


def _inner(each: Import) -> str:
    return each.module + each.name if each.module.endswith(".") else f"{each.module}.{each.name}"


def _language(path: str) -> str:
    language = language_of(path) or ""
    return language if language in _FOLLOWED else ""


def _word(module: str) -> str:
    """The last word of a module, without a suffix of JavaScript: ``core`` of ``.shop.core`` and ``./shop/core.js``."""
    if "/" in module:
        return posixpath.basename(module).partition(".")[0]
    return module.rpartition(".")[2]


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
