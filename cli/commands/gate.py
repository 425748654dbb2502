"""`agentctl gate`: what is to be known of the gate of a repository before anything relies on it."""

import argparse

from .. import verbs

VERBS = {
    "check": ("gate_check", "plant a fault in each package, and run everything twice on HEAD"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `gate` takes."""
    verbs.declare("gate", parser, VERBS)


def main(args: argparse.Namespace) -> int:
    """Run one verb."""
    return verbs.call("gate", args, VERBS)
