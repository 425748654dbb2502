"""`agentctl diff`: the patch of a task or an attempt, or of the whole run."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `diff` takes."""
    parser.add_argument("what", nargs="?", metavar="TASK", help="a task (T1) or an attempt (T1:2); default: the run")
    options.in_run(parser)
    parser.add_argument("--stat", action="store_true", help="only the changed paths")


def main(args: argparse.Namespace) -> int:
    """Print a unified diff, as `git apply` takes it where stdout is no terminal."""
    import asyncio

    from ..output import emit, emit_raw, say
    from ..patches import patch_of
    from ..repository import locate, open_run

    root = locate(args.repo)
    with open_run(args.repo, args.run) as run:
        patch = asyncio.run(patch_of(root, run, args.what))
    for note in patch.notes:
        say(note)
    if args.stat:
        emit(f"{letter}  {path}" for letter, path in patch.paths)
    else:
        emit_raw(patch.text)
    return 0
