"""`agentctl web`: the dashboard of a run in a browser, on loopback, for whoever holds its address."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `web` takes."""
    options.run(parser)
    parser.add_argument("--write", action="store_true", help="let one viewer at a time answer and steer")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--replay", action="store_true", help="play the run again from its beginning")
    parser.add_argument("--theme", choices=["dark", "light"], default="dark", help="the ground of the page")


def main(args: argparse.Namespace) -> int:
    """Serve it until Ctrl-C; the run goes on."""
    from ..web import show

    return show(args)
