"""`agentctl run`: a spec in, tested and merged commits out."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` takes."""
    options.spec(parser)
    options.choosing(parser)
    options.driving(parser)
    parser.add_argument("--yes", action="store_true", help="approve the plan without asking")
    options.approving(parser)
    parser.add_argument("--force", action="store_true", help="run although lint found errors")
    parser.add_argument("--detach", action="store_true", help="go on in the background; survives the closed terminal")
    parser.add_argument("--tui", action="store_true", help="as --detach, with the dashboard in this terminal")


def main(args: argparse.Namespace) -> int:
    """Start a run and drive it, here or in the background."""
    from .. import wiring
    from ..starting import start

    return start(args, wiring)
