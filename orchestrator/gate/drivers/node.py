"""Runs tests of JavaScript and TypeScript: by node's own runner, vitest or jest.

Of node's runner each file gets a process and a nonce of its own, so that what runs in it can at most lie about itself.
vitest and jest are started by a script of ours through their programming interfaces, with one nonce for all.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterator  # noqa: UP035 - Python 3.8

from .child import joined, missing, start
from .report import Report

_OWN = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - text paths
_AT_ONCE = 2
_OUTCOMES = ("passed", "failed", "skipped", "error", "xfailed")
_KEPT = 20_000


def run_node(report: Report, root: str, suite: dict[str, Any]) -> None:
    """Each file under node's own runner; ``flags`` are those with which the repository starts node."""
    place = joined(root, suite["folder"])
    flags = [*suite.get("flags", []), *_typed(suite["tests"], suite.get("flags", []))]
    hook, reporter = (os.path.join(_OWN, name) for name in ("node_hook.mjs", "node_report.mjs"))  # noqa: PTH118 - text

    def one(file: str) -> _Told:
        command = ["node", *flags, f"--import={hook}", f"--test-reporter={reporter}"]
        told = _told([*command, "--test-reporter-destination=stdout", joined(root, file)], place)
        records = [{**record, "detail": _with_line(record["detail"], file, root)} for record in told.records]
        return _Told(records, told.problem)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for file, told in zip(suite["tests"], pool.map(one, suite["tests"])):  # noqa: B905 - Python 3.8
            for record in told.records:
                report.result(f"{file}::{record['name']}", record["outcome"], record["detail"], raised=record["raised"])
            if told.problem:
                report.result(file, "error", told.problem)


def run_vitest(report: Report, root: str, suite: dict[str, Any]) -> None:
    """All files at once, by vitest."""
    _run_script(report, root, suite, script="vitest_run.mjs")


def run_jest(report: Report, root: str, suite: dict[str, Any]) -> None:
    """All files at once, by jest."""
    _run_script(report, root, suite, script="jest_run.cjs")


def _run_script(report: Report, root: str, suite: dict[str, Any], *, script: str) -> None:
    folder: str = suite["folder"]
    confined = json.dumps({"only": suite.get("only", []), "locked": suite.get("locked", [])})
    command = ["node", os.path.join(_OWN, script), confined]  # noqa: PTH118 - a text path
    told = _told(command, joined(root, folder))
    for record in told.records:
        file = os.path.relpath(record["file"], root)
        name = f"{file}::{record['name']}" if record["name"] else file
        detail = _with_line(record["detail"], file, root)
        report.result(name, record["outcome"], detail, raised=record["raised"])
    if told.problem:
        report.result(folder or ".", "error", told.problem)


def _typed(tests: list[str], flags: list[str]) -> list[str]:
    """What lets node read TypeScript by itself, where it can and does not do so unasked."""
    if not any(test.endswith((".ts", ".mts", ".cts")) for test in tests) or any("tsx" in flag for flag in flags):
        return []
    try:
        code, out, _ = start(["node", "--experimental-strip-types", "-p", "1"], "/")
    except FileNotFoundError:
        return []
    return ["--experimental-strip-types", "--no-warnings"] if code == 0 and out.strip() == "1" else []


def _with_line(detail: str, file: str, root: str) -> str:
    """A failure with the line of the test on which it happened, which in a check says its place in the spec."""
    found = re.search(re.escape(os.path.basename(file)) + r":(\d+):\d+", detail)  # noqa: PTH119 - a text path
    if not found:
        return detail
    try:
        with open(joined(root, file), encoding="utf-8") as text:  # noqa: PTH123 - a text path
            line = text.read().split("\n")[int(found[1]) - 1].strip()
    except (OSError, IndexError, ValueError):
        return detail
    return f"{line}\n{detail}"


class _Told:
    """What one process reported; ``problem`` says why that is not all."""

    def __init__(self, records: list[dict[str, str]], problem: str) -> None:
        self.records = records
        self.problem = problem


def _told(command: list[str], folder: str) -> _Told:
    """Start a process that reports to us under a nonce of its own."""
    nonce = secrets.token_hex(16)
    nonce_read, nonce_write = os.pipe()
    os.write(nonce_write, nonce.encode())
    os.close(nonce_write)
    with tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as output:
        try:
            code = subprocess.run(
                command,
                check=False,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(nonce_read, report.fileno()),
                env={**os.environ, "AGENTCTL_REPORT": f"{nonce_read},{report.fileno()}", "FORCE_COLOR": "0"},
            ).returncode
        except FileNotFoundError:
            return _Told([], missing("node", "JavaScript"))
        finally:
            os.close(nonce_read)
        report.seek(0)
        output.seek(max(0, output.seek(0, 2) - _KEPT))
        return read(report.read(), nonce=nonce, code=code, output=output.read().decode("utf-8", "replace"))


def read(report: bytes, *, nonce: str, code: int, output: str) -> _Told:
    """The records of one process; only the last of them carries the nonce, which nobody else in it can have read."""
    try:
        lines = [json.loads(line) for line in report.splitlines()]
        records = list(_records(lines[:-1]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return _Told([], f"the report of the test run was tampered with\n{output}")
    last = lines[-1] if lines else {}
    if not isinstance(last, dict) or last.get("end") != nonce or last.get("records") != len(lines) - 1:
        found = records if not isinstance(last, dict) or "end" not in last else []
        return _Told(found, f"the process ended before its report was complete, with exit code {code}\n{output}")
    if last.get("problem"):
        return _Told(records, f"{last['problem']}\n{output}".strip())
    bad = any(record["outcome"] in ("failed", "error") for record in records)
    if code != 0 and not bad:
        return _Told(records, f"the process ended with exit code {code}, though no test failed\n{output}")
    return _Told(records, "")


def _records(lines: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """What is told of each test; of equal names the worst."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        record = {key: str(line.get(key, "")) for key in ("file", "name", "outcome", "detail", "raised")}
        if record["outcome"] not in _OUTCOMES:
            raise ValueError(record["outcome"])
        key = (record["file"], record["name"])
        if key not in found or found[key]["outcome"] == "passed":
            found[key] = record
    yield from found.values()
