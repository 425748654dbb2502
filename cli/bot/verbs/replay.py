"""`agentctl bot replay`: takes a payload from a file."""

import argparse

from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `replay` takes."""
    parser.add_argument("file", metavar="FILE", help="the payload, such as $GITHUB_EVENT_PATH")
    parser.add_argument("--event", required=True, metavar="NAME", help="the event, such as issue_comment")
    parser.add_argument("--id", metavar="ID", help="of the message (default: made from the payload)")
    home(parser)


def main(args: argparse.Namespace) -> int:
    """Take it, and work it off where no bot is at work here."""
    from ..poll import replay

    return replay(args)
