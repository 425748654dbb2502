"""``python -m agentctl.bench SUITE [--quick] [--json]``: measures, prints, and exits 1 where a bar does not hold."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence

from .report import Report

SUITES = {
    "startup": "what --help costs, over an interpreter that does nothing",
    "makespan": "how near a build of 50 tasks comes to the ideal, over HTTP and in the sandbox",
    "overhead": "CPU per task, side by side with aider and mini-swe-agent",
    "small": "what a one-line change by a sentence asks of models in a repository of 5,000 files",
    "economy": "tokens and time of the shipped recordings, from their own ledgers",
    "crash": "kill -9 anywhere, resume, and see what still holds; simulated and real",
    "fleet": "fifty workers in virtual time: lost messages, stale locks, clocks that jump, kills",
    "workspaces": "fifty workspaces on 5,000 files, landings, and what is left in the user's repository",
    "queue": "gate runs and time of the merge queue, against four others on the same patches",
    "pareto": "ways of working in simulated worlds, and how well a planner that learns chooses",
    "probe": "which planted gaps of twelve specs the probe asks about; recorded answers",
    "tui": "the dashboard beside fifty agents: CPU, delays, keys to frames, long runs",
    "bot": "the pull request bot: GitHub's description and examples, a life that is killed, load, attacks",
    "specs": "the spec language on what other people wrote; wants --corpora DIR",
}
READERS = frozenset({"specs"})
"""Suites that read public documents from a folder, if there is one."""
ALL = "all"
CORPORA = "AGENTCTL_CORPORA"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one suite, or all of them one after the other; without one, list them."""
    args = _parser().parse_args(argv)
    if args.suite is None:
        print("\n".join(f"{name:<10} {what}" for name, what in SUITES.items()))
        return 0
    names = list(SUITES) if args.suite == ALL else [args.suite]
    reports = []
    for name in names:
        report = _run(name, args)
        reports.append(report)
        if not args.json:
            print("\n".join(report.lines()), flush=True)
    if args.json:
        told = [report.as_dict() for report in reports]
        json.dump(told[0] if len(told) == 1 else {"suites": told}, sys.stdout, indent=1)
        print()
    return 1 if any(report.fails for report in reports) else 0


def _run(name: str, args: argparse.Namespace) -> Report:
    suite = importlib.import_module(f".{name}", __package__)
    more = {"corpora": args.corpora or os.environ.get(CORPORA)} if name in READERS else {}
    report = suite.run(quick=args.quick, **more)
    if not isinstance(report, Report):
        raise TypeError(f"the suite {name} returned no Report")
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m agentctl.bench", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=[*SUITES, ALL])
    parser.add_argument("--quick", action="store_true", help="a smaller run of under a minute; the limits are the same")
    parser.add_argument(
        "--corpora",
        metavar="DIR",
        help=f"a folder of checkouts of public repositories, for the suite specs ({CORPORA})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _told() -> int:
    """Run, and end quietly where the reader of a pipe goes away before the last line."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    raise SystemExit(_told())
