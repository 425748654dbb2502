"""`agentctl demo`: a recorded run of a shipped spec, replayed in a new repository."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `demo` takes."""
    parser.add_argument(
        "name", nargs="?", default="quickstart", metavar="NAME", help="which recorded run (default: quickstart)"
    )
    options.progress(parser)
    parser.add_argument(
        "--scale", type=options.number, default=None, metavar="X", help="stretch the recorded latencies by X"
    )


def main(args: argparse.Namespace) -> int:
    """Replay it, then show the merged history, the evidence and the ledger."""
    from .. import wiring
    from ..demo import demo

    return demo(args, wiring)
