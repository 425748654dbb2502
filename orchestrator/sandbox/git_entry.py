"""The ``.git`` of a command's tree, which is mounted read-only: what it is, and that it still is that."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ..errors import PolicyViolation
from .port import WORKSPACE

PLACE = f"{WORKSPACE}/.git"


def of(root: Path) -> str:
    """Which file or folder it is, as device and inode; empty where there is none.

    Raises:
        PolicyViolation: it is a symbolic link.
    """
    try:
        found = os.lstat(root / ".git")
    except FileNotFoundError:
        return ""
    if stat.S_ISLNK(found.st_mode):
        raise PolicyViolation("the tree's .git is a symbolic link; remove it", paths=(".git",))
    return f"{found.st_dev}:{found.st_ino}"


def unchanged(entry: str) -> Sequence[str]:
    """A prefix that goes on only if what was mounted is still the ``.git`` that was looked at.

    Whoever mounts it follows links, and a command that runs in the same tree meanwhile could have put one there.
    """
    if not entry:
        return ()
    same = f'[ "$(command -p stat -c %d:%i {PLACE})" = "$1" ]'
    script = f'{same} || {{ echo ".git was replaced meanwhile" >&2; exit 126; }}; shift; exec "$@"'
    return ("/bin/sh", "-c", script, "sh", entry)
