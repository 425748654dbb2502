"""The verbs of `agentctl bot`: what each takes. Light, so that `--help` is."""

import argparse


def home(parser: argparse.ArgumentParser) -> None:
    """``--home DIR``."""
    parser.add_argument("--home", metavar="DIR", help="the bot's folder (default: .agentctl/bot of the repository)")
