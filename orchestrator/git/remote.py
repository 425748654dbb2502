"""Fetch and push. The only module that lets git reach another repository.

Git runs in a folder of its own that borrows the repository's objects: what the repository's configuration says of
remotes, addresses, proxies, helpers and hooks is not there to be read, and nothing but the refs named here is written
to it, no FETCH_HEAD either. A token goes by the environment, bound to the address's host; redirects are not followed.
"""

import shutil
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import GitError
from ..nouns.forge import Access
from ..rules.forge_addresses import on_loopback, protocol_of, root_of
from ..rules.redact import redact
from .door import Answer, Door
from .names import object_id, ref_ok
from .refusals import explain, refused_refs
from .repository import Repository
from .synthetic import lay_out

FETCHED = "refs/agentctl/forge/"
"""Where everything goes that is fetched."""
SENT = "refs/heads/agentctl/"
"""What is pushed, and nothing else."""
SECONDS = 900
"""How long a fetch or a push may take in all."""
_SLOWEST = 1000
"""Bytes a second; a transfer that is slower for `_PATIENCE` seconds has stalled."""
_PATIENCE = 60
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A branch of ours to be moved on the forge, if it is still where it was seen."""

    branch: str
    """``agentctl/RUN/NAME``."""
    new: str
    old: str | None
    """The commit it was seen at; None where it was not there."""


async def fetch(
    repository: Repository, access: Access, refspecs: Sequence[str], *, seconds: int = SECONDS
) -> Mapping[str, str]:
    """Bring refs of the forge here, as ``refs/heads/main:refs/agentctl/forge/heads/main``; what was there is replaced.

    Returns:
        The commits by the names they have here.

    Raises:
        ForgeRefused: the address or the login is refused, or a ref is not there.
        ForgeAway: the forge does not answer, or too slowly.
        GitError: a name that is none, or git failed here.
    """
    wanted = [_refspec(each) for each in refspecs]
    if not wanted:
        return {}
    async with _beside(repository, access, seconds=seconds) as door:
        options = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--quiet")
        specs = [f"+{source}:{here}" for source, here in wanted]
        answer = await door.call("fetch", *options, "--end-of-options", access.url, *specs, accept=_ANY_STATUS)
        _check(answer, access, doing="fetch from")
        got = await door.call("for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", FETCHED)
    pairs = [line.split(" ", 1) for line in got.output.decode().splitlines()]
    names = {here for _, here in wanted}
    found = {ref: object_id(commit) for commit, ref in pairs if ref in names}
    for ref, commit in found.items():
        await _point(repository, ref, commit)
    return found


async def push(repository: Repository, access: Access, pushes: Sequence[Push], *, seconds: int = SECONDS) -> None:
    """Move branches of ours on the forge, all or none, each only if it is where it was seen.

    Raises:
        HeadMoved: a branch is elsewhere: somebody pushed to it.
        ForgeRefused: the address, the login or a rule of the repository refuses it.
        ForgeAway: the forge does not answer, or too slowly; nothing is known of what it did.
        GitError: a name that is none, or git failed here.
    """
    if not pushes:
        return
    names = [_own(each.branch) for each in pushes]
    leases = [
        f"--force-with-lease={name}:{object_id(p.old) if p.old else ''}" for name, p in zip(names, pushes, strict=True)
    ]
    specs = [f"{object_id(each.new)}:{name}" for name, each in zip(names, pushes, strict=True)]
    options = ("--atomic", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--no-signed", "--porcelain")
    async with _beside(repository, access, seconds=seconds) as door:
        answer = await door.call("push", *options, *leases, "--end-of-options", access.url, *specs, accept=_ANY_STATUS)
    _check(answer, access, doing="push to")


_ANY_STATUS = range(-64, 256)
"""`_check` tells what a status means."""


@asynccontextmanager
async def _beside(repository: Repository, access: Access, *, seconds: int) -> AsyncIterator[Door]:
    """A door to an empty git directory that has the repository's objects and knows its refs, and nothing else of it."""
    protocol = protocol_of(access.url)
    folder = Path(tempfile.mkdtemp(prefix="agentctl-git-"))
    try:
        git_dir = folder / "git"
        await _lay_beside(repository, git_dir)
        yield Door(
            git_dir=git_dir,
            settings=_settings(access, protocol),
            variables=_variables(repository, protocol, home=folder),
            seconds=seconds,
            pool=repository.door.pool,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _lay_beside(repository: Repository, git_dir: Path) -> None:
    """The refs tell git what is here already, so that neither side sends it again."""
    options = ("--format=%(objectname) %(refname)", "--end-of-options", "refs/")
    refs = (await repository.door.call("for-each-ref", *options)).output
    long_hash = len(refs.partition(b" ")[0]) > len("0" * 40)
    lay_out(git_dir, long_hash=long_hash)
    (git_dir / "packed-refs").write_bytes(refs)
    shallow = repository.location.common_dir / "shallow"
    if shallow.is_file():
        shutil.copyfile(shallow, git_dir / "shallow")


def _settings(access: Access, protocol: str) -> dict[str, str]:
    settings = {
        "http.followRedirects": "false",
        "http.lowSpeedLimit": str(_SLOWEST),
        "http.lowSpeedTime": str(_PATIENCE),
        "transfer.fsckObjects": "false",  # what others pushed there may be old and odd; nothing of it is checked out
        "fetch.unpackLimit": "1",
        "push.default": "nothing",
    }
    if protocol != "file" and on_loopback(access.url):
        settings["http.proxy"] = ""
    if access.token and protocol != "file":
        settings[f"http.{root_of(access.url)}.extraHeader"] = f"Authorization: Basic {_basic(access.token)}"
    return settings


def _variables(repository: Repository, protocol: str, *, home: Path) -> dict[str, str]:
    return {
        "GIT_ALLOW_PROTOCOL": protocol,
        "GIT_ASKPASS": "",
        "GIT_OBJECT_DIRECTORY": str(repository.location.common_dir / "objects"),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
    }


def _basic(token: str) -> str:
    return b64encode(f"x-access-token:{token}".encode()).decode()


def _check(answer: Answer, access: Access, *, doing: str) -> None:
    if answer.status == 0:
        return
    said = "\n".join([answer.words, *refused_refs(answer.output.decode("utf-8", "replace"))])
    words = redact(said, secrets=[access.token, _basic(access.token)] if access.token else ())
    raise explain(words, status=answer.status, doing=doing, url=access.url)


def _refspec(text: str) -> tuple[str, str]:
    source, _, here = text.removeprefix("+").partition(":")
    if not ref_ok(source) or not ref_ok(here) or not here.startswith(FETCHED):
        raise GitError(f"{text[:200]!r} cannot be fetched: write refs/…:{FETCHED}…")
    return source, here


def _own(branch: str) -> str:
    name = f"refs/heads/{branch}"
    if not ref_ok(name) or not name.startswith(SENT):
        raise GitError(f"{branch[:200]!r} is not a branch under agentctl/; nothing else is ever pushed")
    return name


async def _point(repository: Repository, ref: str, commit: str) -> None:
    """Another process may fetch the same: whoever comes last is right."""
    for _ in range(_TRIES):
        old = (await repository.refs(ref)).get(ref)
        if old == commit or await repository.move_ref(ref, new=commit, old=old):
            return
    raise GitError(f"{ref} is moved by another process again and again; try again")
