"""The packages of a tree, in the languages that wrong programs are made in. Pure: names of files in, packages out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...specs.grammars import language_of
from .sources import is_mutable

ROOT = "."
"""How the root of the repository is called where it is a package itself."""
_MANIFESTS = {"javascript": "package.json", "typescript": "package.json", "tsx": "package.json", "rust": "Cargo.toml"}
"""Of Python and Go each folder is a package; of these, all that a manifest is the nearest one above of."""
_SKIPPED = frozenset({"node_modules", "vendor", "testdata", "target", "third_party", "__pycache__"})
_NO_PROGRAM = frozenset({"setup.py", "noxfile.py", "fabfile.py"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A folder, and the source files in it that are no tests, sorted."""

    folder: str
    files: tuple[str, ...]


def packages(paths: Collection[str], *, wanted: Sequence[str] = ()) -> tuple[Package, ...]:
    """Every package of a tree, by folder; only those in the folders that are ``wanted``, if any is.

    A folder that holds several languages is one package.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        if is_mutable(path) and not _skipped(path):
            found.setdefault(_folder(path, paths), []).append(path)
    return tuple(
        Package(folder=folder, files=tuple(files))
        for folder, files in sorted(found.items())
        if not wanted or any(_within(folder, each) for each in wanted)
    )


def _skipped(path: str) -> bool:
    *folders, name = path.split("/")
    return name in _NO_PROGRAM or any(part in _SKIPPED or part.startswith(".") for part in folders)


def _folder(path: str, paths: Collection[str]) -> str:
    manifest = _MANIFESTS.get(language_of(path) or "")
    above = PurePosixPath(path).parents
    if manifest is None:
        return str(above[0])
    return next((str(each) for each in above if str(each / manifest) in paths), ROOT)


def _within(folder: str, wanted: str) -> bool:
    return wanted in {ROOT, folder} or folder.startswith(f"{wanted}/")
