"""The pictures of a spec: which of them a run shows to models, and how whoever cannot see is told of them.

Their bytes come from git, never from a disk or the network. What is left out is named, with its reason.
"""

from __future__ import annotations

import posixpath
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .fences import plain
from .models.port import Mime, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ..orchestrator.nouns.plan import SpecPicture
    from ..orchestrator.ports import Git, TreeEntry
    from .models.port import Message, Request

MOST = 8
MOST_BYTES = 5_000_000
"""Of one picture."""
MOST_TOGETHER = 14_000_000
"""Bytes of all pictures: as base64 they stay under the 20 MB of a request to the Gemini API, the smallest of any."""
_LFS = b"version https://git-lfs.github.com/"
_SYMLINK = "120000"
_FILES = frozenset({"100644", "100755"})
_ALT = 200
_NAMED = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A picture and the requirements it belongs to; an empty id stands for all of them."""

    picture: Picture
    items: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """The pictures of a spec that a run shows, and a line for each that it does not."""

    framed: tuple[Framed, ...] = ()
    left_out: tuple[str, ...] = ()

    def all(self) -> tuple[Picture, ...]:
        """Every picture that is shown, in the order of the spec."""
        return tuple(each.picture for each in self.framed)

    def of(self, requirements: Collection[str]) -> tuple[Picture, ...]:
        """The pictures of these requirements, and those that belong to no requirement."""
        return tuple(each.picture for each in self.framed if "" in each.items or each.items & set(requirements))


EMPTY = Album()


async def collect(pictures: Sequence[SpecPicture], *, place: str | None, base: str, git: Git) -> Album:
    """The pictures of a spec as they are in a commit.

    Args:
        pictures: what the spec shows, in its order.
        place: the spec's path from the root of the repository, which its pictures are relative to; empty for a spec
            that was given as text at the root, None for one from elsewhere.
        base: the commit that the run starts from.
        git: the repository it is in.
    """
    if not pictures:
        return EMPTY
    entries = await git.entries(await git.tree_of(base))
    framed: dict[str, Framed] = {}
    left_out: dict[str, str] = {}
    for shown in pictures:
        path, wrong = locate(shown.path, place=place)
        if (known := framed.get(path)) is not None:
            framed[path] = replace(known, items=known.items | {shown.item})
            continue
        entry = entries.get(path)
        wrong = wrong or unfit(entry) or ("" if len(framed) < MOST else f"at most {MOST} pictures are shown")
        if entry is not None and not wrong:
            content = (await git.read_many([entry.id]))[entry.id]
            wrong = unreadable(content, shown=sum(len(each.picture.data) for each in framed.values()))
            if (mime := kind(content)) is not None and not wrong:
                picture = Picture(path=path, alt=_words(shown.alt)[:_ALT], mime=mime, data=content)
                framed[path] = Framed(picture=picture, items=frozenset({shown.item}))
        if wrong:
            left_out.setdefault(shown.path, f"{_words(shown.path)[:_NAMED]} (line {shown.line}): {wrong}")
    return Album(framed=tuple(framed.values()), left_out=tuple(left_out.values()))


def missing(album: Album) -> str:
    """What to tell a person of the pictures that no model will see; empty where all are shown."""
    if not album.left_out:
        return ""
    return "pictures of the spec that models are not shown:\n" + "\n".join(f"  {line}" for line in album.left_out)


def locate(written: str, *, place: str | None) -> tuple[str, str]:
    """The path from the root of the repository that a spec at ``place`` means, and why there is none, or nothing.

    Like a link on a forge: percent-encoded, from the root of the repository where it begins with a slash.
    """
    try:
        parts = urlsplit(written)
    except ValueError:
        return "", "it is no path"
    if parts.scheme or parts.netloc:
        return "", "it is an address; nothing is fetched, so put the file into the repository"
    if place is None:
        return "", "the spec is not in the repository, so its files are not looked for"
    folder = "" if parts.path.startswith("/") else posixpath.dirname(place)
    path = posixpath.normpath(posixpath.join(folder, unquote(parts.path).lstrip("/")))
    if path == ".." or path.startswith("../"):
        return "", "it leads out of the repository"
    return path, ""


def unfit(entry: TreeEntry | None) -> str:
    """Why what stands at a path of the tree cannot be shown; empty where it can."""
    if entry is None:
        return "it is not in the commit that the run starts from; commit it"
    if entry.mode == _SYMLINK:
        return "it is a symbolic link; name the file itself"
    return "" if entry.mode in _FILES else "it is no file"


def unreadable(content: bytes, *, shown: int) -> str:
    """Why a file cannot be shown beside ``shown`` bytes of other pictures; empty where it can."""
    if content.startswith(_LFS):
        return "git holds only its Git LFS pointer"
    if kind(content) is None:
        return "it is no PNG, JPEG, GIF or WebP picture"
    if len(content) > MOST_BYTES:
        return f"it is larger than {MOST_BYTES // 1_000_000} MB"
    together = MOST_TOGETHER // 1_000_000
    return "" if shown + len(content) <= MOST_TOGETHER else f"the pictures are larger than {together} MB together"


def kind(content: bytes) -> Mime | None:
    """What a file is by its first bytes, whatever its name says; None for anything that is not shown."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def data_url(picture: Picture) -> str:
    """The picture as an address that holds it."""
    return f"data:{picture.mime};base64,{b64encode(picture.data).decode()}"


def name(picture: Picture) -> str:
    """The picture in words: its path, and what its author says it shows."""
    path = _words(picture.path).replace("`", "'")
    return f"`{path}` ({picture.alt})" if picture.alt else f"`{path}`"


def not_shown(picture: Picture) -> str:
    """What a model is told of a picture that it cannot see."""
    return f"The picture {name(picture)} is not shown."


def to_attach(picture: Picture) -> str:
    """What whoever carries a prompt elsewhere is told of a picture that belongs to it."""
    return f"The picture {name(picture)} belongs here; it is in the repository, to be attached."


def in_words(
    request: Request, tell: Callable[[Picture], str], *, which: Callable[[Picture], bool] = lambda _: True
) -> Request:
    """The request with a line of text at the end of its message for each such picture, in the picture's place."""
    if not any(message.pictures for message in request.messages):
        return request
    return replace(request, messages=tuple(_told(message, tell, which) for message in request.messages))


def _told(message: Message, tell: Callable[[Picture], str], which: Callable[[Picture], bool]) -> Message:
    lines = [tell(picture) for picture in message.pictures if which(picture)]
    kept = tuple(picture for picture in message.pictures if not which(picture))
    text = "\n".join([message.text.rstrip("\n"), "", *lines, ""]) if lines else message.text
    return replace(message, text=text, pictures=kept)


def _words(text: str) -> str:
    """Text of the spec on one line, without control characters."""
    return " ".join(plain(text).split())
