"""Files that a killed git left half-written among the objects. Looks at names and times; removes nothing itself."""

import stat
from collections.abc import Iterator
from pathlib import Path

from .location import Location

STALE_SECONDS = 3600.0
"""Untouched for so long, a file is nobody's any more: no command of ours that writes objects lasts as long."""
_MARK = "agentctl-made"


def mark_own(git_dir: Path) -> None:
    """Say in a git directory that agentctl made it, and that no person works in it."""
    (git_dir / _MARK).touch()


def is_own(location: Location) -> bool:
    """Whether the repository is one that agentctl made for itself, such as a clone of the bot's."""
    return (location.common_dir / _MARK).is_file()


def half_written(location: Location, *, now: float) -> tuple[Path, ...]:
    """Packs, objects and folders of objects that were begun and not finished, untouched for `STALE_SECONDS`; sorted."""
    return tuple(sorted(path for path in _temporary(location.common_dir / "objects") if _is_stale(path, now)))


def _temporary(objects: Path) -> Iterator[Path]:
    for folder, prefix in ((objects / "pack", "tmp_"), (objects, "tmp_objdir-")):
        yield from _beginning_with(folder, prefix)
    for fan in _beginning_with(objects, ""):
        if len(fan.name) == len("ff"):
            yield from _beginning_with(fan, "tmp_obj_")


def _beginning_with(folder: Path, prefix: str) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.startswith(prefix)]
    except OSError:
        return []


def _is_stale(path: Path, now: float) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return now - found.st_mtime > STALE_SECONDS and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
