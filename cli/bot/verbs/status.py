"""`agentctl bot status`: how a bot stands."""

import argparse

from ... import options
from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `status` takes."""
    home(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Show it; the bot may be at work."""
    from ..status import status

    return status(args)
