"""Runs the suites it is given, one after the other, and reports what became of each test."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable  # noqa: UP035 - Python 3.8

from . import cargo, go, node
from .report import Report

Driver = Callable[[Report, str, "dict[str, Any]"], None]

_DRIVERS: dict[str, Driver] = {
    "node": node.run_node,
    "vitest": node.run_vitest,
    "jest": node.run_jest,
    "go": go.run,
    "cargo": cargo.run,
}


def main(argv: list[str]) -> None:
    """``NONCE_FD REPORT_FD SETTINGS``; the settings are ``{"root": ..., "suites": [{"runner", "folder", ...}]}``."""
    report = Report(int(argv[0]), int(argv[1]))
    settings = json.loads(argv[2])
    for suite in settings["suites"]:
        _DRIVERS[suite["runner"]](report, settings["root"], suite)
    report.finish()
    sys.stdout.flush()
