"""Runs one command of a transcript. Nothing imports it: its text is copied into each compiled console check.

It therefore knows the standard library of any Python 3.9 only, and runs where the tests run: inside the sandbox.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO


def scripts(root: Path) -> str:
    """Shell functions for `python` and for what pyproject.toml declares: neither need be installed."""
    functions = ['python() { "$CHECK_PYTHON" "$@"; }; python3() { "$CHECK_PYTHON" "$@"; }; ']
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8") if project.is_file() else ""
    table = text.partition("[project.scripts]")[2].partition("\n[")[0]
    for name, module, function in re.findall(r"""(?m)^\s*["']?(\w+)["']?\s*=\s*["']([\w.]+):(\w+)["']""", table):
        start = f"import sys; sys.argv[0] = '{name}'; from {module} import {function}; sys.exit({function}())"
        functions.append(f'{name}() {{ "$CHECK_PYTHON" -c "{start}" "$@"; }}; ')
    return "".join(functions)


def run(command: str, *, root: Path, seconds: float) -> tuple[list[str], list[str], int]:
    """What a shell command prints, what it complains, and how it ends."""
    paths = [str(root / "src"), str(root), os.environ.get("PYTHONPATH", "")]
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "CHECK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "80",
    }
    argv = ["/bin/sh", "-c", scripts(root) + command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        done = subprocess.run(
            argv, check=False, cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=seconds
        )
        return lines_of(out), lines_of(err), done.returncode


def lines_of(file: IO[bytes]) -> list[str]:
    """What was written to a file, as lines without the spaces at their ends."""
    file.seek(0)
    text = file.read().decode("utf-8", "replace").replace("\r\n", "\n").rstrip()
    return [line.rstrip() for line in text.split("\n")] if text else []


def matches(lines: list[str], patterns: list[str]) -> bool:
    """Whether lines are as written: `...` stands for anything in a line and, alone on a line, for any lines."""
    parts = [".*?".join(map(re.escape, pattern.rstrip().split("..."))) for pattern in patterns]
    text = "".join("(?:.*\n)*?" if part == ".*?" else part + "\n" for part in parts)
    return re.fullmatch(text, "".join(line + "\n" for line in lines)) is not None


def expect(where: str, got: tuple[list[str], list[str], int], want: tuple[list[str], "list[str] | None", int]) -> None:
    """Compare everything that the spec says of one command."""
    out, err, code = got
    told = "\n".join([where, "stdout:", *out, "stderr:", *err, f"[exit {code}]"])
    if code != want[2]:
        raise AssertionError(f"exit {code}, the spec says {want[2]}\n{told}")
    if not matches(out, want[0]):
        raise AssertionError("the spec says of stdout\n" + "\n".join(want[0]) + "\n" + told)
    if want[1] is not None and not matches(err, want[1]):
        raise AssertionError("the spec says of stderr\n" + "\n".join(want[1]) + "\n" + told)
