"""Ref locks that a killed git left behind. Removes them for a run whose driver is known to be dead."""

import stat
from collections.abc import Sequence
from pathlib import Path

from .location import Location
from .names import OWN_REFS


def clear_locks(location: Location, run: str) -> Sequence[str]:
    """Remove the locks under the refs of ``run``; only for who holds that run's own lock.

    Locks shared with the user's git (``packed-refs.lock``, ``index.lock``) are never touched.

    Returns:
        The refs that were locked, sorted.
    """
    cleared: list[str] = []
    for prefix in OWN_REFS:
        top = location.common_dir / prefix / run
        if not run or "/" in run or run.startswith(".") or not _is_folder(top):
            continue
        for lock in sorted(top.rglob("*.lock")):
            lock.unlink(missing_ok=True)
            cleared.append(str(lock.relative_to(location.common_dir)).removesuffix(".lock"))
    return sorted(cleared)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
