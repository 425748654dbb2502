"""`agentctl completion`: prints a completion script for a shell."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `completion` takes."""
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help='bash: eval "$(agentctl completion bash)"')


def main(args: argparse.Namespace) -> int:
    """Print the script; it is made from the parsers themselves, so it cannot be out of date."""
    import sys

    from ..completion import script

    sys.stdout.write(script(args.shell))
    return 0
