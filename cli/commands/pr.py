"""`agentctl pr`: a run's result as pull requests on a forge: opens them, keeps them right, says what they wait for."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `pr` takes."""
    parser.add_argument(
        "action",
        choices=["open", "update", "status"],
        help="open what is not open yet, bring what is open up to date, or say what each waits for",
    )
    options.run(parser)
    options.pulls(parser)
    parser.add_argument("--rebase", action="store_true", help="for update: put them on the branch as it is now")
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """0 when all is as it is to be, 3 where a person has to bring lines together, 1 where the forge refuses."""
    from .. import pulls

    return {"open": pulls.opened, "update": pulls.updated, "status": pulls.told}[args.action](args)
