"""`agentctl assumptions`: what was decided without a person, and the tasks that are built on it."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `assumptions` takes."""
    options.run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """List them, with how to say otherwise."""
    from ..assuming import listed

    return listed(args)
