"""Who wrote a line, and which commits say that they are of a spec. Reads commits; changes nothing."""

from dataclasses import dataclass, replace

from ..errors import GitError
from .names import object_id
from .repository import Repository

_FORMAT = "--format=%H%x00%P%x00%aN%x00%at%x00%B%x00"
_FIELDS = 5
_NOBODY = "0"
_REFUSED = 128
"""How git ends when it dies with a reason, as for a path that is not there."""
_FATAL = "fatal: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A commit and what it says. ``at`` is its author's time, in seconds since the epoch."""

    commit: str
    parents: tuple[str, ...]
    author: str
    at: float
    message: str

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return self.message.strip().split("\n", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """The commit that wrote a line, where the line stood in it, and its text."""

    commit: str
    path: str
    line: int
    text: str


async def mentioning(repository: Repository, *, tip: str, words: str) -> tuple[Told, ...]:
    """The commits up to ``tip`` whose messages hold a line with these words, newest first."""
    options = ("--topo-order", "--fixed-strings", f"--grep={words}", _FORMAT)
    answer = await repository.door.call("rev-list", *options, "--end-of-options", object_id(tip))
    return _told(answer.output)


async def told(repository: Repository, commit: str) -> Told:
    """One commit."""
    options = ("--max-count=1", _FORMAT, "--end-of-options", object_id(commit))
    (found,) = _told((await repository.door.call("rev-list", *options)).output)
    return found


async def touching(repository: Repository, *, tip: str, path: str) -> tuple[Told, ...]:
    """The commits up to ``tip`` that changed a path, newest first."""
    answer = await repository.door.call(
        "rev-list", "--topo-order", _FORMAT, "--end-of-options", object_id(tip), "--", path
    )
    return _told(answer.output)


async def reaches(repository: Repository, *, tip: str, commit: str) -> bool:
    """Whether a commit is part of what ``tip`` stands on; false for one that is not here at all."""
    return await repository.reaches(tip=tip, commit=commit)


async def blame(repository: Repository, *, commit: str, path: str, line: int) -> Blamed:
    """Who wrote one line of a file, counted from 1, as it is at ``commit``; moves of files are followed.

    Commits that the repository's ``blame.ignoreRevsFile`` lists are passed over; its path is that from the checkout, so
    git is started there. The files of the checkout are not looked at.

    Raises:
        GitError: the file is not in that commit, or has no such line; its message is git's reason alone.
    """
    place = repository.location
    door = repository.door if place.bare else replace(repository.door, work_tree=place.root)
    options = ("--porcelain", "--no-textconv", f"-L{line},{line}")
    answer = await door.call("blame", *options, object_id(commit), "--", path, accept=(0, _REFUSED))
    if answer.status == _REFUSED:
        raise GitError(_reason(answer.words))
    lines = answer.output.decode("utf-8", "replace").split("\n")
    first = lines[0].split(" ")
    if len(first) < 3 or first[0].strip(_NOBODY) == "":  # noqa: PLR2004 - id, line there, line here
        raise GitError(f"git does not say who wrote {path}:{line}")
    name = next((each.removeprefix("filename ") for each in lines if each.startswith("filename ")), path)
    text = next((each[1:] for each in lines if each.startswith("\t")), "")
    return Blamed(commit=object_id(first[0]), path=name, line=int(first[1]), text=text)


def _reason(words: str) -> str:
    """Why git died, without the hints it gives before; all of its words where it names no reason."""
    said = [line.removeprefix(_FATAL) for line in words.splitlines() if line.startswith(_FATAL)]
    return "; ".join(said) or words or "git gave no reason"


def _told(output: bytes) -> tuple[Told, ...]:
    """Read the format above: git puts a line ``commit ID`` before each, and ends each with a newline."""
    parts = output.decode("utf-8", "replace").split("\0")
    found = []
    for start in range(0, len(parts) - 1, _FIELDS):
        head, parents, author, at, message = parts[start : start + _FIELDS]
        found.append(
            Told(
                commit=object_id(head.rsplit("\n", 1)[-1]),
                parents=tuple(parents.split()),
                author=author,
                at=float(at or 0),
                message=message,
            )
        )
    return tuple(found)
