"""`agentctl amend`: adds a requirement to a run, unfinished or finished, which becomes one task more."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `amend` takes."""
    parser.add_argument("run", metavar="RUN", help="a run's id or its beginning")
    parser.add_argument("sentence", metavar="SENTENCE", help="one sentence, as it would stand in the spec")
    parser.add_argument("--force", action="store_true", help="add it although lint found errors in it")
    parser.add_argument("--later", action="store_true", help="only keep it: `agentctl resume` builds it")
    options.as_json(parser)
    options.driving(parser)


def main(args: argparse.Namespace) -> int:
    """Add it, print it as a patch of the spec, and build it here where nothing drives the run."""
    from ..amending import amend

    return amend(args)
