"""Tests of the checkout that a suite counts: run as anybody would, and read from their own report."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from .processes import environment

CHECKOUT = Path(__file__).parents[2]
_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many tests there were, by what became of them."""

    passed: int
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    """With the reason."""


def counted(paths: Sequence[str], **more: str) -> Counted:
    """Run files of tests, with variables beside those of this process.

    Raises FileNotFoundError where one is not there, and RuntimeError where nothing could be run.
    """
    missing = [each for each in paths if not (CHECKOUT / each).is_file()]
    if missing:
        raise FileNotFoundError(f"{', '.join(missing)}: a suite is run in a checkout with its tests")
    with tempfile.TemporaryDirectory(prefix="agentctl-bench-") as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={report}", *paths]
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment(**more),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if not report.is_file():
            raise RuntimeError(f"tests could not be run: {done.stdout[-300:]}{done.stderr[-300:]}")
        cases = list(ET.parse(report).iter("testcase"))
    skipped = [(case, each) for case in cases for each in case.iter("skipped")]
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return Counted(
        passed=len(cases) - len(skipped) - len(failed),
        failed=tuple(str(case.get("name")) for case in failed),
        skipped=tuple(f"{case.get('name')}: {each.get('message')}" for case, each in skipped),
    )
