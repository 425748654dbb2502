"""`agentctl bot serve`: hears the webhooks of a forge."""

import argparse

from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `serve` takes."""
    home(parser)
    parser.add_argument("--port", type=int, default=8787, metavar="N", help="default: 8787; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    parser.add_argument(
        "--name", action="append", default=[], metavar="HOST", help="a name of the server; it hears nobody under others"
    )
    parser.add_argument(
        "--secret-env",
        action="append",
        metavar="VARIABLE",
        help="holds the webhook's secret (default: AGENTCTL_WEBHOOK_SECRET); two while one replaces the other",
    )
    parser.add_argument("--most-bytes", type=int, default=1 << 20, metavar="N", help="of a message (default: 1048576)")
    parser.add_argument("--connections", type=int, default=512, metavar="N", help="at once (default: 512)")


def main(args: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    from ..serve import serve

    return serve(args)
