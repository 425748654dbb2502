"""The desk's commands: thin, over agents.desk."""

import argparse
import sys
import threading
from contextlib import suppress
from pathlib import Path

from ..agents.desk.inbox import Inbox, Wanted, next_prompt, reply
from ..orchestrator.errors import UsageError
from ..orchestrator.store.folder import RunFolder, find
from ..tui.snapshot import FINISHED
from . import processes
from .output import emit_json, emit_raw, say
from .repository import locate, opened


def desk_folder(folder: RunFolder) -> Path:
    """Where a run's prompts wait for their answers."""
    return folder.path / "desk"


def give_next(args: argparse.Namespace) -> int:
    """Claim the oldest prompt nobody is at, and print it."""
    root = locate(args.repo)
    folder = find(root, args.run)
    desk = desk_folder(folder)
    with opened(folder) as run:
        state = run.store.run().state
    if not Inbox(desk).waiting() and state in FINISHED:
        say(f"{folder.run} is {state}: no prompt of it will come")
        return 1
    if args.wait is None and not Inbox(desk).waiting():
        say(f"no prompt of {folder.run} waits; this does until one is there (--wait SECONDS: so long, Ctrl-C: no more)")
    prompt = next_prompt(
        desk,
        claimant=args.claimant or processes.person(root).partition(":")[2],
        wait=args.wait,
        wanted=Wanted(role=args.role, task=args.task, team=args.team, tier=args.tier),
    )
    if prompt is None:
        taken = Inbox(desk).waiting()
        say("no prompt waits for you; those that are there:" if taken else "no prompt waits")
        for each in taken:
            say(f"  {each.id}: {each.claimant or 'nobody'} is at it")
        return 1
    if args.json:
        emit_json({"id": prompt.id, "headline": prompt.headline, "text": prompt.text})
    else:
        emit_raw(f"{prompt.text.rstrip()}\n\n")
        say(f"answer with: agentctl desk reply {prompt.id} FILE --run {prompt.run}")
    return 0


def take_reply(args: argparse.Namespace) -> int:
    """Store the answer to a prompt; a wrong one is refused with what to change."""
    if args.prompt is None:
        raise UsageError("Say which prompt: agentctl desk reply PROMPT [FILE]")
    try:
        text = Path(args.answer).read_text(encoding="utf-8") if args.answer not in (None, "-") else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{args.answer or 'standard input'} cannot be read as an answer: {why}.") from error
    reply(desk_folder(find(locate(args.repo), args.run)), args.prompt, text)
    say(f"{args.prompt} is answered")
    return 0


def serve(args: argparse.Namespace) -> int:
    """Serve the page on loopback until Ctrl-C; its address holds the token and is data, so it goes to stdout."""
    from ..agents.desk.http import serving

    with serving(desk_folder(find(locate(args.repo), args.run)), port=args.port) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        say("open this address in a browser; Ctrl-C ends the page")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0
