"""Takes up a packed run in another clone: checks all of it first, then makes its refs and its folder."""

import argparse
import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import msgspec

from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import RepositoryError, RunStateError
from ..orchestrator.git.bundle import Bundle, contains, missing, read_bundle, set_refs, take_in
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.events import RunCreated
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import Run, RunSettings
from ..orchestrator.store.database import inspect_database
from ..orchestrator.store.folder import STAGED, adopt, alone, exclude_from_git
from ..orchestrator.store.moving import resettled, rewrite
from ..orchestrator.store.sqlite import SqliteStore
from ..tui.clean import clean
from ..tui.snapshot import FINISHED
from . import archive
from .models import EXAMPLES
from .output import emit, say
from .packing import FORMAT, PACKED, SHIPPED
from .repository import locate
from .settings import Flags, Settings, load

_CHUNK = 1 << 20
_IN_FIRST = "run/"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says of itself."""

    format: int
    agentctl: str
    run: str
    base: str
    base_in: list[str] = []
    whole: bool = False
    refs: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An archive that was unpacked beside the runs, and checked but for what only git knows."""

    folder: Path
    manifest: Manifest
    bundle: Bundle


def unpack(args: argparse.Namespace) -> int:
    """`agentctl unpack`: all of a run, or nothing of it."""
    root, path = locate(args.repo), Path(args.file).expanduser()
    git, here = open_repository(root), load(root, Flags())
    exclude_from_git(root)
    with _stage(root) as folder:
        staged = _staged(path, folder)
        run = _resettled(staged, root, here)
        if (root / ".agentctl" / "runs" / run.id).exists():
            raise RunStateError(f"run {run.id} is here already: nothing was changed")
        asyncio.run(_take_in(staged, run, git, folder))
        adopt(root, run.id, folder)
    for line in _told(run, here):
        say(line)
    emit([run.id])
    return 0


@contextmanager
def _stage(root: Path) -> Iterator[Path]:
    """A folder on the same disk as the runs, held while it is filled, and gone afterwards unless it became one."""
    runs = root / ".agentctl" / "runs"
    if (root / ".agentctl").is_symlink() or runs.is_symlink():
        raise RunStateError(f"{runs} is a symbolic link, which could lead anywhere: remove it")
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=STAGED, dir=runs))
    try:
        with alone(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _staged(path: Path, folder: Path) -> Staged:
    """Read the archive, each blob checked against its name.

    Raises:
        UsageError: it is no archive of a run.
        RunStateError: it is damaged, or holds what no run holds.
    """
    beside: dict[str, bytes] = {}

    def take(name: str, size: int, content: IO[bytes]) -> None:
        if not name.startswith(_IN_FIRST):
            beside[name] = content.read(size)
            return
        target = folder / name.removeprefix(_IN_FIRST)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = _copy(content, target)
        if target.parent.parent == folder / "blobs" and digest != target.parent.name + target.name:
            raise RunStateError(f"{name} is damaged: have the run packed again")

    archive.read(path, take=take)
    if not {archive.MANIFEST, archive.BUNDLE} <= beside.keys() or not (folder / "run.db").exists():
        raise RunStateError(f"{path} is incomplete: have the run packed again")
    try:
        manifest = msgspec.json.decode(beside[archive.MANIFEST], type=Manifest)
    except msgspec.MsgspecError as error:
        raise RunStateError(f"{path}: {archive.MANIFEST} cannot be read ({error})") from error
    if manifest.format > FORMAT:
        raise RunStateError(f"{path} was packed by agentctl {clean(manifest.agentctl)}, which is newer: upgrade")
    for name in ("run.db", "calls.db", "graph.db"):
        if (folder / name).exists():
            inspect_database(folder / name)
    return Staged(folder=folder, manifest=manifest, bundle=read_bundle(beside[archive.BUNDLE], run=manifest.run))


def _copy(content: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as file:
        target.chmod(0o600)
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _resettled(staged: Staged, root: Path, here: Settings) -> Run:
    """The run, with this clone in the place of the other, and nothing that would reach out of it unasked."""
    run_db, final = staged.folder / "run.db", root / ".agentctl" / "runs" / staged.manifest.run
    known = {server.name: server for server in here.run.mcp}
    wanted: list[str] = []

    def settings(had: RunSettings) -> RunSettings:
        wanted.extend(server.name for server in had.mcp)
        mine = tuple(known[server.name] for server in had.mcp if server.name in known)
        replay = _recording(had.replay, staged.folder, final)
        return replace(had, repo=str(root), record=None, replay=replay, mcp=mine, commit=here.run.commit)

    rewrite(run_db, change=resettled(settings))
    with SqliteStore(run_db, clock=SystemClock(), redact=str, blobs=None) as store:
        run, created = store.run(), [e.fact for e in store.events() if isinstance(e.fact, RunCreated)]
    if len(created) != 1 or (run.id, run.base) != (staged.manifest.run, staged.manifest.base):
        raise RunStateError("the archive's run is not the one that its manifest names: do not use it")
    for name in dict.fromkeys(map(clean, wanted)):
        if name not in known:
            say(f"the tools of {name} are left out: set up [mcp.{name}] here to have them")
    return run


def _recording(said: str | None, folder: Path, final: Path) -> str | None:
    """Where the recording is that a run replays: in its folder, or among those that ship with agentctl."""
    if said is None:
        return None
    name = said.removeprefix(SHIPPED)
    if said.startswith(SHIPPED) and name == Path(name).name and (EXAMPLES / name).is_file():
        return str(EXAMPLES / name)
    packed = sorted(folder.glob("recording.jsonl*"))
    if said == PACKED and packed:
        return str(final / packed[0].name)
    raise RunStateError("the recording that this run replays is neither in the archive nor shipped with this agentctl")


async def _take_in(staged: Staged, run: Run, git: Repository, folder: Path) -> None:
    """The objects and the refs, once they say what the tables say.

    Raises:
        RepositoryError: the commit the run started from is not here; says what to fetch.
        RunStateError: refs and tables differ.
    """
    manifest, bundle = staged.manifest, staged.bundle
    if len(run.base) != len(await git.tree_of(await _head(git))):
        raise RepositoryError("this clone and the packed one do not name their objects alike (sha1 and sha256).")
    if set(bundle.needs) - {run.base}:
        raise RunStateError("the archive builds on commits that its run does not name: do not use it")
    if bundle.needs and await missing(git, bundle.needs):
        raise RepositoryError(_told_missing(manifest))
    if dict(bundle.refs) != manifest.refs:
        raise RunStateError("the refs in the archive are not those that its manifest names: do not use it")
    await take_in(git, bundle, most=archive.MOST_BYTES)
    if lost := await missing(git, [run.base, *bundle.refs.values()]):
        raise RunStateError(f"the archive lacks {', '.join(lost)[:200]}: have the run packed again")
    with SqliteStore(folder / "run.db", clock=SystemClock(), redact=str, blobs=None, readonly=True) as store:
        await _agree(store, bundle, git, run)
    await set_refs(git, bundle.refs)


async def _head(git: Repository) -> str:
    head = await git.resolve("HEAD")
    if head is None:
        raise RepositoryError("this clone has no commit yet: fetch the project first.")
    return head


async def _agree(store: SqliteStore, bundle: Bundle, git: Repository, run: Run) -> None:
    """Invariants of a run's refs: attempts where the tables say, and all landings on a branch with a green tip."""
    for attempt in store.attempts():
        ref = attempt.key.ref(run.id)
        if ref in bundle.refs and bundle.refs[ref] != attempt.patch:
            raise RunStateError(f"{ref} is not the patch that run.db has of {attempt.key}: do not use this archive")
    tip = bundle.refs.get(integration_branch(run.id))
    landings = store.landings()
    if tip is None:
        if landings:
            raise RunStateError("the archive has landings and no branch that holds them: do not use it")
        return
    history = await contains(git, tip=tip, base=run.base)
    lost = [landing.commit for landing in landings if landing.commit not in history]
    if lost:
        raise RunStateError(f"{lost[0]} landed and is not on the archive's branch: do not use it")
    verdict = store.verdict_of_tree(await git.tree_of(tip))
    if verdict is None or not verdict.passed:
        raise RunStateError("the archive's branch points at a tree that no gate has passed: do not use it")


def _told_missing(manifest: Manifest) -> str:
    fetch = [f"git fetch {remote} {rest}" for remote, _, rest in (name.partition("/") for name in manifest.base_in)]
    how = (
        f"fetch it first: {' or '.join(map(clean, fetch[:3]))}"
        if fetch
        else "it was on no branch of a remote: have it pushed, or have the run packed with --whole"
    )
    return f"the run starts from commit {clean(manifest.base)}, which this clone does not have; {how}."


def _told(run: Run, here: Settings) -> Iterator[str]:
    """What to know before it is resumed."""
    settings = run.settings
    yield f"run {run.id} ({clean(run.title, width=80)}) is {run.state}: agentctl brief {run.id}"
    if run.state in FINISHED:
        return
    yield f"it asks the models of profile {clean(settings.profile)}, with a cap of ${settings.limits.usd:.2f} in all"
    commands = [*([settings.setup] if settings.setup else []), *settings.gate]
    if commands and (settings.setup, settings.gate) != (here.run.setup, here.run.gate):
        yield f"in the sandbox it runs, besides tests: {'; '.join(clean(command, width=200) for command in commands)}"
    if settings.sandbox == "none":
        yield "it was begun without a sandbox: resume asks for that word again"
    yield f"go on with: agentctl resume {run.id}"
