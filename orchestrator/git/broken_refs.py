"""Refs of runs that lead nowhere: cut short by a loss of power, or their objects are gone."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .below import files_below
from .bundle import missing
from .location import Location
from .names import OWN_REFS, object_id, ref_ok
from .repository import Repository

_WHOLE = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\s*|ref: .*\s*")


def unreadable_refs(location: Location) -> tuple[str, ...]:
    """Refs of ours whose file holds no object id, sorted; git passes over them with a warning."""
    return tuple(sorted(_unreadable(location)))


def _unreadable(location: Location) -> Iterator[str]:
    for prefix in OWN_REFS:
        for path in files_below(location.common_dir / prefix):
            name = path.relative_to(location.common_dir).as_posix()
            if path.is_file() and not path.is_symlink() and ref_ok(name) and not _is_whole(path):
                yield name


def _is_whole(path: Path) -> bool:
    try:
        return _WHOLE.fullmatch(path.read_bytes()) is not None
    except FileNotFoundError:
        return True  # deleted, or packed, since it was listed


def forget_unreadable(location: Location, ref: str) -> bool:
    """Remove the file of a ref that `unreadable_refs` names, so that what git has packed of it holds; False if whole.

    Git itself refuses to delete what it cannot read.
    """
    if ref not in unreadable_refs(location):
        return False
    (location.common_dir / ref).unlink(missing_ok=True)
    return True


async def dangling_refs(repository: Repository) -> Mapping[str, str]:
    """Refs of ours that point at objects which are not there, with these."""
    refs: dict[str, str] = {}
    for prefix in OWN_REFS:
        refs |= await repository.refs(prefix)
    lost = set(await missing(repository, map(object_id, refs.values())))
    return {ref: value for ref, value in sorted(refs.items()) if value in lost}
