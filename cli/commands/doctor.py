"""`agentctl doctor`: says what works on this machine, and what to do about what does not; mends what kills left."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `doctor` takes."""
    options.as_json(parser)
    parser.add_argument(
        "--repair", action="store_true", help="mend what killed processes left behind, where it is ours"
    )
    parser.add_argument("--profile", metavar="NAME", help="look at this profile (default: the one a run would use)")


def main(args: argparse.Namespace) -> int:
    """Print every check; exit code 1 if one of them would stop a run."""
    import asyncio

    from ..checkup import told
    from ..health import examine
    from ..output import emit, emit_json

    checks = asyncio.run(examine(args.repo, profile=args.profile, repair=args.repair))
    if args.json:
        emit_json(checks)
    else:
        emit(line for check in checks for line in told(check))
    return 1 if any(check.state == "fails" for check in checks) else 0
