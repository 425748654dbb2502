"""The demo: a shipped spec and the recorded answers of its run, in a new repository. Asks no model."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..orchestrator.errors import UsageError
from ..orchestrator.git.opening import create_repository, open_repository
from ..orchestrator.git.own_checkout import add_file, forward
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.store.folder import all_runs
from ..tui.clean import clean
from . import processes
from .driving import Manner, drive
from .following import choose
from .models import EXAMPLES, recording_of
from .outcome import DONE, INTERRUPTED
from .output import emit, say
from .recorded import answers_of, departures
from .report import collect, lines
from .repository import OpenRun, opened
from .settings import Flags, load
from .specfile import read_spec
from .starting import Wiring
from .terminal import interactive

USUAL = "quickstart"
TARGET_SECONDS = 20.0
"""How long the recorded model time is made to take: long enough to watch, short enough to wait for."""


EDITED = "-edited"
"""Ends the name of a shipped spec that is another one after an edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A shipped spec and the recording of its run."""

    spec: Path
    recording: Path


def names() -> tuple[str, ...]:
    """The demonstrations that this installation ships, the first of them the usual one."""
    found = {path.name.partition(".")[0].removesuffix(EDITED) for path in EXAMPLES.glob("*.recording.jsonl*")}
    return tuple(sorted(found, key=lambda name: (name != USUAL, name)))


def parts_of(name: str) -> tuple[Part, ...]:
    """What a demonstration plays, in its order.

    Raises:
        UsageError: this installation ships no such recording.
    """
    places = [EXAMPLES / f"{name}{ending}.md" for ending in ("", EDITED)]
    found = [(place, recording_of(read_spec(str(place)))) for place in places if place.exists()]
    parts = tuple(Part(spec=place, recording=recording) for place, recording in found if recording is not None)
    if not parts:
        have = ", ".join(names())
        ways = f"those it ships are {have}" if have else "install agentctl anew, or run a spec of your own"
        raise UsageError(f"This installation ships no recorded run of that name: {ways}.")
    return parts


def demo(args: argparse.Namespace, wiring: Wiring) -> int:
    """Replay a demonstration in a new repository, and show what came of it.

    Raises:
        UsageError: this installation ships no such recording, or --repo names a folder that is there already.
    """
    parts = parts_of(args.name)
    root = _new_root(args.repo)
    say("The answers in this run were recorded earlier; no model is asked anything now.")
    code = DONE
    for number, part in enumerate(parts):
        if number:
            say("The result is taken over, the spec is edited, and run again: what the edit does not touch stays.")
        code = _played(args, wiring, root, part, placed(root, parts, number)) or code
        if code == INTERRUPTED:
            break
    emit(["", f"All of it is in {root}"])
    return code


def _played(args: argparse.Namespace, wiring: Wiring, root: Path, part: Part, place: Path) -> int:
    spec = read_spec(str(place))
    settings = load(root, Flags(replay=str(part.recording)), environ={})
    scale = args.scale if args.scale is not None else scale_for(part.recording)
    extras = wiring.Extras(models={}, sandbox_accepted=False, scale=scale)
    folder = wiring.prepare(root, spec.text, spec.name, replace(settings.run, approve=True), extras)
    ask, answers = interactive(no_input=args.no_input), answers_of(part.recording)
    manner = Manner(
        progress=choose(args.progress),
        wait=True,
        ask=ask,
        author=processes.person(root),
        recorded={} if ask else answers,
    )
    code = drive(lambda: wiring.open_driver(folder, extras), folder, manner)
    with opened(folder) as run:
        emit(["", *lines(collect(run, now=time.time())), "", "## Merged history", "", *_history(root, run)])
        for departure in departures(run.store.questions(), answers):
            say(departure)
    return code


def placed(root: Path, parts: Sequence[Part], number: int) -> Path:
    """Where the spec of that part is run from: as it ships, or, where it is edited later, as a file of the repository.

    A later part stands on top of what the one before it landed, which is taken over as its owner would.
    """
    if len(parts) == 1:
        return parts[0].spec
    name, content = parts[0].spec.name, parts[number].spec.read_bytes()

    async def commit() -> None:
        git = open_repository(root)
        if number:
            tip = await git.resolve(integration_branch(all_runs(root)[-1].run))
            if tip is not None:
                await forward(git, root, tip)
        message = "Edit the specification" if number else "Specification"
        await add_file(git, root, name, content, message=message, at=time.time())

    asyncio.run(commit())
    return root / name


def scale_for(recording: Path) -> float:
    """The factor that makes all recorded calls take `TARGET_SECONDS` one after the other, and less side by side."""
    from ..agents.recording import read

    total = sum(call.seconds for call in read(recording).calls.values())
    return 1.0 if total <= TARGET_SECONDS else TARGET_SECONDS / total


def _new_root(repo: str | None) -> Path:
    if repo is None:
        root = Path(tempfile.mkdtemp(prefix="agentctl-demo-"))
    else:
        root = Path(repo).expanduser().resolve()
        if root.exists() and any(root.iterdir()):
            raise UsageError(f"{root} is not empty: the demo wants a folder that does not exist.")
    create_repository(root, at=time.time())
    return root


def _history(root: Path, run: OpenRun) -> Iterator[str]:
    async def commits() -> list[tuple[str, str]]:
        git = open_repository(root)
        tip = await git.resolve(integration_branch(run.folder.run))
        return list(await git.log(since=run.store.run().base, tip=tip)) if tip else []

    for commit, message in reversed(asyncio.run(commits())):
        yield f"* {commit[:10]} {clean(message.partition(chr(10))[0])}"
