"""`agentctl lessons`: what workers got wrong and others put right; kept only if a person approves."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `lessons` takes."""
    parser.add_argument(
        "action",
        choices=["list", "show", "approve", "reject", "edit"],
        help="list them, show one with its evidence, keep some, drop some, or change one in your editor",
    )
    parser.add_argument("ids", nargs="*", metavar="ID", help="lessons, as `lessons list` names them")
    parser.add_argument("--all", action="store_true", help="for list: also those that were rejected")
    options.in_run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Do one of them; 0, or 2 where there is no such lesson."""
    from .. import lessons

    actions = {
        "list": lessons.listed,
        "show": lessons.shown,
        "approve": lessons.approved,
        "reject": lessons.rejected,
        "edit": lessons.edited,
    }
    return actions[args.action](args)
