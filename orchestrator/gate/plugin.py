"""Runs one pytest session and reports what became of each test, inside the target's environment.

Standard library and pytest only, Python 3.8 or later. Run as a script from a folder that nothing of the
target can write, with two descriptors named on its command line: one yields the nonce, the other takes the report, JSON
lines of which the first and the last carry the nonce. Both are taken before any code of the target runs, and pytest is
imported before the target's folders are on the path, so that a ``pytest.py`` or ``sitecustomize.py`` of the target is
not what answers. What a test does to this process later cannot be ruled out from inside it; but a process that ends
early writes no last line, an exception that was seen to leave a test is not forgotten because a hook of the target
changed the outcome afterwards, and a pytest or unittest that is not as it was makes the whole report a problem
(drivers/untouched.py, which lies beside this file where it runs).
"""
# ruff: noqa: PTH100, PTH109, PTH118, PTH120 - text paths, as pytest and sys.path want them

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from .drivers.untouched import Untouched

_MOST_TEXT = 8000
_MOST_CAPTURED = 2000
_INTERRUPTED = 2
_SEVERITY = ("passed", "xpassed", "xfailed", "skipped", "failed", "error")


class Report:
    """Writes records to a descriptor; a forked child that goes on writes nothing."""

    def __init__(self, nonce: str, descriptor: int) -> None:
        def finish(code: int, untouched: Untouched) -> None:
            self.write(
                "end",
                nonce=nonce,
                records=self._written,
                exit=code,
                problem=untouched.problem,
                hooks=untouched.hooks,
            )

        self._descriptor = descriptor
        self._owner = os.getpid()
        self._written = 0
        self.finish = finish
        self.write("start", nonce=nonce)

    def write(self, kind: str, **fields: object) -> None:
        """One record."""
        if os.getpid() != self._owner:
            return
        data = (json.dumps({"kind": kind, **fields}) + "\n").encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
        self._written += 1


class Watch:
    """The plug-in. ``locked`` are test files to run wherever the target's settings look for tests."""

    def __init__(self, report: Report, locked: list[str], untouched: Untouched) -> None:
        self._report = report
        self._locked = locked
        self._untouched = untouched
        self._config: pytest.Config | None = None
        self._raised: dict[tuple[str, str], tuple[str, str]] = {}
        self._running: dict[str, tuple[str, str, str, bool]] = {}
        self.interrupted = False

    def pytest_configure(self, config: pytest.Config) -> None:
        """Have the locked tests collected, and know the mark that names requirements."""
        config.addinivalue_line("markers", "req(*ids): the requirements of a spec that the test is about")
        root = str(config.rootpath)
        given = [os.path.join(root, argument.split("::")[0]).rstrip("/") for argument in config.args]
        for path in self._locked:
            config.addinivalue_line("python_files", path)
            absolute = os.path.join(root, path)
            if not any(absolute == one or absolute.startswith(one + "/") for one in given):
                config.args.append(absolute)

    def pytest_collection(self, session: pytest.Session) -> None:
        """Before any test is imported."""
        self._config = session.config
        self._untouched.remember(session.config, Watch, Report)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """After the last was."""
        self._untouched.remember_tests(session.config, session.items)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """First of all."""
        self._untouched.look_at(item)

    def pytest_keyboard_interrupt(self) -> None:
        """pytest.exit() is told as an interrupt too, and may name any exit code."""
        self.interrupted = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that could not be imported, or skipped itself."""
        if report.outcome != "passed":
            outcome = "error" if report.outcome == "failed" else report.outcome
            self._report.write("result", id=report.nodeid, outcome=outcome, detail=_detail(report))

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Around all others: what left the test, whatever they make of it."""
        yield
        if call.excinfo is not None:
            text = _shorten(str(call.excinfo.value), _MOST_TEXT)
            self._raised[item.nodeid, call.when] = (text, _kind(item, call.excinfo.value))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test; the worst of them counts."""
        outcome, detail, raised = self._phase(report)
        if report.when == "setup":
            self._running[report.nodeid] = (outcome, detail, raised, False)
        before, told, kind, called = self._running.get(report.nodeid, ("passed", "", "", False))
        if _SEVERITY.index(outcome) > _SEVERITY.index(before):
            before, told, kind = outcome, detail, raised
        self._running[report.nodeid] = (before, told, kind, called or report.when == "call")
        if report.when == "teardown":
            self._settle(report.nodeid)

    def _phase(self, report: pytest.TestReport) -> tuple[str, str, str]:
        outcome = _outcome(report)
        detail = "" if outcome == "passed" else _detail(report)
        hidden, raised = self._raised.pop((report.nodeid, report.when), (None, ""))
        if outcome == "passed" and hidden is not None:
            return "failed", "it raised, and a hook reported it as passed: " + hidden, raised
        # Others, such as "rerun", are not the last word on a test.
        return (outcome, detail, raised) if outcome in _SEVERITY else ("passed", "", "")

    def _settle(self, nodeid: str) -> None:
        if self._config is not None:
            self._untouched.look(self._config)
        outcome, detail, raised, called = self._running.pop(nodeid)
        if outcome == "passed" and not called:
            outcome, detail = "error", "its setup passed and it was never called"
        self._report.write("result", id=nodeid, outcome=outcome, detail=detail, raised=raised)


def _kind(item: pytest.Item, error: BaseException) -> str:
    """``assertion`` where the test's own file said no: an assertion inside the code under test is a crash like others.

    Of the frames below the root the innermost counts, so that what a library asserts for the test is the test's.
    """
    import pytest  # noqa: PLC0415 - see main

    if not isinstance(error, (AssertionError, pytest.fail.Exception)):
        return type(error).__name__
    root, trace, last = str(item.config.rootpath) + os.sep, error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        last = file if file.startswith(root) else last
        trace = trace.tb_next
    return "assertion" if last == str(item.path) else type(error).__name__


def _outcome(report: pytest.TestReport) -> str:
    """One phase, in the words of a GateReport."""
    if hasattr(report, "wasxfail"):
        return {"passed": "xpassed", "skipped": "xfailed"}.get(report.outcome, report.outcome)
    if report.outcome == "failed" and report.when != "call":
        return "error"
    return report.outcome


def _detail(report: Any) -> str:
    """What went wrong, then what was printed."""
    text = _shorten(str(report.longreprtext), _MOST_TEXT)
    captured = "".join(content for name, content in report.sections if name.startswith("Captured"))
    return text + ("\n" + _shorten(captured, _MOST_CAPTURED) if captured.strip() else "")


def _shorten(text: str, most: int) -> str:
    """The beginning and the end of a text."""
    if len(text) <= most:
        return text
    return text[: most // 2] + "\n[...]\n" + text[-(most // 2) :]


def _open_report(nonce_fd: int, report_fd: int) -> Report:
    """Take the nonce, of which nothing is left to read."""
    with open(nonce_fd, "rb") as file:
        nonce = file.read().decode()
    os.set_inheritable(report_fd, False)
    return Report(nonce, report_fd)


def main(argv: list[str]) -> None:
    """``NONCE_FD REPORT_FD SETTINGS [PYTEST_ARGUMENT...]``; the settings are ``{"locked": [...], "path": [...]}``."""
    report = _open_report(int(argv[1]), int(argv[2]))
    settings = json.loads(argv[3])

    # From beside this file, where nothing of the target is; there it is in no package of ours.
    untouched: Untouched = importlib.import_module("drivers.untouched").Untouched()

    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own]
    gc.disable()
    import pytest  # noqa: PLC0415 - not before the nonce is taken, nor after the target's folders are on the path

    # Pytest collects garbage five times when it ends: an eighth of a short session, spent on its own modules.
    gc.freeze()
    gc.enable()
    sys.path[:0] = [entry for entry in dict.fromkeys([os.getcwd(), *settings["path"]]) if entry not in sys.path]
    os.environ["PYTHONPATH"] = os.pathsep.join(settings["path"])
    sys.argv = ["pytest", *argv[4:]]
    # Not `-p no:cacheprovider`, after which `--lf` in a target's addopts is an error; nothing of it is kept either way.
    cache = ["-o", "cache_dir=" + os.path.join(tempfile.gettempdir(), "pytest-cache")]
    pytest.hookimpl(hookwrapper=True, tryfirst=True)(Watch.pytest_runtest_makereport)
    pytest.hookimpl(trylast=True)(Watch.pytest_runtest_logreport)
    for first in (Watch.pytest_collection, Watch.pytest_runtest_setup):
        pytest.hookimpl(tryfirst=True)(first)
    watch = Watch(report, settings["locked"], untouched)
    code = int(pytest.main([*argv[4:], *cache], plugins=[watch]))
    report.finish(_INTERRUPTED if watch.interrupted else code, untouched)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv)
