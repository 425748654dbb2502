"""``python -m agentctl.bench.probe.record``: probes specs with whoever answers at a desk, and records the answers.

    record [SPEC ...] --desk DIR [--out DIR]     put the prompts on the desk and wait until all are answered
    record --next --desk DIR [--as NAME]         print the oldest prompt that nobody is at
    record --reply ID [FILE] --desk DIR          answer it, from a file or from standard input

Without SPEC, all specs of the bench that are not recorded yet are. Whoever answers must not know the gaps, and one
prompt must be answered without the others of the same spec in view: readers who know each other do not differ. A
recording that is stopped goes on where it was when the same command is given again.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ...agents import recording
from ...agents.caller import Caller, Caps, free
from ...agents.desk.inbox import Wanted, next_prompt, reply
from ...agents.models.desk import DeskModel
from ...agents.probe import ModelProber
from ...orchestrator.brake import Brake
from ...orchestrator.clock import SystemClock
from ...orchestrator.errors import AgentctlError
from ...orchestrator.nouns.events import RunCreated
from ...orchestrator.nouns.plan import SpecView
from ...orchestrator.nouns.runs import RunSettings
from ...orchestrator.ports import Store
from ...orchestrator.rules.probe_batch import batch
from ...orchestrator.store.journal import Journal
from ...orchestrator.store.sqlite import SqliteStore
from .scoring import RECORDINGS, SPECS, view


def main(argv: Sequence[str] | None = None) -> int:
    """Record, or hand out and take one prompt; 0, or the exit code of what went wrong."""
    args = _parser().parse_args(argv)
    try:
        if args.next:
            return _next(args)
        if args.reply:
            return _reply(args)
        specs = args.spec or [path for path in sorted(SPECS.glob("*.md")) if not _recorded(path, args.out).exists()]
        asyncio.run(_record_all(specs, desk=args.desk, out=args.out))
    except AgentctlError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


async def _record_all(specs: Sequence[Path], *, desk: Path, out: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for spec in specs:
            group.create_task(record(spec, desk=desk, out=out))


async def record(spec: Path, *, desk: Path, out: Path) -> Path:
    """Probe one spec at the desk and write its recording; the file appears whole, once every prompt is answered."""
    state = desk / "journals"
    state.mkdir(parents=True, exist_ok=True)
    clock, name = SystemClock(), spec.stem
    with (
        Journal(state / f"{name}.db", clock=clock, redact=str) as journal,
        SqliteStore(None, clock=clock, redact=str, blobs=None) as store,
    ):
        journal.settle_interrupted()
        model = DeskModel(desk, run=f"probe-{name}", clock=clock, team_of=lambda _: name)
        caller = Caller(model, journal, brake=Brake(), caps=Caps(run_usd=0.0, planning_usd=0.0), price=free)
        found = view(spec)
        store.append(_created(name, found, store), author="bench")
        asked = batch(await ModelProber(caller).probe(found), spec=found)
        recording.write(path := _recorded(spec, out), journal=journal, store=store)
    print(f"{path}: {len(asked.questions)} questions, {len(asked.assumptions)} assumptions", flush=True)
    return path


def _created(name: str, spec: SpecView, store: Store) -> RunCreated:
    """The event by which a recording says what was recorded."""
    return RunCreated(
        run=f"probe-{name}",
        spec_id=spec.id,
        spec_blob=store.put_blob(spec.source),
        title=spec.title,
        base="",
        settings=RunSettings(profile="desk", repo=""),
    )


def _recorded(spec: Path, out: Path) -> Path:
    return out / f"{spec.stem}.jsonl"


def _next(args: argparse.Namespace) -> int:
    prompt = next_prompt(args.desk, claimant=args.claimant, wait=0.0, wanted=Wanted(team=args.team, role=args.role))
    if prompt is None:
        sys.stderr.write("no prompt waits that nobody is at\n")
        return 1
    print(prompt.text)
    sys.stderr.write(
        f"answer with: python -m agentctl.bench.probe.record --reply {prompt.id} FILE --desk {args.desk}\n"
    )
    return 0


def _reply(args: argparse.Namespace) -> int:
    text = args.spec[0].read_text(encoding="utf-8") if args.spec else sys.stdin.read()
    reply(args.desk, args.reply, text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m agentctl.bench.probe.record", description=__doc__)
    parser.add_argument("spec", nargs="*", type=Path, metavar="SPEC", help="specs; with --reply the answer's file")
    parser.add_argument("--desk", type=Path, required=True, help="the folder in which prompts wait for answers")
    parser.add_argument("--out", type=Path, default=RECORDINGS, help="where recordings go (default: the bench's own)")
    parser.add_argument("--next", action="store_true", help="print the oldest prompt that nobody is at")
    parser.add_argument("--reply", metavar="ID", help="answer the prompt of that id")
    parser.add_argument("--as", dest="claimant", default=f"someone-{os.getpid()}", metavar="NAME", help="who you are")
    parser.add_argument("--team", metavar="SPEC", help="with --next: only prompts of the spec of that name")
    parser.add_argument("--role", help="with --next: only prompts of that role")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
