"""The few processes the CLI itself starts: git for the person's name, their editor, and a driver that outlives us."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from ..orchestrator.errors import UsageError
from ..tui.clean import clean


def person(root: Path) -> str:
    """``person:NAME``, the author of what someone says here: git's user.name, else the login name."""
    name = ""
    if git := shutil.which("git"):
        command = [git, "-C", str(root), "config", "--get", "user.name"]
        name = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout
    return f"person:{clean(name, width=60) or os.environ.get('USER') or 'someone'}"


def edit(text: str, *, folder: Path, name: str) -> tuple[str, Path]:
    """Let the person change ``text`` in their editor; returns the text and the file, which stays until removed.

    Raises:
        UsageError: there is no editor, or it failed.
    """
    path = folder / name
    path.write_text(text, encoding="utf-8")
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or _some_editor())
    try:
        code = subprocess.run([*command, str(path)], check=False).returncode
    except OSError as error:
        raise UsageError(f"The editor `{command[0]}` cannot be started: set EDITOR to one that can.") from error
    if code != 0:
        raise UsageError(f"The editor ended with {code}; the plan stays as it was. Your text is in {path}.")
    try:
        return path.read_text(encoding="utf-8"), path
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 any more: save it as UTF-8.") from error


def _some_editor() -> str:
    for name in ("sensible-editor", "nano", "vi"):
        if shutil.which(name):
            return name
    raise UsageError("No editor was found: set EDITOR to the command of yours.")


def detach(arguments: list[str], *, log: Path, without: Collection[str] = ()) -> int:
    """Start ``agentctl ARGUMENTS`` in a session of its own, which survives the closed terminal; returns its pid.

    ``without`` are variables of our environment that it is not to have.

    ``-P`` keeps the current folder off the child's import path: a repository may hold a folder named agentctl.
    """
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", "agentctl", *arguments],
        {name: value for name, value in os.environ.items() if name not in without},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def ended(pid: int) -> int | None:
    """The exit code of a child that has ended, 128 and its number for one that a signal ended; None while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def git_version() -> str | None:
    """Git's version, such as ``2.39.5``; None where it is not installed."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, "--version"], capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.removeprefix("git version ").strip() or None
