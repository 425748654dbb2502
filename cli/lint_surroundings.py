"""Looks up what lint may know beyond the spec: the files of its repository, its lock, the names that the code defines.

Files come from git's index and the lock from the file beside the spec, which costs a few milliseconds. Names are looked
up only when asked for: every source file has to be read for them.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..orchestrator.errors import RepositoryError
from ..orchestrator.git.location import Location, locate
from ..specs.nouns import Fixture
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


def surroundings_of(
    spec: str | None,
    *,
    repo: str | None,
    thorough: bool,
    fixtures: Sequence[Fixture] = (),
    depends: Sequence[str] = (),
) -> Surroundings:
    """What is known around a spec's file; ``spec`` is None for standard input.

    ``fixtures`` are those of its text, and ``depends`` names the specs that it is built upon.

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
        place=_place(spec, place.root) if place else None,
        differing=frozenset(_differing(place.root, fixtures)) if place else frozenset(),
        absent_specs=frozenset(_absent(depends, spec=spec, root=place.root if place else None)),
        packages=frozenset(_packages(place.root, paths)) if place and paths is not None else None,
        symbols=symbols,
        commands=commands,
        locked={item_id: item.text for item_id, item in lock.items.items()} if lock else {},
        retired=frozenset(lock.tombstones) if lock else frozenset(),
    )


def _place(spec: str | None, root: Path) -> str | None:
    """Where the spec is from the root of the repository; a text without a file stands at the root."""
    if spec is None:
        return ""
    path, root = Path(spec).resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def _packages(root: Path, paths: Collection[str]) -> Iterator[str]:
    """What the files package.json ask for, and what runs their tests; one that cannot be read asks for nothing."""
    found = sorted(path for path in paths if path.rpartition("/")[2] == "package.json")
    if not found:
        return
    from ..orchestrator.gate.package_json import manifest

    for path in found:
        try:
            file = (root / path).resolve()
            text = file.read_bytes() if file.is_relative_to(root.resolve()) else b""
        except OSError:
            continue
        package = manifest(text)
        yield from package.needed
        yield from package.script.split()


def _differing(root: Path, fixtures: Sequence[Fixture]) -> Iterator[str]:
    """Paths of fixtures at which a file of the checkout says something else; one made by code replaces no file."""
    for fixture in fixtures:
        file = (root / fixture.path).resolve()
        try:
            there = not fixture.generator and file.is_relative_to(root.resolve()) and file.is_file()
            text = fixture.text.encode("utf-8", "replace")
            if there and (file.stat().st_size != len(text) or file.read_bytes() != text):
                yield fixture.path
        except OSError:
            continue


def _absent(depends: Sequence[str], *, spec: str | None, root: Path | None) -> Iterator[str]:
    """Names of no file beside a spec, nor from the root; in a repository a file outside of it is none."""
    folders = [folder for folder in (Path(spec).resolve().parent if spec is not None else None, root) if folder]
    for name in depends if folders else ():
        if not any(_is_file(folder, name, root=root) for folder in folders):
            yield name


def _is_file(folder: Path, name: str, *, root: Path | None) -> bool:
    try:
        file = (folder / name).resolve()
        return file.is_file() and (root is None or file.is_relative_to(root.resolve()))
    except (OSError, ValueError):  # no system has a file of such a name
        return False
