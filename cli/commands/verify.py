"""`agentctl verify`: which requirements of a spec are met by a commit, and what shows it."""

import argparse

from .. import options
from ..verifying_seconds import option as seconds_option


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `verify` takes."""
    parser.add_argument("spec", metavar="SPEC", help="a markdown file, or `-` for standard input")
    parser.add_argument("--at", metavar="REV", help="the commit to judge (default: HEAD)")
    parser.add_argument("--base", metavar="REV", help="the commit before the work (default: found by the commits)")
    parser.add_argument("--cached", action="store_true", help="take over what the lock proves of unchanged files")
    parser.add_argument("--write", action="store_true", help="write what was proven to the lock beside the spec")
    parser.add_argument(
        "--bless",
        action="append",
        default=[],
        metavar="ID",
        help="with --write: the words of this item changed, and its checks still decide it",
    )
    parser.add_argument(
        "--mutants", type=options.count, default=8, metavar="N", help="wrong programs a check (default 8)"
    )
    seconds_option(parser)
    parser.add_argument("--no-measure", action="store_true", help="leave the bars of performance out")
    parser.add_argument(
        "--sandbox", metavar="KIND", help="auto (default), bwrap, landlock, seatbelt, docker, podman, none"
    )
    parser.add_argument(
        "--i-accept-unsandboxed-execution",
        action="store_true",
        dest="unsandboxed",
        help="with --sandbox=none: run checks and code with your own rights",
    )
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the table or the document; 0 if every MUST is verified, else 6."""
    from ..output import emit, emit_json
    from ..verifying import run
    from ..verifying_table import document, lines

    found = run(args)
    if args.json:
        emit_json(document(found))
    else:
        emit(lines(found))
    return 0 if found.verified else 6
