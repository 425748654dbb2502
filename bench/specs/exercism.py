"""Writes a spec in our format for an exercise, out of its canonical data, and compiles its checks.

One item for each case, in the words of its description; an examples table for each function and list of arguments; a
check in Python for calls that a table cannot say.
"""

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...specs.compile import CompiledCheck, compile_checks
from ...specs.nouns import Spec
from ...specs.parse import parse
from .canonical import Case, Code, Exercise

REFUSAL = "ValueError"
"""What stands for an error, whose class the data leaves to each language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """An exercise with its spec and its checks."""

    exercise: Exercise
    spec: Spec
    checks: tuple[CompiledCheck, ...]
    wrong: tuple[str, ...]
    """What was not read or compiled as it was written."""


def compiled(exercise: Exercise) -> Compiled:
    """Write the spec, read it, compile it, and compare what was read with what was written."""
    spec = parse(spec_text(exercise), name=f"{exercise.slug}.md")
    checks = compile_checks(spec)
    return Compiled(exercise=exercise, spec=spec, checks=checks, wrong=tuple(_wrong(exercise, spec, checks)))


def spec_text(exercise: Exercise) -> str:
    """The spec."""
    lines = [f"# {exercise.slug}", "", "## Interface", "", f"```python interface src/{exercise.module}.py"]
    groups = _groups(exercise.cases)
    lines += [*_stubs(exercise.cases), "```", "", "## Requirements", ""]
    ids = {id(case): f"R{number}" for number, case in enumerate(exercise.cases, 1)}
    lines += [f"- **{ids[id(case)]}** {_sentence(case)}" for case in exercise.cases]
    for call, cases in groups.items():
        own = ", ".join(ids[id(case)] for case in cases)
        lines += ["", f"### Examples for {own}: `{call}`", "", *_table(cases)]
    for case in exercise.cases:
        if not case.literal:
            lines += ["", f"```python {ids[id(case)]}", *_check(exercise, case), "```"]
    return "\n".join([*lines, ""])


def _groups(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The cases that tables can say, by their calls."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        if case.literal:
            found.setdefault(f"{case.function}({', '.join(_parameters(cases, case))})", []).append(case)
    return found


def _parameters(cases: Sequence[Case], case: Case) -> list[str]:
    """How the arguments of a case are passed: by keyword where another call of the function has others."""
    alike = all(list(other.arguments) == list(case.arguments) for other in cases if other.function == case.function)
    return [name if alike else f"{name}={name}" for name in case.arguments]


def _stubs(cases: Sequence[Case]) -> Iterator[str]:
    signatures: dict[str, dict[str, bool]] = {}
    for case in cases:
        known = signatures.setdefault(case.function, dict.fromkeys(case.arguments, True))
        for name in [*known, *case.arguments]:
            known[name] = known.get(name, False) and name in case.arguments
    for function, parameters in signatures.items():
        ordered = sorted(parameters, key=lambda name: not parameters[name])
        told = ", ".join(name if parameters[name] else f"{name}=None" for name in ordered)
        yield f"def {function}({told}): ..."


def _sentence(case: Case) -> str:
    """One requirement in the words of a case."""
    said = "".join(char for char in case.description if char not in "`*_<>[]|\\")
    if case.raises is None:
        return f"`{case.function}` MUST give what the example says: {said}."
    return f"`{case.function}` MUST raise `{REFUSAL}`: {said}."


def _table(cases: Sequence[Case]) -> Iterator[str]:
    names = list(cases[0].arguments)
    yield f"| {' | '.join(names)} | => |"
    yield "|---" * (len(names) + 1) + "|"
    for case in cases:
        result = f"raises {REFUSAL}" if case.raises is not None else _cell(case.expected)
        yield f"| {' | '.join(_cell(case.arguments[name]) for name in names)} | {result} |"


def _cell(value: Any) -> str:
    """A literal as a code span in a table."""
    return f"`{literal(value)}`".replace("|", "\\|")


def literal(value: Any) -> str:
    """The source of a value, on one line and without backticks; a function is its lambda."""
    return value.source if isinstance(value, Code) else repr(value).replace("`", "\\x60")


def _check(exercise: Exercise, case: Case) -> Iterator[str]:
    call = f"{case.function}({', '.join(f'{name}={literal(value)}' for name, value in case.arguments.items())})"
    yield f"from {exercise.module} import {case.function}"
    if case.raises is None:
        yield f"assert {call} == {literal(case.expected)}"
    else:
        yield from ("import pytest", f"with pytest.raises({REFUSAL}):", f"    {call}")


def _wrong(exercise: Exercise, spec: Spec, checks: Sequence[CompiledCheck]) -> Iterator[str]:
    """Where the spec as read differs from the data, or a check is missing."""
    yield from (f"{hit.code} line {hit.line}: {hit.message}" for hit in spec.diagnostics if hit.code in _REFUSED)
    rows = [(_read(row.inputs), row.raises, _read([row.expected])) for table in spec.tables for row in table.rows]
    cases = [case for group in _groups(exercise.cases).values() for case in group]
    if len(rows) != len(cases):
        yield f"{len(cases)} rows were written and {len(rows)} read"
    for (inputs, raises, expected), case in zip(rows, cases, strict=False):
        wanted = list(case.arguments.values()), case.raises is not None
        result = expected if raises else [case.expected]
        if repr((inputs, raises, expected)) != repr((*wanted, result)):
            yield f"the row of {case.description!r} is read as {inputs} => {expected}"
    tests = sum(len(check.tests) for check in checks)
    if tests != len(exercise.cases):
        yield f"{len(exercise.cases)} cases became {tests} tests"
    yield from _uncompilable(checks)


_REFUSED = frozenset({"SPF010", "SPF008", "SPI001", "SPT212"})


def _read(sources: Iterable[str]) -> list[Any]:
    """The values of literals; the name of an exception stands for itself."""
    return [source if source.isidentifier() and source == REFUSAL else ast.literal_eval(source) for source in sources]


def _uncompilable(checks: Sequence[CompiledCheck]) -> Iterator[str]:
    for check in checks:
        try:
            compile(check.text, check.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            yield f"{check.check} does not compile: {error}"


def collecting(ready: Sequence[Compiled]) -> list[Compiled]:
    """Those whose checks are all there, read as they were written, and found by pytest."""
    found = collected(ready)
    tests = {one.exercise.slug: {test for check in one.checks for test in check.tests} for one in ready}
    return [
        one
        for one in ready
        if not one.wrong and tests[one.exercise.slug] and tests[one.exercise.slug] <= found[one.exercise.slug]
    ]


def collected(all_of_them: Iterable[Compiled]) -> Mapping[str, frozenset[str]]:
    """By exercise, the ids of tests that pytest finds in the compiled files, which is asked once for all of them.

    Nothing of the data runs here: the files have literals, and calls only within functions that are not called.
    """
    with tempfile.TemporaryDirectory(prefix="exercism-") as place:
        roots: dict[str, str] = {}
        for one in all_of_them:
            roots[one.exercise.module] = one.exercise.slug
            for check in one.checks:
                file = Path(place, one.exercise.module, check.path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(check.text, encoding="utf-8")
        lines = _collect(Path(place))
    found: dict[str, set[str]] = {slug: set() for slug in roots.values()}
    for line in lines:
        folder, _, test = line.partition("/")
        if folder in roots and "::" in test:
            found[roots[folder]].add(test)
    return {slug: frozenset(tests) for slug, tests in found.items()}


def _collect(place: Path) -> list[str]:
    (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    quiet = ("--collect-only", "-q", "--continue-on-collection-errors", "-p", "no:cacheprovider")
    command = [sys.executable, "-P", "-m", "pytest", *quiet, "--import-mode=importlib"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout.splitlines()
