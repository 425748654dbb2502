"""Syntax trees of source files in the languages that agentctl can read. The only module that knows tree-sitter.

Its native code is loaded when the first file of a language is read, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_BYTES = 600_000
"""A minified file of 3 MB takes 0.84 s to parse; nothing a person wrote is that long."""

_LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
}


def language_of(path: str) -> str | None:
    """``python``, ``javascript``, ``typescript``, ``tsx``, ``go`` or ``rust``, by the name of a file."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower())


def parse(language: str, source: bytes) -> Node:
    """The root of a syntax tree; code that does not parse has errors in it."""
    return _parser(language)().parse(source).root_node


@cache
def _parser(language: str) -> Callable[[], Parser]:
    """Makes parsers of a language; a parser is not safe to share between threads, a language is."""
    from tree_sitter import Language, Parser  # noqa: PLC0415 - native code that only a run needs

    match language:
        case "python":
            import tree_sitter_python  # noqa: PLC0415

            grammar = Language(tree_sitter_python.language())
        case "javascript":
            import tree_sitter_javascript  # noqa: PLC0415

            grammar = Language(tree_sitter_javascript.language())
        case "tsx":
            import tree_sitter_typescript  # noqa: PLC0415

            grammar = Language(tree_sitter_typescript.language_tsx())
        case "go":
            import tree_sitter_go  # noqa: PLC0415

            grammar = Language(tree_sitter_go.language())
        case "rust":
            import tree_sitter_rust  # noqa: PLC0415

            grammar = Language(tree_sitter_rust.language())
        case _:
            import tree_sitter_typescript  # noqa: PLC0415

            grammar = Language(tree_sitter_typescript.language_typescript())
    return lambda: Parser(grammar)
