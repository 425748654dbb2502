"""`agentctl batch`: builds several specs, and ends in one digest."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `batch` takes."""
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="markdown files; --budget is for all of them together")
    parser.add_argument("--resume", nargs="?", const="", metavar="ID", help="go on with a batch (default: the latest)")
    parser.add_argument("--digest", nargs="?", const="", metavar="ID", help="how a batch stands (default: the latest)")
    options.choosing(parser)
    options.driving(parser)
    options.approving(parser)
    options.as_json(parser)
    parser.add_argument("--yes", action="store_true", help="approve every plan without asking")
    parser.add_argument("--force", action="store_true", help="run although lint found errors")
    parser.add_argument("--detach", action="store_true", help="go on in the background")


def main(args: argparse.Namespace) -> int:
    """Begin, go on, or tell."""
    from .. import wiring
    from ..batch_command import batch

    return batch(args, wiring)
