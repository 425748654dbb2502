"""Runs `go test -json` on one module and says what became of each test.

`go test` reads what a test binary prints, so code under test can print another test's success; what it cannot do is
take back a failure, leave a test that began without an end, or end with another code than what was reported.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator  # noqa: UP035 - Python 3.8

from .child import joined, missing, start
from .report import Report

_ENDS = {"pass": "passed", "fail": "failed", "skip": "skipped"}
_SEVERITY = ("passed", "skipped", "failed", "error")
_PLAIN = re.compile(r"FAIL\s+(\S+) \[(?:build|setup) failed\]|\?\s+\S+\s+\[no test files\]|FAIL|ok\s.*|#.*|go: .*|\s*")
_BROKEN = re.compile(r"FAIL\s+(\S+) \[(?:build|setup) failed\]")
_BEGAN = re.compile(r"=== RUN +(\S+)\s*\Z")
_ENDED = re.compile(r"--- (PASS|FAIL|SKIP): (\S+) \(\d+\.\d+s\)\s*\Z")
"""Also behind what a test printed without a newline."""

Result = "tuple[str, str, str, str]"
"""Id, outcome, detail, and what was raised."""


def run(report: Report, root: str, suite: dict[str, Any]) -> None:
    """One module. ``suite`` has its folder, its name, and the file of each test by package."""
    folder: str = suite["folder"]
    try:
        code, out, err = start(["go", "test", "-json", "-count=1", "./..."], joined(root, folder))
    except FileNotFoundError:
        report.result(folder or ".", "error", missing("go", "Go"))
        return
    for name, outcome, detail, raised in read(out, err, code=code, suite=suite):
        report.result(name, outcome, detail, raised=raised)


def read(out: str, err: str, *, code: int, suite: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """What the events of one run say; an event stream that contradicts itself or the exit code is an error."""
    folder: str = suite["folder"]
    seen = _Seen(suite)
    for line in out.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict):
            seen.take(event)
        else:
            seen.plain(line)
    results = list(seen.results(err))
    yield from results
    bad = any(outcome in ("failed", "error") for _, outcome, _, _ in results)
    if (code != 0) != bad:
        told = f"go test ended with exit code {code}, which is not what it reported of the tests"
        yield folder or ".", "error", f"{told}\n{err}\n{seen.odd()}".strip(), ""


class _Seen:
    """The events of one run, by package and test."""

    def __init__(self, suite: dict[str, Any]) -> None:
        self._suite = suite
        self._running: set[tuple[str, str]] = set()
        self._outcomes: dict[tuple[str, str], str] = {}
        self._printed: dict[tuple[str, str], str] = {}
        self._marked = False
        """Whether it is a later Go, which marks what is no test's own words, and says that a package starts."""
        self._output: dict[tuple[str, str], list[str]] = {}
        self._odd: list[str] = []

    def take(self, event: dict[str, Any]) -> None:
        action = str(event.get("Action"))
        key = (str(event.get("Package", event.get("ImportPath", ""))), str(event.get("Test", "")))
        if action in ("output", "build-output"):
            package, text = key[0].partition(" ")[0], str(event.get("Output", ""))
            self._output.setdefault((package, key[1]), []).append(text)
            if not self._marked:
                self._read_text(package, text)
        elif action == "start":
            self._marked = True
        elif action == "run":
            self._running.add(key)
        elif action in _ENDS:
            before = self._outcomes.get(key, "passed")
            self._outcomes[key] = max(before, _ENDS[action], key=_SEVERITY.index)

    def _read_text(self, package: str, text: str) -> None:
        """What Go before 1.20 makes no event of, because it does not begin its line."""
        if began := _BEGAN.search(text):
            self._running.add((package, began[1]))
        if ended := _ENDED.search(text):
            key, outcome = (package, ended[2]), _ENDS[ended[1].lower()]
            self._printed[key] = max(self._printed.get(key, outcome), outcome, key=_SEVERITY.index)

    def plain(self, line: str) -> None:
        """A line that is no event: Go before 1.24 so says of a package that it could not be built."""
        if broken := _BROKEN.match(line):
            self._outcomes[broken[1], ""] = "failed"
        elif not _PLAIN.fullmatch(line):
            self._odd.append(line)

    def odd(self) -> str:
        return "\n".join(self._odd[-20:])

    def results(self, err: str) -> Iterator[tuple[str, str, str, str]]:
        lost = self._running & self._printed.keys() - self._outcomes.keys()
        self._outcomes.update({key: self._printed[key] for key in lost})
        for package, test in sorted(self._running - self._outcomes.keys()):
            yield self._id(package, test), "error", "it began and did not end\n" + self._said(package, test), ""
        failed = {package for (package, test), outcome in self._outcomes.items() if test and outcome == "failed"}
        for (package, test), outcome in sorted(self._outcomes.items()):
            if test:
                detail = "" if outcome == "passed" else self._said(package, test)
                yield self._id(package, test), outcome, detail, _raised(outcome, detail)
            elif outcome == "failed" and package not in failed and not self._began(package):
                yield self._folder(package) or ".", "error", f"{self._said(package, '')}\n{err}".strip(), ""

    def _began(self, package: str) -> bool:
        """Whether a test of a package began and did not end, which says enough."""
        return any(key[0] == package for key in self._running - self._outcomes.keys())

    def _said(self, package: str, test: str) -> str:
        """What a test printed, or else what its tests did: a parent fails by its parts."""
        lines = self._output.get((package, test), [])
        return "".join(line for line in lines if not line.lstrip().startswith(("=== ", "--- PASS", "--- SKIP")))

    def _folder(self, package: str) -> str:
        module: str = self._suite["module"]
        inside = package[len(module) :].strip("/") if package.startswith(module) else package
        return joined(self._suite["folder"], inside) if inside else self._suite["folder"]

    def _id(self, package: str, test: str) -> str:
        folder = self._folder(package)
        file = self._suite["files"].get(f"{folder}::{test.partition('/')[0]}", folder or ".")
        return f"{file}::{test}"


def _raised(outcome: str, detail: str) -> str:
    """``assertion`` where a test said no by itself."""
    if outcome != "failed":
        return ""
    return "panic" if re.search(r"(?m)^(?:panic|fatal error): ", detail) else "assertion"
