"""`agentctl bot`: what happens on a forge becomes runs, and runs are told there."""

import argparse

from .. import verbs

VERBS = {
    "serve": ("bot.verbs.serve", "hear the webhooks of a forge, and work them off"),
    "poll": ("bot.verbs.poll", "ask a forge for news, and work them off; needs no port"),
    "status": ("bot.verbs.status", "what waits, what failed, and which runs are told of"),
    "retry": ("bot.verbs.retry", "try a message again that failed"),
    "replay": ("bot.verbs.replay", "take a payload from a file, as in a workflow of the forge"),
    "event": ("bot.verbs.event", "work off the event of a job of GitHub Actions"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `bot` takes."""
    verbs.declare("bot", parser, VERBS)


def main(args: argparse.Namespace) -> int:
    """Run one verb."""
    return verbs.call("bot", args, VERBS)
