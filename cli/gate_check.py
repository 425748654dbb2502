"""`agentctl gate check`: whether the gate can fail, and says the same twice, on HEAD as it is committed."""

import argparse

from . import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `gate check` takes."""
    parser.add_argument("packages", nargs="*", metavar="FOLDER", help="only packages in these folders (default: all)")
    parser.add_argument(
        "--faults",
        type=options.count,
        default=3,
        metavar="N",
        help="how many are planted in a package, one after the other, until one is caught (default 3)",
    )
    parser.add_argument(
        "--sandbox", metavar="KIND", help="auto (default), bwrap, landlock, seatbelt, docker, podman, none"
    )
    parser.add_argument(
        "--i-accept-unsandboxed-execution",
        action="store_true",
        dest="unsandboxed",
        help="with --sandbox=none: run the tests with your own rights",
    )
    options.as_json(parser)
    parser.set_defaults(seconds=0.0)  # of one check, which there is none of here


def main(args: argparse.Namespace) -> int:
    """Print the table or the document; 0 if the gate is proven, else 6."""
    from .gate_proof import document, lines, run
    from .output import emit, emit_json

    found = run(args)
    if args.json:
        emit_json(document(found))
    else:
        emit(lines(found))
    return 0 if found.proven.ok else 6
