"""`agentctl bot retry`: tries a message again that failed."""

import argparse

from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `retry` takes."""
    parser.add_argument("id", metavar="ID", help="of the message, as `bot status` has it")
    home(parser)


def main(args: argparse.Namespace) -> int:
    """Leave it to the bot at work, or to the next one."""
    from ..status import retry

    return retry(args)
