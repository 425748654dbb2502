"""What became of one check in one session: whether it passed, and if not, who said so. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ...specs.scripts import root_of, taken
from ..nouns.plan import LockedTest
from ..nouns.verdicts import GateReport, TestResult
from .failures import spec_line

Result = Literal["passed", "failed", "missing", "error", "stopped"]
"""``failed``: by an assertion of the check's own. ``missing``: what it is about is not there, or only promised.
``error``: something else was raised. ``stopped``: the session did not end by itself."""
Around = Callable[[Path], AbstractContextManager[object]]
"""What is entered with the root of a checkout before its tests run, and left after them."""

_ABSENT = frozenset({"ImportError", "ModuleNotFoundError", "NotImplementedError"})
_NO_ATTRIBUTE = re.compile(r"AttributeError: module '[\w.]+' has no attribute")
_UNMADE = (
    r"ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)|Failed to (?:load url|resolve import)"
    r"|does not provide an export named|\.go:\d+:\d+: undefined: |no required module provides|no Go files"
    r"|stat /\S+: directory not found|package \S+ is not in (?:GOROOT|std)"
    r"|error\[E0(?:425|432|433|583)\]|no (?:bin|example) target named|could not find `Cargo\.toml`"
    r"|error TS(?:2305|2307|2724)\b|\bError: not implemented\b"
)
"""How other languages say that what is used is not there, or only promised, as stubs of contracts say it."""
_TYPED = (".ts", ".mts", ".cts")
_COLLECTED = re.compile(rf"\b(?:ModuleNotFoundError|ImportError)\b|{_UNMADE}")
_NOT_THERE = re.compile(_UNMADE)
_NO_FUNCTION = re.compile(r"([\w$.]+)\)? is not a (?:function|constructor)")
_UNBUILT = re.compile(
    r"\.go:\d+:\d+: |error\[E\d+\]|error: could not compile|^E?\s*(?:\[\w+\] )?SyntaxError: "
    r"|\berror TS\d+\b|\bTS\d+ \[ERROR\]|\bTSError: "
    r"|[\u2718X] \[ERROR\] |\b(?:Transform|Build) failed with \d+ errors?\b|\[vite:[\w-]+\]|^E?\s*error during build:"
    r"|\bRollupError\b|\[!\] \(plugin |\bModule (?:parse|build) failed\b|^E?\s*[\u00d7x] (?:Expected|Unexpected) ",
    re.MULTILINE,
)
"""A program that was not even compiled says nothing about what it does: as go, cargo, tsc, ts-node, esbuild, vite,
rollup, webpack, babel and swc say it, and whoever only reads a script."""
_CAME = re.compile(r"^E?\s*stdout:\s*$.*", re.DOTALL | re.MULTILINE)
"""What a transcript shows, behind what it expected."""
_TRANSCRIPT = re.compile(r"the spec says.*^E?\s*stderr:", re.DOTALL | re.MULTILINE)
_NO_COMMAND = re.compile(r"exit 12[67], the spec says|No module named|can't open file")
_BROKEN = re.compile(
    r"^E?\s*(?:\w+\.)*(ImportError|ModuleNotFoundError|NotImplementedError|NameError|UnboundLocalError"
    r"|ReferenceError|SyntaxError|IndentationError|TabError)\b",
    re.MULTILINE,
)


class Bench(Protocol):
    """Where a check can be tried alone; the gate's `PytestGate` is one."""

    @property
    def environment(self) -> str:
        """The key of the environment that tests run with."""
        ...

    async def run_alone(
        self,
        tree: str,
        tests: Sequence[LockedTest],
        *,
        edits: Mapping[str, bytes] | None = None,
        seconds: float | None = None,
        around: Around = nullcontext,
    ) -> GateReport:
        """What becomes of these tests, and of no others, on a tree with some files replaced."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One session of one check; ``detail`` is the text of its first failure."""

    result: Result
    passed: int = 0
    detail: str = ""
    line: int = 0
    """The line of the spec where that is, as far as its traceback has it; else 0."""
    seconds: float = 0.0
    silent: bool = False
    """The tree said nothing: the session broke off, or no test of the check was run there to its end."""


def trial(report: GateReport, test: LockedTest) -> Trial:
    """What a session of this check alone says; a test that was skipped or not found has not passed."""
    if not report.complete:
        return Trial(result="stopped", detail=report.problem, seconds=report.seconds, silent=True)
    seen = {each.id: each for each in report.results}
    passed = sum(name in seen and seen[name].outcome == "passed" for name in test.tests)
    bad = [each for each in report.results if each.outcome in {"failed", "error"}]
    if passed == len(test.tests) and test.tests and not bad:
        return Trial(result="passed", passed=passed, seconds=report.seconds)
    kinds = {_kind(each, test) for each in bad}
    result: Result = next((kind for kind in ("failed", "missing") if kind in kinds), "error")
    first = next((each for each in bad if _kind(each, test) == result), None)
    detail = first.detail if first is not None else _not_passed(test, seen)
    line = spec_line(first.detail, test, first.id) if first is not None else 0
    return Trial(result=result, passed=passed, detail=detail, line=line, seconds=report.seconds, silent=first is None)


def unbuilt(detail: str) -> bool:
    """Whether a failure says only that a program was not built, as compilers and bundlers say it."""
    return _UNBUILT.search(detail) is not None


def _kind(result: TestResult, test: LockedTest) -> Result:
    """A transcript fails by an assertion even where its command could not start, so its text is looked at too."""
    if result.outcome == "error" and "::" not in result.id:
        return "missing" if _COLLECTED.search(result.detail) or _unmade_name(result, test) else "error"
    if result.raised != "assertion":
        absent = result.raised in _ABSENT or _NO_ATTRIBUTE.search(result.detail) or _NOT_THERE.search(result.detail)
        return "missing" if absent or _unmade_name(result, test) else "error"
    if not _TRANSCRIPT.search(result.detail):
        return "failed"
    came = _CAME.search(result.detail)
    if (came and _UNBUILT.search(came[0])) or _NOT_THERE.search(result.detail):
        return "missing" if _NOT_THERE.search(result.detail) else "error"
    broken = _BROKEN.search(result.detail)
    if _NO_COMMAND.search(result.detail) or (broken and broken[1] in _ABSENT):
        return "missing"
    return "error" if broken else "failed"


def _unmade_name(result: TestResult, test: LockedTest) -> bool:
    """Whether a script calls what it imports, and that is not there; what its runner lacks is nobody's to make."""
    found = _NO_FUNCTION.search(result.detail)
    if found is None or test.path.endswith(".py"):
        return False
    root = root_of("ts" if test.path.endswith(_TYPED) else "js", test.text)
    named = found[1].split(".")
    return any(each.name in {named[0], named[-1]} and not _is_runners(each.source) for each in taken(root))


def _is_runners(source: str) -> bool:
    return source == "vitest" or source.startswith(("node:", "@jest/"))


def _not_passed(test: LockedTest, seen: Mapping[str, TestResult]) -> str:
    name = next((name for name in test.tests if name not in seen or seen[name].outcome != "passed"), test.path)
    return f"{name} was {seen[name].outcome}" if name in seen else f"{name} was not run"
