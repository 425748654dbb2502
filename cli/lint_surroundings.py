"""Looks up what lint may know beyond the spec: the files of its repository, its lock, the names that the code defines.

Files come from git's index and the lock from the file beside the spec, which costs a few milliseconds. Names are looked
up only when asked for: every source file has to be read for them.
"""

from pathlib import Path

from ..orchestrator.errors import RepositoryError
from ..orchestrator.git.location import Location, locate
from ..specs.rules import Surroundings
from .locked import lock_beside
from .tracked import tracked

_QUICK_BYTES = 2_000_000
"""Of an index that is read in passing: some 20,000 files, 20 ms."""
_MOST_BYTES = 64_000_000


def repository_of(spec: str | None, *, repo: str | None) -> Location | None:
    """The repository that a spec lies in, or that is named; None where there is none."""
    folder = Path(repo) if repo is not None else Path(spec).resolve().parent if spec is not None else Path()
    try:
        return locate(folder)
    except RepositoryError:
        if repo is not None:
            raise
        return None


def surroundings_of(spec: str | None, *, repo: str | None, thorough: bool) -> Surroundings:
    """What is known around a spec's file; ``spec`` is None for standard input.

    Raises:
        RepositoryError: ``repo`` is named and is none.
        SpecError: the lock beside the spec cannot be read.
    """
    place = repository_of(spec, repo=repo)
    paths = tracked(place.git_dir, most_bytes=_MOST_BYTES if thorough else _QUICK_BYTES) if place else None
    lock = lock_beside(spec) if spec is not None else None
    symbols = commands = None
    if thorough and place and paths is not None:
        from .lint_symbols import defined, installed

        symbols, commands = defined(place.root, paths), installed(place.root)
    return Surroundings(
        paths=paths,
        symbols=symbols,
        commands=commands,
        locked={item_id: item.text for item_id, item in lock.items.items()} if lock else {},
        retired=frozenset(lock.tombstones) if lock else frozenset(),
    )
