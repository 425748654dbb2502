"""`agentctl tui`: the dashboard of a run: teams, questions, traces, queue, report; keys answer and steer."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `tui` takes."""
    options.run(parser)
    parser.add_argument("--replay", action="store_true", help="play the run again from its beginning")
    parser.add_argument("--look", action="store_true", help="only look: no key changes anything")
    parser.add_argument("--theme", choices=["dark", "light"], default="dark", help="the ground of your terminal")


def main(args: argparse.Namespace) -> int:
    """Show it until it is left; the run goes on. Without a terminal it says what shows the same in words."""
    import gc

    from ...orchestrator.store.folder import find
    from ..repository import locate
    from ..terminal import must_be_drawable

    root = locate(args.repo)
    folder = find(root, args.run)
    must_be_drawable(folder.run)
    gc.disable()  # much is loaded for the first frame, none of it garbage; the dashboard turns it on again
    from ..dashboard import show

    show(root, folder, theme=args.theme, replay=args.replay, look=args.look)
    return 0
