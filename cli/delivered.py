"""The files of a delivery: the text of each pull request, and its commits as mails. Takes away only what it wrote."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..orchestrator.errors import UsageError
from ..orchestrator.git.mail import letter, mail_of
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.delivery import Cut
from .output import as_json
from .repository import OpenRun

LIST = "delivery.json"
"""Names the files of a delivery, by which the next one into the same folder knows them."""
_OURS = re.compile(r"[a-z0-9-]+(?:\.md|/\d{4}-[A-Za-z0-9-]*\.(?:patch|eml))")
_LONGEST = 52


class _List(msgspec.Struct, frozen=True):
    """What `LIST` says."""

    run: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where everything is, by the names of the slices."""

    folder: Path
    texts: Mapping[str, Path]
    mails: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


async def write(folder: Path, run: OpenRun, git: Repository, cuts: Sequence[Cut], *, mail: bool) -> Written:
    """Write a delivery into a folder that is new, empty, or holds an earlier one, which it takes the place of.

    Raises UsageError for a folder that holds something else.
    """
    files: dict[str, bytes] = {}
    texts: dict[str, Path] = {}
    mails: dict[str, tuple[Path, ...]] = {}
    for cut in cuts:
        name = cut.slice.name
        texts[name] = folder / f"{name}.md"
        files[f"{name}.md"] = f"{cut.title}\n\n{cut.body}".encode()
        if mail:
            series = await _series(git, cut)
            mails[name] = tuple(folder / path for path in series if path.endswith(".patch"))
            files |= series
    _clear(folder)
    listed = (as_json({"run": run.folder.run, "files": sorted(files)}) + "\n").encode()
    # The list comes first: a delivery that is killed half way leaves a folder that the next one knows.
    for path, content in {LIST: listed, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return Written(folder=folder, texts=texts, mails=mails)


async def _series(git: Repository, cut: Cut) -> dict[str, bytes]:
    """The mails of a slice by their paths, and before them one with the text of its pull request."""
    commits = [commit for commit, _, _ in cut.commits]
    found = [each for commit in commits if (each := await mail_of(git, commit, number=0, of=0)) is not None]
    mails = [await mail_of(git, each.commit, number=n, of=len(found)) for n, each in enumerate(found, start=1)]
    name, me = cut.slice.name, await git.person()
    series = {
        f"{name}/{number:04d}-{_slug(each.subject)}.patch": each.content
        for number, each in enumerate(filter(None, mails), start=1)
    }
    first = letter(
        f"[PATCH 0/{len(found)}] {cut.title}", cut.body, commit=cut.head, sender=(me.name, me.address), at=time.time()
    )
    return {f"{name}/0000-cover-letter.eml": first, **series}


def _slug(subject: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", subject)[:_LONGEST].strip("-")


def earlier_in(folder: Path) -> tuple[str, ...]:
    """The files that an earlier delivery left in a folder; none in one that is new or empty.

    Raises UsageError for a folder that holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder with --out.")
    if not folder.exists() or not any(folder.iterdir()):
        return ()
    if not (folder / LIST).is_file():
        raise UsageError(f"{folder} holds other files: name a new or an empty folder with --out.")
    try:
        known = msgspec.json.decode((folder / LIST).read_bytes(), type=_List).files
    except msgspec.DecodeError as error:  # of which a wrong type is one
        raise UsageError(f"{folder / LIST} is not what a delivery wrote: name another folder with --out.") from error
    return tuple(name for name in known if _OURS.fullmatch(name))


def _clear(folder: Path) -> None:
    """Make room: take away the files of an earlier delivery."""
    for name in earlier_in(folder):
        (folder / name).unlink(missing_ok=True)
        if "/" in name and not any((folder / name).parent.iterdir()):
            (folder / name).parent.rmdir()
