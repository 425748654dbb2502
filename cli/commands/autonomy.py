"""`agentctl autonomy`: how much is decided without a person from here on, by everyone or by one team."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `autonomy` takes."""
    parser.add_argument(
        "level", metavar="LEVEL", nargs="?", help="ask-always, ask-blocking, never; without it, what holds is told"
    )
    parser.add_argument("--team", metavar="TEAM", help="of this team alone (default: of all of them)")
    options.in_run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Store it; with `never`, what may be decided without a person is decided now."""
    from ..autonomy import set_level, tell

    return tell(args) if args.level is None else set_level(args)
