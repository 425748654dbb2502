"""`agentctl notify`: tests the channels, and delivers what the driver of a run could not."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `notify` takes."""
    options.run(parser)
    parser.add_argument("--test", action="store_true", help="send one test notice over each channel")
    parser.add_argument("--wait", action="store_true", help="stay until the quiet hours are over")


def main(args: argparse.Namespace) -> int:
    """Deliver what is left, or test; exit code 1 where a channel could not be told."""
    from ...orchestrator.errors import UsageError
    from ...orchestrator.store.folder import find
    from ..notices.begin import deliver, try_out
    from ..output import say
    from ..repository import locate
    from ..settings import Flags, load

    root = locate(args.repo)
    wanted = load(root, Flags()).notify
    if args.test:
        if args.run is not None or args.wait:
            raise UsageError("--test is about the channels and no run: leave out the rest.")
        return 0 if try_out(wanted) else 1
    folder = find(root, args.run)
    left, given_up = deliver(wanted, folder, root, wait=args.wait)
    if left:
        say(f"{left} to tell when the quiet hours are over: `agentctl notify {folder.run} --wait` stays until then")
    return 1 if given_up else 0
