"""Commands that have verbs, such as `agentctl spec fmt`: a verb's module is loaded when the verb is named.

As light as argparse, like the modules of the commands themselves.
"""

import argparse
import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    Verbs = Mapping[str, tuple[str, str]]


def declare(command: str, parser: argparse.ArgumentParser, verbs: "Verbs") -> None:
    """Declare the verbs of a command: each with its module below `cli`, and its summary."""
    lines = [f"  {verb:<8}{summary}" for verb, (_, summary) in verbs.items()]
    parser.epilog = "\n".join(["verbs:", *lines, "", f"`agentctl {command} VERB --help` says what a verb takes."])
    parser.add_argument("verb", choices=list(verbs), metavar="VERB", help=", ".join(verbs))
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what the verb takes")


def call(command: str, args: argparse.Namespace, verbs: "Verbs") -> int:
    """Run one verb; `--repo` and `--no-input` may stand before it or after it."""
    module = load(verbs, args.verb)
    given = verb_parser(command, args.verb, verbs).parse_args(args.rest)
    given.repo = given.repo or args.repo
    given.no_input = given.no_input or args.no_input
    code: int = module.main(given)
    return code


def load(verbs: "Verbs", verb: str) -> "ModuleType":
    """The module of a verb, which has `arguments` and `main`."""
    return importlib.import_module(f".{verbs[verb][0]}", __package__)


def verb_parser(command: str, verb: str, verbs: "Verbs") -> argparse.ArgumentParser:
    """The parser of one verb, with the options that every command takes."""
    from .main import common

    summary = verbs[verb][1]
    result = argparse.ArgumentParser(
        prog=f"agentctl {command} {verb}",
        description=f"{summary[0].upper()}{summary[1:]}.",
        allow_abbrev=False,
    )
    load(verbs, verb).arguments(result)
    common(result)
    return result
