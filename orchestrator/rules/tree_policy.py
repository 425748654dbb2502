"""What a worker may hand back: regular files with harmless names, in reasonable sizes, where its task owns. Pure.

Names are judged for every file system a clone may land on: `.git` in the disguises that HFS+ and NTFS see through
(git's own `is_hfs_dotgit` and `is_ntfs_dotgit`), and names that one that folds case would take for one another. Globs
mean what orchestrator.rules.globs says: in doubt a path is not owned, and is protected.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..ports import TreeEntry
from .globs import covers, may_overlap

REGULAR = frozenset({"100644", "100755"})
LINK = "120000"
GITLINK = "160000"

_WORDS = {LINK: "is a symbolic link", GITLINK: "is a submodule"}
_UNSEEN = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF],
    None,
)
"""Code points HFS+ leaves out when it compares names; from utf8.c of git."""
_GIT_NAMES = frozenset({".git", "git~1"})
_MODULES_NAMES = frozenset({".gitmodules", "gitmod~1", "gitmod~2", "gitmod~3", "gitmod~4"})
_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """How much one change may bring. Bytes."""

    file_bytes: int = 2_000_000
    total_bytes: int = 20_000_000
    files: int = 5_000
    path_bytes: int = 1_000
    name_bytes: int = 255


DEFAULT_LIMITS = TreeLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One thing that is wrong with a change; ``path`` is None where it is the change as a whole."""

    path: str | None
    words: str


def violations(
    base: Mapping[str, TreeEntry],
    changed: Mapping[str, TreeEntry | None],
    *,
    owns: Sequence[str] = ("**",),
    protected: Sequence[str] = (),
    sizes: Mapping[str, int] | None = None,
    limits: TreeLimits = DEFAULT_LIMITS,
) -> tuple[str, ...]:
    """The words of `offences`, which takes the same arguments; empty if nothing is wrong."""
    found = offences(base, changed, owns=owns, protected=protected, sizes=sizes, limits=limits)
    return tuple(offence.words for offence in found)


def offences(
    base: Mapping[str, TreeEntry],
    changed: Mapping[str, TreeEntry | None],
    *,
    owns: Sequence[str] = ("**",),
    protected: Sequence[str] = (),
    sizes: Mapping[str, int] | None = None,
    limits: TreeLimits = DEFAULT_LIMITS,
) -> tuple[Offence, ...]:
    """What is wrong with changing ``base`` so, one sentence each, sorted by path.

    Args:
        base: every file of the tree the work started from.
        changed: the paths that differ, with what they are now; None where they are gone.
        owns: globs of what may change.
        protected: globs and paths of what may not, even if it is owned.
        sizes: bytes of the changed files, where they are known.
        limits: how much a change may bring.
    """
    real = {path: entry for path, entry in changed.items() if base.get(path) != entry}
    wrong: list[Offence] = []
    for path, entry in sorted(real.items()):
        reason = _entry_problem(path, entry, was=base.get(path), limits=limits) or _inside_submodule(path, base)
        reason = reason or _place_problem(path, owns=owns, protected=protected)
        if reason:
            wrong.append(Offence(path=path, words=f"{shown(path)} {reason}"))
    wrong.extend(_collisions(base, real))
    wrong.extend(_too_much(real, sizes or {}, limits))
    return tuple(wrong)


def name_problem(path: str, *, limits: TreeLimits = DEFAULT_LIMITS) -> str:
    """Why no file may have this path, as the end of a sentence about it; empty if one may."""
    parts = path.split("/")
    if not path.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in path):  # noqa: PLR2004 - surrogates
        return "has a name that is not UTF-8"
    if any(part in {"", ".", ".."} for part in parts):
        return "is not a path inside the tree"
    if parts[0].casefold() == ".agentctl":
        return "is in agentctl's own folder"
    if any(unicodedata.category(letter) == "Cc" for letter in path) or "\\" in path:
        return "has a control character or a backslash in its name"
    if any(is_git_name(part) for part in parts):
        return "reaches into `.git`, or into what a file system takes for it"
    if _plain(parts[-1]) in _MODULES_NAMES:
        return "defines submodules, which no task may do"
    if len(path.encode()) > limits.path_bytes or any(len(part.encode()) > limits.name_bytes for part in parts):
        return f"is longer than {limits.path_bytes} bytes, or one of its names is longer than {limits.name_bytes}"
    return ""


def is_git_name(name: str) -> bool:
    """Whether some file system takes this name for ``.git``."""
    return _plain(name) in _GIT_NAMES


def in_the_way(path: str, other: str) -> bool:
    """Whether one of them would have to be a folder for the other to be there."""
    return path.startswith(f"{other}/") or other.startswith(f"{path}/")


def shown(path: str) -> str:
    """A path as it may stand in a sentence: printable, quoted, and cut in the middle when it is long."""
    text = path if len(path) <= _SHOWN else f"{path[: _SHOWN // 2]}…{path[-_SHOWN // 2 :]}"
    return f"`{text}`" if text.isprintable() else ascii(text)


def _plain(name: str) -> str:
    """The name as the most forgetful file systems see it: no invisible letters, case, streams, or trailing dots."""
    seen = unicodedata.normalize("NFC", name.translate(_UNSEEN)).casefold()
    return seen.partition(":")[0].partition("\\")[0].rstrip(". ")


def _entry_problem(path: str, entry: TreeEntry | None, *, was: TreeEntry | None, limits: TreeLimits) -> str:
    if was is not None and was.mode == GITLINK:
        return "is a submodule, which no task may change"
    if entry is None:
        return ""
    if entry.mode not in REGULAR:
        return f"{_WORDS.get(entry.mode, 'is not a regular file')}; only regular files may be written"
    return name_problem(path, limits=limits) if was is None else ""


def _inside_submodule(path: str, base: Mapping[str, TreeEntry]) -> str:
    for above in _with_folders([path]):
        if above != path and above in base and base[above].mode == GITLINK:
            return f"is inside the submodule {shown(above)}, which no task may change"
    return ""


def _place_problem(path: str, *, owns: Sequence[str], protected: Sequence[str]) -> str:
    if any(path == glob or may_overlap(glob, path) or in_the_way(path, glob) for glob in protected):
        return "is protected: changing it takes a person's word"
    if not any(path == glob or covers(glob, path) for glob in owns):
        return f"is outside what this task owns ({', '.join(owns) or 'nothing'})"
    return ""


def _collisions(base: Mapping[str, TreeEntry], changed: Mapping[str, TreeEntry | None]) -> Iterator[Offence]:
    """New names that a file system which folds case would take for another one of the new tree."""
    new = sorted(path for path, entry in changed.items() if entry is not None and path not in base)
    if not new:
        return
    kept = (path for path in base if changed.get(path, path) is not None)
    first: dict[str, str] = {}
    for path in _with_folders([*kept, *new]):
        first.setdefault(_folded(path), path)
    for path in new:
        for name in reversed(list(_with_folders([path]))):
            other = first[_folded(name)]
            if other != name:
                yield Offence(path=path, words=f"{shown(path)} differs from {shown(other)} in case or accents only")
                break


def _with_folders(paths: Iterable[str]) -> Iterator[str]:
    """Each path, and the folders it stands in, once."""
    seen: set[str] = set()
    for path in paths:
        name = path
        while name and name not in seen:
            seen.add(name)
            yield name
            name = name.rpartition("/")[0]


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _too_much(
    changed: Mapping[str, TreeEntry | None], sizes: Mapping[str, int], limits: TreeLimits
) -> Iterator[Offence]:
    written = sorted(path for path, entry in changed.items() if entry is not None)
    for path in written:
        size = sizes.get(path, 0)
        if size > limits.file_bytes:
            words = f"{shown(path)} has {size} bytes, more than the {limits.file_bytes} a file may have"
            yield Offence(path=path, words=words)
    total = sum(sizes.get(path, 0) for path in written)
    if total > limits.total_bytes:
        words = f"The change has {total} bytes in all, more than the {limits.total_bytes} it may have"
        yield Offence(path=None, words=words)
    if len(changed) > limits.files:
        words = f"The change touches {len(changed)} files, more than the {limits.files} it may touch"
        yield Offence(path=None, words=words)
