"""`agentctl guides`: the advice that workers get: lists it, shows it, says what a task would get, and lints it."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `guides` takes."""
    parser.add_argument(
        "action",
        choices=["list", "show", "match", "lint"],
        help="list them, show one, say what a task or paths and words would get, or say what is wrong with files",
    )
    parser.add_argument(
        "what", nargs="*", metavar="WHAT", help="for show: a name; for match: T1, paths or words; for lint: files"
    )
    parser.add_argument("--role", default="worker", help="for match: whose prompt it is (default: worker)")
    parser.add_argument("--strict", action="store_true", help="for lint: warnings fail too")
    options.in_run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Do one of them; lint ends with 6 where it finds errors, or with --strict warnings."""
    from .. import guides

    actions = {"list": guides.listed, "show": guides.shown, "match": guides.matched, "lint": guides.linted}
    return actions[args.action](args)
