"""Puts a run into one file: its folder without what belongs to this machine, and a bundle of its refs."""

import argparse
import asyncio
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import GitError, RunStateError, UsageError
from ..orchestrator.git.bundle import missing, refs_of, remote_branches, write_bundle
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.events import Fact
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.rules.redact import redact, secrets_of
from ..orchestrator.run_view import FRAME, START
from ..orchestrator.store.database import copy_database
from ..orchestrator.store.folder import RunFolder, find
from ..orchestrator.store.journal import Journal
from ..orchestrator.store.moving import copy_run, resettled, without_places
from ..tui.snapshot import FINISHED
from . import archive
from .models import EXAMPLES
from .output import emit, say
from .repository import OpenRun, locate, opened

FORMAT = 1
SHIPPED = "shipped:"
"""What stands before the name of a recording that ships with agentctl, in the place of its path."""
PACKED = "packed"
"""What stands for a recording that is in the archive."""
_CHUNK = 1 << 20
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A run that is packed, and the repository it is in."""

    folder: RunFolder
    root: Path
    git: Repository

    @property
    def begun(self) -> bool:
        """Whether there are checkpoints."""
        return self.folder.graph_db.exists()


def pack(args: argparse.Namespace) -> int:
    """`agentctl pack`: write the archive, or for a name that ends with .jsonl a recording for ``--replay``."""
    root, target = locate(args.repo), Path(args.file).expanduser()
    folder = find(root, args.run)
    if target.exists():
        raise UsageError(f"{target} is there already: name another file.")
    if target.name.endswith((".jsonl", ".jsonl.gz")):
        with _held(folder):
            _record(folder, target)
        say(f"replay it with: agentctl run SPEC --replay {target}")
        emit([str(target)])
        return 0
    archive.check_ending(target)
    source = Source(folder=folder, root=root, git=open_repository(root))
    with _held(folder), tempfile.TemporaryDirectory(prefix="agentctl-pack-") as scratch:
        _write(source, target, Path(scratch), whole=args.whole)
    say(f"take it up in another clone with: agentctl unpack {target.name}")
    emit([str(target)])
    return 0


def _held(folder: RunFolder) -> AbstractContextManager[object]:
    if (driver := folder.driver()) is not None:
        raise RunStateError(f"{folder.run} is driven by {driver}: stop it first, with Ctrl-C there.")
    return folder.lock()


def _record(folder: RunFolder, target: Path) -> None:
    """Make a run a recording.

    Raises:
        UsageError: it has asked no model, or a replay would lack what it had from earlier runs.
        RunStateError: there is a secret in it.
    """
    from ..agents import recording  # reads and writes what models said, which an archive need not
    from .playable import missing as unplayable

    with opened(folder) as run, tempfile.TemporaryDirectory(prefix="agentctl-pack-") as scratch:
        if not folder.calls_db.exists():
            raise UsageError(f"{folder.run} has asked no model yet, so there is nothing to replay.")
        with closing(Journal(folder.calls_db, clock=SystemClock(), redact=redact, readonly=True)) as journal:
            if lacking := list(unplayable(run.store, journal)):
                raise UsageError(
                    f"{folder.run} cannot be replayed: {'; '.join(lacking[:_REASONS])}. Build it again with `agentctl "
                    f"run SPEC --anew --record {target.name}`, or pack it as .tar.zst, to be read or resumed elsewhere."
                )
            draft = Path(scratch) / "recording.jsonl"
            recording.write(draft, journal=journal, store=run.store)
            _refuse_secrets({"run/spec.md": folder.spec, "the recording": draft})
            recording.write(target, journal=journal, store=run.store)


def _write(source: Source, target: Path, scratch: Path, *, whole: bool) -> None:
    with opened(source.folder) as run:
        state, settings, base = run.store.run().state, run.store.run().settings, run.store.run().base
        bundle, manifest = asyncio.run(_bundle(source, run, whole=whole))
    files: dict[str, Path | bytes] = {archive.MANIFEST: manifest, archive.BUNDLE: bundle}
    files |= _databases(source, scratch)
    recording = _recording(settings)
    if recording is not None:
        files[f"run/recording.jsonl{'.gz' if recording.suffix == '.gz' else ''}"] = recording
    for blob in sorted(source.folder.blobs.glob("??/" + "?" * 62)):
        files[f"run/blobs/{blob.parent.name}/{blob.name}"] = blob
    _refuse_secrets(files)
    archive.write(target, files)
    target.chmod(0o600)
    for line in _told(source, files, state=state, base=base, whole=whole):
        say(line)


async def _bundle(source: Source, run: OpenRun, *, whole: bool) -> tuple[bytes, bytes]:
    """The bundle and the manifest."""
    from ..orchestrator.graphs.left import trees_left  # brings LangGraph, which takes half a second

    git, store, base = source.git, run.store, run.store.run().base
    refs = await refs_of(git, source.folder.run)
    beside = {
        *(await trees_left(source.folder.graph_db) if source.begun else ()),
        *(c for k in (START, FRAME) if (c := store.choice(k))),
    }
    for attempt in store.attempts():
        beside |= {each for each in (attempt.base_tree, attempt.tree, attempt.patch) if each}
    lost = await missing(git, refs.values())
    if lost or await missing(git, [base]):
        raise GitError(f"git has lost {', '.join((*lost, base))[:200]}, which {source.folder.run} needs: run git fsck.")
    bundle = await write_bundle(git, refs=refs, base=None if whole else base, beside=sorted(beside))
    manifest = {
        "format": FORMAT,
        "agentctl": __version__,
        "run": source.folder.run,
        "base": base,
        "base_in": list(await remote_branches(git, base)),
        "whole": whole,
        "refs": refs,
    }
    return bundle, json.dumps(manifest, indent=1, sort_keys=True).encode()


def _databases(source: Source, scratch: Path) -> dict[str, Path | bytes]:
    """The tables as they are now, without logs beside them and without what was deleted from them."""
    folder = source.folder
    change = _portable(source.root)
    copy_run(folder.run_db, scratch / "run.db", change=change)
    files: dict[str, Path | bytes] = {"run/spec.md": folder.spec, "run/run.db": scratch / "run.db"}
    for path in (folder.calls_db, folder.graph_db):
        if path.exists():
            copy_database(path, scratch / path.name)
            files[f"run/{path.name}"] = scratch / path.name
    return files


def _portable(root: Path) -> Callable[[Fact], Fact]:
    def settings(had: RunSettings) -> RunSettings:
        return replace(had, repo="", record=None, replay=_told_recording(had))

    first, then = resettled(settings), without_places(_places(root))

    def change(fact: Fact) -> Fact:
        return then(first(fact))

    return change


def _places(root: Path) -> dict[str, str]:
    """Folders of this machine and the words for them, the longest first."""
    return {str(root): "the repository", str(Path.home()): "~"}


def _told_recording(settings: RunSettings) -> str | None:
    if settings.replay is None:
        return None
    path = Path(settings.replay)
    return f"{SHIPPED}{path.name}" if path.parent == EXAMPLES else PACKED


def _recording(settings: RunSettings) -> Path | None:
    path = Path(settings.replay) if settings.replay is not None else None
    if path is None or path.parent == EXAMPLES:
        return None
    if not path.is_file():
        raise UsageError(f"{path}, the recording that this run replays, is gone: put it back, or the run cannot go on.")
    return path


def _refuse_secrets(files: dict[str, Path | bytes]) -> None:
    """Nothing leaves that is a key of this environment, or that looks like one in the spec.

    Raises:
        RunStateError: names the file.
    """
    spec = files["run/spec.md"]
    text = spec.read_text(encoding="utf-8", errors="replace") if isinstance(spec, Path) else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if redact(line) != line:
            raise RunStateError(f"line {number} of the spec holds what looks like a secret: nothing was packed")
    known = [secret.encode() for secret in secrets_of(os.environ)]
    for name, content in files.items():
        if known and any(_holds(content, secret) for secret in known):
            raise RunStateError(f"{name} holds a key that is set in this environment: nothing was packed")


def _holds(content: Path | bytes, secret: bytes) -> bool:
    if isinstance(content, bytes):
        return secret in content
    before = b""
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if secret in before + chunk:
                return True
            before = chunk[-len(secret) :]
    return False


def _told(source: Source, files: dict[str, Path | bytes], *, state: str, base: str, whole: bool) -> Iterator[str]:
    if not whole:
        yield f"the clone that takes it up needs commit {base}; `pack --whole` brings the history along"
    if state in FINISHED:
        yield f"{source.folder.run} is {state}: it can be read, and not resumed"
    root = str(source.root).encode()
    named = [name for name, content in files.items() if _holds(content, root)]
    if named:
        blobs = sum(re.match(r"run/blobs/", name) is not None for name in named)
        others = [name for name in named if not name.startswith("run/blobs/")]
        yield (
            f"{source.root} still stands in {', '.join([*others, *([f'{blobs} texts'] if blobs else [])])}: "
            "prompts and tool output that are kept as they were"
        )
