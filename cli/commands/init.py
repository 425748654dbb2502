"""`agentctl init`: looks at the repository and writes a commented agentctl.toml."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `init` takes."""
    parser.add_argument("--force", action="store_true", help="overwrite an agentctl.toml that is there")
    parser.add_argument(
        "--measure",
        type=options.seconds,
        default=60.0,
        metavar="SECONDS",
        help="time for setting up and for the tests (default 60)",
    )
    parser.add_argument("--no-measure", action="store_true", help="do not run the tests")


def main(args: argparse.Namespace) -> int:
    """Look, write the file, and say what was found and what is missing."""
    from ..initial import init

    return init(args)
