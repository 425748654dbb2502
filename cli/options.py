"""Options that several commands take, and what they mean. Imported with a command, so as light as argparse itself."""

import argparse
from math import isfinite


def count(text: str) -> int:
    """A number from 1 on, as the type of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least one")
    return int(text)


def _number(text: str) -> float | None:
    """What ``30`` or ``2.50`` say; None where something else stands."""
    whole, _, rest = text.partition(".")
    plain = text.isascii() and whole.isdigit() and (not rest or rest.isdigit())
    return float(text) if plain and isfinite(float(text)) else None


def seconds(text: str) -> float:
    """A time, such as ``60`` or ``1.5``, as the type of an option."""
    if not (number := _number(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write seconds, such as 60")
    return number


def number(text: str) -> float:
    """A number from 0 on, such as ``0.5``, as the type of an option."""
    if (number := _number(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on: write one such as 0.5")
    return number


def run(parser: argparse.ArgumentParser) -> None:
    """``[RUN]``, for a command whose only subject is a run."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="a run's id or its beginning (default: the latest)")


def in_run(parser: argparse.ArgumentParser) -> None:
    """``--run RUN``, for a command about something inside a run."""
    parser.add_argument("--run", metavar="RUN", help="a run's id or its beginning (default: the latest)")


def as_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def progress(parser: argparse.ArgumentParser) -> None:
    """``--progress``."""
    parser.add_argument(
        "--progress",
        choices=["auto", "tty", "plain", "json", "quiet"],
        default="auto",
        help="how stderr shows progress (default: a live tree on a terminal, plain lines elsewhere)",
    )


def pulls(parser: argparse.ArgumentParser) -> None:
    """What bringing slices to a forge takes."""
    parser.add_argument(
        "--repo-name", metavar="OWNER/NAME", help="the repository on the forge (default: that of the remote `origin`)"
    )
    parser.add_argument("--base", metavar="BRANCH", help="the branch they go to (default: the repository's own)")
    parser.add_argument("--draft-until", metavar="HH:MM", help="keep them drafts until that hour")
    parser.add_argument("--max-open", type=int, metavar="N", help="how many of ours may be open at once (default 5)")
    parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
    parser.add_argument(
        "--i-accept-unsandboxed-execution",
        action="store_true",
        dest="unsandboxed",
        help="of a run with --sandbox=none: judge the slices with your own rights",
    )


def dollars(text: str) -> float:
    """An amount as it is typed: ``3``, ``2.50`` or ``$2.50``.

    Raises:
        ArgumentTypeError: it is something else.
    """
    number = _number(text.strip().removeprefix("$").strip())
    if number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of dollars: write one such as 2.50")
    return number


def days(text: str) -> float:
    """A number of days, such as ``30`` or ``0.5``.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if (number := _number(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days: write one such as 30")
    return number


def driving(parser: argparse.ArgumentParser) -> None:
    """What every command that drives a run takes."""
    progress(parser)
    parser.add_argument("--no-wait", action="store_true", help="stop with exit code 3 when only a person can go on")
    parser.add_argument("--until", metavar="TIME", help="begin no new work after 07:00, or +8h; `resume` goes on")
    parser.add_argument(
        "--i-accept-unsandboxed-execution",
        action="store_true",
        dest="unsandboxed",
        help="with --sandbox=none: run what a model wrote with your own rights; recorded in the run",
    )


def choosing(parser: argparse.ArgumentParser) -> None:
    """What decides a new run's settings."""
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="auto (default), gemini, anthropic, openai, openrouter, ollama, desk, replay; or a tool you are logged "
        "into: claude-cli, codex-cli, gemini-cli, command",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="model calls at once (default 16)")
    parser.add_argument("--budget", type=dollars, metavar="USD", help="the run's cap in dollars (default 5)")
    parser.add_argument("--autonomy", metavar="LEVEL", help="ask-always, ask-blocking (default), never")
    parser.add_argument(
        "--sandbox", metavar="KIND", help="auto (default), bwrap, landlock, seatbelt, docker, podman, none"
    )
    parser.add_argument("--ladder", metavar="RUNGS", help="who tries a task in turn: flash,flash*3,pro,ask")
    parser.add_argument("--critic", metavar="WORD", help="on (default), advise, off: read green patches before landing")
    parser.add_argument("--questions", type=int, metavar="N", help="what probing the spec may ask first (default 5)")
    parser.add_argument("--anew", action="store_true", help="build the whole spec, whatever earlier runs left of it")
    parser.add_argument("--record", metavar="FILE", help="write every exchange there, for --replay")
    parser.add_argument("--replay", metavar="FILE", help="take the answers from a recording instead of a model")


def approving(parser: argparse.ArgumentParser) -> None:
    """``--approve-under``."""
    parser.add_argument(
        "--approve-under",
        type=dollars,
        metavar="USD",
        help="approve a plan by itself if its estimate is known and below that",
    )


def spec(parser: argparse.ArgumentParser) -> None:
    """The spec: a file, ``-``, or a sentence."""
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="a markdown file, or `-` for standard input")
    parser.add_argument("-m", dest="sentence", metavar="SENTENCE", help="the spec itself, in one sentence")
