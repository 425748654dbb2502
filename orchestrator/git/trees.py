"""What a tree holds, and what it becomes when paths change. Pure: ids are computed here, git writes the objects."""

import hashlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from ..errors import GitError
from ..ports import TreeEntry

GITLINK = "160000"
_FOLDER = "40000"
_KINDS = {_FOLDER: "tree", GITLINK: "commit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every file of a tree by path, and the id of every folder; the root is the folder ``""``."""

    files: Mapping[str, TreeEntry]
    folders: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A tree after a change: its listing, and the folders that git has to write, inner ones first."""

    listing: Listing
    ids: tuple[str, ...]
    records: bytes
    """Input of ``git mktree -z --batch``."""


def decode_path(raw: bytes) -> str:
    """A path as Python holds it; what is not UTF-8 survives as surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def encode_path(path: str) -> bytes:
    """What `decode_path` read."""
    return path.encode("utf-8", "surrogateescape")


def object_hash(kind: str, content: bytes, *, like: str) -> str:
    """The id git gives an object, in the hash function of the repository that ``like`` is an id of."""
    digest = begin_hash(kind, len(content), like=like)
    digest.update(content)
    return digest.hexdigest()


def begin_hash(kind: str, size: int, *, like: str) -> "hashlib._Hash":
    """`object_hash` for an object of ``size`` bytes that comes in pieces."""
    head = b"%s %d\0" % (kind.encode(), size)
    if len(like) == hashlib.sha256().digest_size * 2:
        return hashlib.sha256(head)
    return hashlib.sha1(head, usedforsecurity=False)


def parse_listing(tree: str, output: bytes) -> Listing:
    """Read ``git ls-tree -r -t -z`` of ``tree``."""
    files: dict[str, TreeEntry] = {}
    folders = {"": tree}
    for record in output.split(b"\0")[:-1]:
        meta, _, raw = record.partition(b"\t")
        mode, kind, identifier = meta.decode("ascii").split(" ")
        path = decode_path(raw)
        if kind == "tree":
            folders[path] = identifier
        else:
            files[path] = TreeEntry(mode=mode, id=identifier)
    return Listing(files=MappingProxyType(files), folders=folders)


def parse_changes(output: bytes) -> dict[str, TreeEntry | None]:
    """Read ``git diff-tree -r -z --raw --no-renames --no-abbrev``."""
    parts = output.split(b"\0")
    changes: dict[str, TreeEntry | None] = {}
    for meta, raw in zip(parts[0:-1:2], parts[1::2], strict=True):
        _, mode, _, identifier, status = meta.decode("ascii").split(" ")
        changes[decode_path(raw)] = None if status == "D" else TreeEntry(mode=mode, id=identifier)
    return changes


def rebuild(listing: Listing, changes: Mapping[str, TreeEntry | None]) -> Rebuilt:
    """Set or remove paths; only the folders on their way are made anew.

    Raises:
        GitError: a path is not one a tree can hold, or is to be a file and a folder at once.
    """
    files = dict(listing.files)
    touched = {""}
    for path, entry in changes.items():
        _check_path(path)
        touched.update(_above(path))
        if entry is None:
            files.pop(path, None)
        else:
            files[path] = entry
    folders = touched | listing.folders.keys()
    for path, entry in changes.items():
        if entry is not None:
            _check_place(path, files=files, folders=folders)
    return _write_folders(files, listing, touched)


def _write_folders(files: dict[str, TreeEntry], old: Listing, touched: set[str]) -> Rebuilt:
    children = _children(files, old, touched)
    folders = dict(old.folders)
    ids: list[str] = []
    records: list[bytes] = []
    for folder in sorted(touched, key=_depth, reverse=True):
        inside = children[folder]
        if not inside and folder:
            folders.pop(folder, None)
            continue
        identifier = object_hash("tree", _content(inside), like=old.folders[""])
        folders[folder] = identifier
        ids.append(identifier)
        records.append(b"".join(_records(inside)) + b"\0")
        if folder:
            above, _, name = folder.rpartition("/")
            children[above].append((encode_path(name), _FOLDER, identifier))
    listing = Listing(files=MappingProxyType(files), folders=folders)
    return Rebuilt(listing=listing, ids=tuple(ids), records=b"".join(records))


def _children(
    files: Mapping[str, TreeEntry], old: Listing, touched: set[str]
) -> dict[str, list[tuple[bytes, str, str]]]:
    """(name, mode, id) of what stands directly in each touched folder, but for the folders that are touched too."""
    children: dict[str, list[tuple[bytes, str, str]]] = {folder: [] for folder in touched}
    for path, entry in files.items():
        above, _, name = path.rpartition("/")
        if above in children:
            children[above].append((encode_path(name), entry.mode.lstrip("0"), entry.id))
    for folder, identifier in old.folders.items():
        above, _, name = folder.rpartition("/")
        if name and above in children and folder not in touched:
            children[above].append((encode_path(name), _FOLDER, identifier))
    return children


def _content(inside: list[tuple[bytes, str, str]]) -> bytes:
    inside.sort(key=lambda child: child[0] + b"/" if child[1] == _FOLDER else child[0])
    return b"".join(
        b"%s %s\0%s" % (mode.encode(), name, bytes.fromhex(identifier)) for name, mode, identifier in inside
    )


def _records(inside: list[tuple[bytes, str, str]]) -> Iterator[bytes]:
    for name, mode, identifier in inside:
        kind = _KINDS.get(mode, "blob")
        yield b"%s %s %s\t%s\0" % (mode.zfill(6).encode(), kind.encode(), identifier.encode(), name)


def _check_path(path: str) -> None:
    if "\0" in path or any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")):
        raise GitError(f"{path[:200]!r} is not a path a tree can hold")


def _check_place(path: str, *, files: Mapping[str, TreeEntry], folders: AbstractSet[str]) -> None:
    inside = path + "/"
    clash = path if path in folders and any(other.startswith(inside) for other in files) else None
    clash = clash or next((folder for folder in _above(path) if folder in files), None)
    if clash is not None:
        raise GitError(f"{clash!r} would be a file and a folder at once")


def _above(path: str) -> Iterator[str]:
    """The folders a path stands in, innermost first, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0
