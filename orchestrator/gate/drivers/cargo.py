"""Runs the tests of a cargo workspace, binary by binary, and says what became of each.

cargo's messages say which binaries there are and which file each is made of. What a binary prints is read strictly: the
names it lists, one line for each, a summary that counts the same, an exit code that agrees. A binary whose code prints
all of that by itself is believed.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, Iterator  # noqa: UP035 - Python 3.8

from .child import joined, missing, start
from .report import Report

_LINE = re.compile(r"(.*?)(?: - should panic)? \.\.\. (ok|FAILED|ignored(?:, .*)?)")
_SUMMARY = re.compile(r"test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; .*")
_LISTED = re.compile(r"(.+): test")
_STDOUT = re.compile(r"---- (.+) stdout ----")
_THREADS = str(max(2, os.cpu_count() or 2))
"""With a single one, what a test prints comes between its name and how it ended."""
_OUTCOMES = {"ok": "passed", "FAILED": "failed"}


def run(report: Report, root: str, suite: dict[str, Any]) -> None:
    """One workspace, in its folder."""
    folder: str = suite["folder"]
    place = joined(root, folder)
    command = ["cargo", "test", "--no-run", "--message-format=json", "--color=never", "--tests", "--workspace"]
    try:
        code, out, err = start(command, place)
    except FileNotFoundError:
        report.result(folder or ".", "error", missing("cargo", "Rust"))
        return
    messages = list(_messages(out))
    if code != 0:
        told = "".join(str(each["message"].get("rendered", "")) for each in messages if "message" in each)
        report.result(folder or ".", "error", f"cargo could not build the tests\n{told or err}")
        return
    for message in messages:
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            _binary(report, message, root=root)


def _messages(out: str) -> Iterator[dict[str, Any]]:
    for line in out.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _binary(report: Report, message: dict[str, Any], *, root: str) -> None:
    """One test binary, run in the folder of its package as cargo does."""
    if not message.get("profile", {}).get("test"):
        return
    source = os.path.relpath(message["target"]["src_path"], root)
    place = os.path.dirname(message["manifest_path"])  # noqa: PTH120 - a path of text
    environ = {"RUST_TEST_THREADS": _THREADS, **os.environ, "CARGO_MANIFEST_DIR": place, "RUST_BACKTRACE": "0"}
    _, listed, _ = start([message["executable"], "--list", "--format", "terse"], place, env=environ)
    names = [match[1] for match in map(_LISTED.fullmatch, listed.splitlines()) if match]
    code, out, err = start([message["executable"], "--color=never"], place, env=environ)
    for name, outcome, detail in read(out, err, code=code, names=names):
        report.result(
            f"{source}::{name}" if name else source,
            outcome,
            detail,
            raised="assertion" if outcome == "failed" and "assert" in detail else "panic" if detail else "",
        )


def read(out: str, err: str, *, code: int, names: list[str]) -> Iterator[tuple[str, str, str]]:
    """What one binary said of each test, and under an empty name what is wrong with its account."""
    lines = out.splitlines()
    seen = dict(_ends(lines, set(names)))
    said = _details(lines)
    for name in sorted(seen):
        outcome = _OUTCOMES.get(seen[name], "skipped")
        yield name, outcome, said.get(name, "") if outcome == "failed" else ""
    counted = [sum(_OUTCOMES.get(end, "skipped") == each for end in seen.values()) for each in _WORDS]
    summaries = [match for match in map(_SUMMARY.fullmatch, lines) if match]
    agrees = len(summaries) == 1 and [int(number) for number in summaries[0].groups()[1:]] == counted
    if not agrees or set(seen) != set(names) or (code == 0) != (counted[1] == 0):
        ending = "\n".join([*lines[-20:], err[-2000:]]).strip()
        yield "", "error", f"its tests did not all end: exit code {code}, {len(seen)} of {len(names)} told\n{ending}"


def _ends(lines: list[str], names: set[str]) -> Iterator[tuple[str, str]]:
    """How listed tests ended; before what is said of one there may be what was printed without a newline."""
    for match in filter(None, map(_LINE.fullmatch, lines)):
        tails = (match[1][found.end() :] for found in re.finditer("test ", match[1]))
        name = next((tail for tail in tails if tail in names), None)
        if name is not None:
            yield name, match[2]


_WORDS = ("passed", "failed", "skipped")


def _details(lines: list[str]) -> dict[str, str]:
    """What failed tests printed, by name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if match := _STDOUT.fullmatch(line):
            name = match[1]
            found[name] = []
        elif line in {"failures:", "successes:"} or _SUMMARY.fullmatch(line):
            name = ""
        elif name:
            found[name].append(line)
    return {name: "\n".join(said).strip() for name, said in found.items()}
