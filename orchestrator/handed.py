"""What came into a run from outside, as a recording carries it: a replay has neither the folder nor the commit."""

import base64
from collections.abc import Mapping

import msgspec

from .ports import Git, TreeEntry


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two trees, whole."""

    author: str
    by: str
    files: dict[str, tuple[str, str] | None]
    """Mode and content in base64 by path; None where the file is gone."""


async def packed(git: Git, old: str, new: str, *, author: str, by: str) -> str:
    """The files of a tree that another one does not have so, as the value of a choice."""
    files: dict[str, tuple[str, str] | None] = {}
    for path, entry in (await git.changed(old, new)).items():
        content = base64.b64encode(await git.read(entry.id)).decode() if entry is not None else ""
        files[path] = (entry.mode, content) if entry is not None else None
    return msgspec.json.encode(Handed(author=author, by=by, files=files)).decode()


def unpacked(text: str) -> Handed:
    """What such a value holds."""
    return msgspec.json.decode(text, type=Handed)


async def laid(files: Mapping[str, tuple[str, str] | None], *, onto: str, git: Git) -> str:
    """A tree with these files as they were handed in."""
    changes: dict[str, TreeEntry | None] = {}
    for path, file in files.items():
        changes[path] = file and TreeEntry(mode=file[0], id=await git.write(base64.b64decode(file[1])))
    return await git.amend_tree(onto, changes)
