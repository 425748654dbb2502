"""What is wrong with a stub or a test of a contract in TypeScript or JavaScript, beside what it stands on. Pure.

Nothing of it is run. What the text says by itself is for script_stub and script_test; here is what it imports: what
comes with node, what the repository asks for, and files that are there or declared, by declared names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..nouns.runners import ScriptRunner, runner_of
from .contract_ground import Ground
from .script_paths import found_by_node, is_built_in, is_relative, meant, package_of
from .script_stub import stub_flaws
from .script_test import SOURCES, test_flaws
from .script_tree import ANYTHING, Exports, Import, imports, offered, read

if TYPE_CHECKING:
    from tree_sitter import Node

_SOURCE = re.compile(r"""\b(?:from|import|require)\s*\(?\s*['"]([^'"\s]+)['"]""")
"""Looked for in hundreds of files, for which syntax trees would be too dear."""
_UNREADABLE = "is not TypeScript or JavaScript that can be parsed"


class ScriptReading:
    """Judges TypeScript and JavaScript; ``declared`` are the texts of interfaces and stubs by path."""

    def __init__(self, ground: Ground, declared: Mapping[str, str]) -> None:
        self._ground = ground
        self._declared = declared
        self._there = frozenset((*ground.paths, *declared))

    def stub(self, path: str, text: str) -> Iterator[str]:
        """What keeps a text from being a stub, as ends of a sentence about it."""
        root = read(path, text)
        if root is None:
            yield _UNREADABLE
            return
        yield from stub_flaws(root)
        yield from self._imports(root, path, ScriptRunner(loads=True))

    def test(self, path: str, text: str) -> Iterator[str]:
        """What keeps a text from being a locked test, as ends of a sentence about it."""
        root = read(path, text)
        if root is None:
            yield _UNREADABLE
            return
        runner = runner_of(path, self._ground.runners)
        if runner.name == "node" and path.endswith((".tsx", ".jsx")):
            yield "is run by node's own runner, which reads no JSX: name it .test.ts or .test.js"
        yield from test_flaws(root, runner.name)
        yield from self._imports(root, path, runner)

    def _imports(self, root: Node, path: str, runner: ScriptRunner) -> Iterator[str]:
        found = (self._known(each, path, runner) for each in imports(root) if not each.for_types)
        yield from dict.fromkeys(words for words in found if words)

    def _known(self, each: Import, path: str, runner: ScriptRunner) -> str:
        """Why something may not be imported; empty where it may."""
        if not is_relative(each.source):
            known = is_built_in(each.source) or package_of(each.source) in self._ground.packages
            return "" if known or each.source in SOURCES[runner.name] else self._unknown(each.source)
        file = meant(each.source, by=path, there=self._there)
        if file is None:
            return self._unknown(each.source)
        there = self._there
        if runner.strict and not found_by_node(each.source, by=path, there=there, required=each.required):
            return f"imports `{each.source}`, by which node does not find {file}: name the file in full"
        return self._lacking(each, file) if file in self._declared else ""

    def _lacking(self, each: Import, file: str) -> str:
        has = _exports(file, self._declared[file])
        lacks = [name for name in each.names if name not in has and ANYTHING not in has]
        return f"imports `{lacks[0]}` of `{each.source}`, which its interface does not declare" if lacks else ""

    def _unknown(self, source: str) -> str:
        return f"imports `{source}`, which neither the repository nor the spec's interface nor a stub here has"


def imported(_: str, text: str) -> frozenset[str]:
    """The packages that a text imports, and names that settings stand for, as far as its words tell."""
    return frozenset(package_of(source) for source in _SOURCE.findall(text) if not is_relative(source))


def _exports(path: str, text: str) -> Exports:
    root = read(path, text)
    return offered(root) if root is not None else {}
