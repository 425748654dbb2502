"""`agentctl attach`: follows a run that another process drives, and can answer its questions."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `attach` takes."""
    options.run(parser)
    options.progress(parser)


def main(args: argparse.Namespace) -> int:
    """Follow until the run ends or its driver goes; Ctrl-C only detaches."""
    from ...orchestrator.store.folder import find
    from ...tui.snapshot import FINISHED
    from .. import processes
    from ..driving import conclude
    from ..following import Follower, choose
    from ..output import say
    from ..repository import OpenRun, locate
    from ..terminal import interactive

    root = locate(args.repo)
    folder = find(root, args.run)
    follower = Follower(
        folder=folder,
        progress=choose(args.progress),
        ask=interactive(no_input=args.no_input) and args.progress != "json",
        author=processes.person(root),
    )

    def over(run: OpenRun) -> bool:
        return run.store.run().state in FINISHED or run.folder.driver() is None

    try:
        follower.follow(until=over)
    except KeyboardInterrupt:
        say(f"\ndetached; the run goes on: agentctl attach {folder.run}")
        return 0
    return conclude(folder)
