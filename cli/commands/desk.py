"""`agentctl desk`: answers a run's prompts by hand, from a program, or in a browser."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `desk` takes."""
    parser.add_argument(
        "action", choices=["next", "reply", "serve"], help="print a prompt, answer one, or open the page"
    )
    parser.add_argument("prompt", nargs="?", metavar="PROMPT", help="for reply: the id of the prompt")
    parser.add_argument("answer", nargs="?", metavar="FILE", help="for reply: the answer's file (default: stdin)")
    options.in_run(parser)
    options.as_json(parser)
    parser.add_argument("--as", dest="claimant", metavar="NAME", help="for next: who is at it (default: you)")
    parser.add_argument(
        "--wait", type=options.number, metavar="SECONDS", help="for next: how long to wait (default: until one)"
    )
    parser.add_argument("--role", help="for next: only this role's prompts")
    parser.add_argument("--task", help="for next: only this task's prompts")
    parser.add_argument("--team", help="for next: only this team's prompts")
    parser.add_argument("--tier", help="for next: only prompts for this tier: flash, pro or ultra")
    parser.add_argument("--port", type=int, default=0, help="for serve: the port on loopback (default: a free one)")


def main(args: argparse.Namespace) -> int:
    """Next: 0 with a prompt, 1 without; reply: 0, or 2 with what is wrong; serve: until Ctrl-C."""
    from .. import desk

    return {"next": desk.give_next, "reply": desk.take_reply, "serve": desk.serve}[args.action](args)
