"""The objects and refs of a run as a git bundle, and back into another clone. Moves refs of ours only.

A bundle (version 2 of git's format) holds what the run made on top of its base; the base itself is left out, so that a
clone which has it gets it from nowhere else. Beside what the refs reach it holds trees that only a run's tables know:
what a worker had written when the run stopped.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..errors import GitError, RunStateError
from .names import object_id, own_ref
from .repository import Repository

_SIGNATURE = b"# v2 git bundle\n"
_LONGEST_HEADER = 4_000_000
_REF = re.compile(rb"([0-9a-f]{40}(?:[0-9a-f]{24})?) (refs/[^\n]{1,400})")
_NEEDED = re.compile(rb"-([0-9a-f]{40}(?:[0-9a-f]{24})?)(?: [^\n]{0,400})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was read: its refs, the commits it builds on, and the pack."""

    refs: Mapping[str, str]
    needs: tuple[str, ...]
    pack: bytes


def prefixes(run: str) -> tuple[str, str]:
    """Where the refs of a run stand; each ends with a slash."""
    return f"refs/agentctl/{run}/", f"refs/heads/agentctl/{run}/"


async def refs_of(repository: Repository, run: str) -> dict[str, str]:
    """Every ref of a run, with what it points at."""
    found: dict[str, str] = {}
    for prefix in prefixes(run):
        found |= await repository.refs(prefix)
    return found


async def write_bundle(
    repository: Repository, *, refs: Mapping[str, str], base: str | None, beside: Iterable[str] = ()
) -> bytes:
    """The refs with all that they need on top of ``base`` (None: with their whole history), and the objects ``beside``.

    Objects of ``beside`` that git has forgotten are left out.
    """
    roots = [*dict.fromkeys(refs.values()), *await _present(repository, beside)]
    without = [f"^{object_id(base)}"] if base is not None else []
    asked = "".join(f"{line}\n" for line in (*map(object_id, roots), *without))
    options = ("--revs", "--thin", "--delta-base-offset", "--quiet", "--stdout")
    pack = (await repository.door.call("pack-objects", *options, stdin=asked.encode())).output
    needs = f"-{base} the base of the run\n" if base is not None else ""
    header = needs + "".join(f"{value} {own_ref(name)}\n" for name, value in sorted(refs.items()))
    return _SIGNATURE + header.encode() + b"\n" + pack


def read_bundle(data: bytes, *, run: str) -> Bundle:
    """What `write_bundle` wrote.

    Raises:
        RunStateError: it is no bundle of that run's refs and nothing else.
    """
    head, found, _ = data[:_LONGEST_HEADER].partition(b"\n\n")
    if not found or not head.startswith(_SIGNATURE.rstrip()):
        raise RunStateError("refs.bundle is no git bundle that agentctl wrote: the archive is damaged")
    refs: dict[str, str] = {}
    needs: list[str] = []
    for line in head.split(b"\n")[1:]:
        if needed := _NEEDED.fullmatch(line):
            needs.append(needed[1].decode())
        elif (ref := _REF.fullmatch(line)) and (name := ref[2].decode("utf-8", "replace")).startswith(prefixes(run)):
            refs[own_ref(name)] = ref[1].decode()
        else:
            raise RunStateError(f"refs.bundle names what is no ref of run {run}: {line[:200]!r}")
    return Bundle(refs=refs, needs=tuple(needs), pack=data[len(head) + 2 :])


async def missing(repository: Repository, objects: Iterable[str]) -> tuple[str, ...]:
    """Those of these objects that the repository does not have."""
    wanted = list(dict.fromkeys(map(object_id, objects)))
    there = set(await _present(repository, wanted))
    return tuple(each for each in wanted if each not in there)


async def take_in(repository: Repository, bundle: Bundle, *, most: int) -> None:
    """Store the objects of a bundle, each checked by git; at most ``most`` bytes of them. No ref moves.

    Raises:
        GitError: git found an object broken, too many bytes, or a link to what is not there.
    """
    options = ("--stdin", "--fix-thin", "--strict", f"--max-input-size={most:d}")
    await repository.door.call("index-pack", *options, stdin=bundle.pack)


async def set_refs(repository: Repository, refs: Mapping[str, str]) -> None:
    """Make these refs; those that are there already have to point at the same.

    Raises:
        GitError: one of them points elsewhere; none is moved then that was not there.
    """
    for name, value in refs.items():
        there = (await repository.refs(name)).get(name)
        if there not in (None, value):
            raise GitError(f"{name} is there already and points at {there}, not at {value}: move it away first")
    for name, value in refs.items():
        if not await repository.move_ref(name, new=value, old=None):
            there = (await repository.refs(name)).get(name)
            if there != value:
                raise GitError(f"{name} was made by somebody else meanwhile, and points at {there}")


async def contains(repository: Repository, *, tip: str, base: str) -> Collection[str]:
    """The commits up to ``tip`` that are not in ``base``'s history."""
    span = ("--end-of-options", object_id(tip), "^" + object_id(base))
    return set((await repository.door.call("rev-list", *span)).output.decode("ascii").split())


async def remote_branches(repository: Repository, commit: str) -> tuple[str, ...]:
    """The branches of remotes that are known to hold a commit, such as ``origin/main``."""
    options = (f"--contains={object_id(commit)}", "--format=%(refname)", "--end-of-options", "refs/remotes/")
    answer = await repository.door.call("for-each-ref", *options)
    names = answer.output.decode("utf-8", "replace").split()
    return tuple(name.removeprefix("refs/remotes/") for name in names if not name.endswith("/HEAD"))


async def _present(repository: Repository, objects: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(map(object_id, objects)))
    if not wanted:
        return []
    asked = "".join(f"{each}\n" for each in wanted).encode()
    answer = await repository.door.call("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked)
    lines = answer.output.decode("ascii", "replace").splitlines()
    return [line.split()[0] for line in lines if not line.endswith(" missing")]
