"""Checks and examples of a spec to test files that a gate can lay over a tree. Writes nothing and runs nothing.

Each check becomes one file, ``tests/spec_ID/test_ID_CHECK.py``, that needs nothing but pytest: it finds the project by
its own place, two folders down from the root. It may be read, run and debugged like any other test. Checks in
JavaScript and TypeScript become ``tests/spec_ID/ID_CHECK.test.mjs`` and ``.test.mts``, for node's own runner or vitest.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from . import console_test, python_test, script_test, table_test
from .names import identifier
from .nouns import Check, Examples, Spec
from .python_code import CodeError


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledCheck:
    """A test file. ``tests`` are the ids that its runner gives its tests; ``secret`` marks a holdout."""

    check: str
    requirements: tuple[str, ...]
    path: str
    text: str
    tests: tuple[str, ...]
    secret: bool = False


def compile_checks(spec: Spec) -> tuple[CompiledCheck, ...]:
    """Every executable check and table, in the order of the spec; those that lint refuses (SPT212) are left out."""
    return tuple(_compiled(spec))


def _compiled(spec: Spec) -> Iterator[CompiledCheck]:
    parts: list[Check | Examples] = [*spec.checks, *spec.tables]
    for part in sorted(parts, key=lambda part: part.line):
        try:
            if isinstance(part, Examples):
                yield _file(
                    spec, part, table_test.source(part, name=_name(part), where=_where(spec, part)), secret=False
                )
            elif part.executable:
                yield _file(spec, part, _check(spec, part), secret="holdout" in part.flags)
        except CodeError:
            continue


def _check(spec: Spec, check: Check) -> tuple[str, tuple[str, ...]]:
    if check.kind == "python":
        return python_test.source(check, name=_name(check), where=_where(spec, check))
    if check.kind == "script":
        return script_test.source(check, name=check.id, where=_where(spec, check))
    return console_test.source(check, name=_name(check), where=_where(spec, check))


def _file(spec: Spec, part: Check | Examples, source: tuple[str, tuple[str, ...]], *, secret: bool) -> CompiledCheck:
    text, names = source
    folder = identifier(spec.id)
    name = f"{folder}_{identifier(part.id)}"
    if isinstance(part, Check) and part.kind == "script":
        file = f"{name}{script_test.suffix(part)}"
    else:
        file = f"test_{name}.py"
    path = f"tests/spec_{folder}/{file}"
    tests = tuple(f"{path}::{name}" for name in names)
    return CompiledCheck(check=part.id, requirements=part.ids, path=path, text=text, tests=tests, secret=secret)


def _name(part: Check | Examples) -> str:
    return f"test_{identifier(part.id)}"


def _where(spec: Spec, part: Check | Examples) -> str:
    """``spec.md:82 (R2)``, as it stands in the docstrings and messages of the test."""
    file = "".join(char for char in spec.file.rsplit("/", 1)[-1] if char.isprintable() and char not in "\"'\\{}")
    return f"{file}:{part.line} ({', '.join(part.ids)})"
