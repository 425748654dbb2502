"""`agentctl plan`: cuts a spec into tasks, prints them with their estimate, and builds nothing."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `plan` takes."""
    options.spec(parser)
    options.choosing(parser)
    options.driving(parser)
    options.as_json(parser)
    parser.add_argument("--edit", action="store_true", help="change the plan in your editor; without a spec a run's")
    parser.add_argument("--run", metavar="RUN", help="with --edit: the run whose plan is meant (default: the latest)")
    parser.add_argument("--force", action="store_true", help="plan although lint found errors")


def main(args: argparse.Namespace) -> int:
    """Plan, print the plan, and say how to approve it; the run waits in its folder."""
    from .. import wiring
    from ..planning import edit
    from ..starting import plan

    if args.edit and args.spec is None and args.sentence is None:
        return edit(args)
    code = plan(args, wiring)
    return edit(args) if args.edit and code == 0 else code
